//! Findings up to a limit: nobody reads more, and a hostile text has any number.

use super::{Diagnostic, code};
use crate::source::Span;

/// More problems than this in one document are not worth showing.
pub(crate) const MAX_PROBLEMS: usize = 100;

/// What was found in a document or file.
pub(crate) struct Problems {
    diagnostics: Vec<Diagnostic>,
    whole: &'static str,
    limit: usize,
}

impl Problems {
    /// No problems of a document so far.
    pub(crate) const fn of_document() -> Self {
        Self { diagnostics: Vec::new(), whole: "document", limit: MAX_PROBLEMS }
    }

    /// No problems of a file so far.
    pub(crate) const fn of_file(limit: usize) -> Self {
        Self { diagnostics: Vec::new(), whole: "file", limit }
    }

    /// Keeps a finding; of those beyond the limit only that there are some.
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < self.limit {
            self.diagnostics.push(diagnostic);
        } else if self.diagnostics.len() == self.limit {
            self.diagnostics.push(self.too_many(diagnostic.primary.span));
        }
    }

    pub(crate) fn extend(&mut self, diagnostics: Vec<Diagnostic>) {
        diagnostics.into_iter().for_each(|diagnostic| self.push(diagnostic));
    }

    pub(crate) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    fn too_many(&self, span: Span) -> Diagnostic {
        let message = format!("the {} has more than {} problems", self.whole, self.limit);
        Diagnostic::error(code::TOO_MANY_PROBLEMS, span, message)
            .label("problems from here on are not shown")
    }
}
