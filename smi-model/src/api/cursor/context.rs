//! What all values of a document share while it is decoded.

use std::cell::{Cell, RefCell};

use super::{Value, path::Path};
use crate::{
    diagnostic::{Diagnostic, Problems, Severity},
    document::{Node, Tree},
    regex::Budget,
    source::{SourceFile, Span},
};

/// One document while it is decoded.
pub(crate) struct Context<'a> {
    pub(super) file: &'a SourceFile,
    pub(super) tree: &'a Tree<'a>,
    /// What the expressions of the file may still cost.
    pub(super) budget: &'a Budget,
    problems: RefCell<Problems>,
    failed: Cell<bool>,
}

impl<'a> Context<'a> {
    pub(crate) const fn new(file: &'a SourceFile, tree: &'a Tree<'a>, budget: &'a Budget) -> Self {
        let problems = RefCell::new(Problems::of_document());
        Self { file, tree, budget, problems, failed: Cell::new(false) }
    }

    /// The cursor at the top of a document of this kind.
    pub(crate) fn value(&'a self, node: &'a Node, kind: &'a str) -> Value<'a> {
        Value { context: self, path: Path::root(kind), node, key: self.tree.head(node) }
    }

    /// A context with the same document and no reports.
    pub(crate) const fn trial(&self) -> Self {
        Self::new(self.file, self.tree, self.budget)
    }

    /// Where a key can be put before all others of a mapping, and what must
    /// come between it and the next key besides a new line; `None` in braces.
    pub(crate) fn insertion(&self, mapping: &Node) -> Option<(Span, String)> {
        let start = mapping.span.start;
        let (before, rest) =
            self.file.text().split_at_checked(self.file.local(mapping.span).start)?;
        if rest.starts_with('{') {
            return None;
        }
        let line = before.rsplit('\n').next()?.trim_start_matches('\u{feff}');
        Some((Span::new(start, start), " ".repeat(line.chars().count())))
    }

    pub(crate) fn report(&self, diagnostic: Diagnostic) {
        self.failed.set(self.failed.get() || diagnostic.severity == Severity::Error);
        self.problems.borrow_mut().push(diagnostic);
    }

    /// Whether an error was reported.
    pub(crate) const fn failed(&self) -> bool {
        self.failed.get()
    }

    pub(crate) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.problems.into_inner().into_diagnostics()
    }
}
