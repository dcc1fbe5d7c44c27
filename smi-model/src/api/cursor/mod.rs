//! Walking a document while decoding it: every value knows its path and its
//! place, every problem is reported and none stops the rest.
//!
//! A reader asks for fields and gets `Option`s: `None` means that the problem is
//! reported already. So a decoder asks for all fields first and unwraps them
//! with `?` only when it builds its result.

mod fields;
mod object;
mod path;
mod suggest;

pub(crate) use object::Object;
pub(crate) use suggest::{closest, listed};

use std::cell::{Cell, RefCell};

use self::path::Path;
use crate::{
    diagnostic::{Code, Diagnostic, Severity, code},
    document::{Meaning, Node, NodeKind, Scalar, Style, Tree},
    source::{SourceFile, Span, Spanned},
};

/// More problems than this in one document are not worth showing.
const MAX_PROBLEMS: usize = 100;

/// One document while it is decoded.
pub(crate) struct Context<'a> {
    file: &'a SourceFile,
    tree: &'a Tree,
    diagnostics: RefCell<Vec<Diagnostic>>,
    failed: Cell<bool>,
}

impl<'a> Context<'a> {
    pub(crate) const fn new(file: &'a SourceFile, tree: &'a Tree) -> Self {
        Self { file, tree, diagnostics: RefCell::new(Vec::new()), failed: Cell::new(false) }
    }

    /// The cursor at the top of a document of this kind.
    pub(crate) fn value(&'a self, node: &'a Node, kind: &'a str) -> Value<'a> {
        Value { context: self, path: Path::root(kind), node, key: self.tree.head(node) }
    }

    /// A context with the same document and no reports.
    pub(crate) const fn trial(&self) -> Self {
        Self::new(self.file, self.tree)
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
        let mut diagnostics = self.diagnostics.borrow_mut();
        match diagnostics.len() {
            ..MAX_PROBLEMS => diagnostics.push(diagnostic),
            MAX_PROBLEMS => diagnostics.push(too_many_problems(diagnostic.primary.span)),
            _ => {}
        }
    }

    /// Whether an error was reported.
    pub(crate) const fn failed(&self) -> bool {
        self.failed.get()
    }

    pub(crate) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics.into_inner()
    }
}

fn too_many_problems(span: Span) -> Diagnostic {
    let message = format!("the document has more than {MAX_PROBLEMS} problems");
    Diagnostic::error(code::TOO_MANY_PROBLEMS, span, message)
        .label("problems from here on are not shown")
}

/// A cursor at one value.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a> {
    context: &'a Context<'a>,
    path: Path<'a>,
    node: &'a Node,
    /// The key, or the head of a list item: what to point at when the value is
    /// too large to be pointed at.
    key: Span,
}

impl<'a> Value<'a> {
    /// The whole value.
    pub(crate) const fn span(&self) -> Span {
        self.node.span
    }

    /// Where the value stands, such as `spec.rules[0].kind`.
    pub(crate) const fn path(&self) -> Path<'a> {
        self.path
    }

    /// Reports a problem with this value; to be completed and sent with
    /// [`Self::report`].
    pub(crate) fn error(&self, code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, self.head(), message)
    }

    pub(crate) fn report(&self, diagnostic: Diagnostic) {
        self.context.report(diagnostic);
    }

    /// Where the eye should fall: on the scalar, or on the key of what is larger.
    pub(crate) fn head(&self) -> Span {
        match &self.node.kind {
            NodeKind::Scalar(_) if !self.node.span.is_empty() => self.node.span,
            _ => self.key,
        }
    }

    /// Reads a mapping, field by field; what `read` does not ask for is
    /// reported as unknown.
    pub(crate) fn object<T>(&self, read: impl FnOnce(&mut Object<'_>) -> Option<T>) -> Option<T> {
        if !matches!(self.node.kind, NodeKind::Mapping(_)) {
            self.wrong_type("a mapping");
            return None;
        }
        let mut object = Object::new(self);
        let result = read(&mut object);
        object.finish();
        result
    }

    /// Reads every item of a list; `None` when any of them could not be read.
    pub(crate) fn list<T>(&self, read: impl FnMut(Value<'_>) -> Option<T>) -> Option<Vec<T>> {
        self.items(read)?.into_iter().collect()
    }

    /// Reads every item of a list, those that could not be read as `None`: for
    /// what is to be said about all items together.
    pub(crate) fn items<T>(
        &self,
        mut read: impl FnMut(Value<'_>) -> Option<T>,
    ) -> Option<Vec<Option<T>>> {
        let NodeKind::Sequence(items) = &self.node.kind else {
            self.wrong_type("a list");
            return None;
        };
        let items = items.iter().enumerate().map(|(index, id)| {
            let node = self.context.tree.node(*id);
            let key = self.context.tree.head(node);
            read(Value { context: self.context, path: self.path.index(index), node, key })
        });
        Some(items.collect())
    }

    /// Reports an empty list; `help` says what it could have been meant for.
    pub(crate) fn must_not_be_empty(&self, help: &str) {
        if matches!(&self.node.kind, NodeKind::Sequence(items) if items.is_empty()) {
            let message = format!("`{}` is empty", self.path);
            self.report(self.error(code::EMPTY_LIST, message).help(help));
        }
    }

    /// Reads a list with at least one item.
    pub(crate) fn filled_list<T>(
        &self,
        help: &str,
        read: impl FnMut(Value<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        self.must_not_be_empty(help);
        self.list(read).filter(|items| !items.is_empty())
    }

    /// Reads a text.
    pub(crate) fn text(&self) -> Option<Spanned<String>> {
        let scalar = self.scalar("text")?;
        match scalar.meaning() {
            Meaning::Text => Some(Spanned::new(scalar.text.clone(), self.span())),
            meaning => {
                self.unquoted(scalar, meaning);
                None
            }
        }
    }

    /// Reads a scalar of any type as the text of its source.
    pub(crate) fn any_scalar(&self) -> Option<Spanned<String>> {
        let scalar = self.scalar("text")?;
        Some(Spanned::new(scalar.text.clone(), self.span()))
    }

    /// Reads a whole number in plain decimal notation.
    pub(crate) fn integer(&self) -> Option<Spanned<i128>> {
        let scalar = self.scalar("a whole number")?;
        match scalar.meaning() {
            Meaning::Integer { value, decimal: true } => Some(Spanned::new(value, self.span())),
            Meaning::Integer { value, decimal: false } => {
                self.ambiguous(scalar, value);
                None
            }
            _ => {
                self.not_an_integer(scalar);
                None
            }
        }
    }

    pub(crate) const fn is_list(&self) -> bool {
        matches!(self.node.kind, NodeKind::Sequence(_))
    }

    /// The text of a scalar, whatever it means.
    pub(crate) fn scalar_text(&self) -> Option<&'a str> {
        self.node.text()
    }

    /// Whether the value is a whole number, in any notation.
    pub(crate) fn is_integer(&self) -> bool {
        let scalar = self.scalar_or_none();
        matches!(scalar.map(Scalar::meaning), Some(Meaning::Integer { .. }))
    }

    fn scalar_or_none(&self) -> Option<&'a Scalar> {
        match &self.node.kind {
            NodeKind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The scalar, if it is one and not null.
    fn scalar(&self, expected: &str) -> Option<&'a Scalar> {
        let scalar = self.scalar_or_none();
        if self.node.is_null() {
            self.report_null();
            return None;
        }
        if scalar.is_none() {
            self.wrong_type(expected);
        }
        scalar
    }

    fn wrong_type(&self, expected: &str) {
        if self.node.is_null() {
            return self.report_null();
        }
        let found = self.node.description();
        let message = format!("`{}` must be {expected}", self.path);
        let mut diagnostic =
            self.error(code::WRONG_TYPE, message).label(format!("this is {found}"));
        if expected == "a list" {
            diagnostic = diagnostic.help("begin each item of the list with `- `");
        }
        if self.is_template() {
            diagnostic =
                diagnostic.help("render the template first: `{{` has its own meaning here");
        }
        self.report(diagnostic);
    }

    /// Whether the value begins like a placeholder of Helm or Jinja.
    fn is_template(&self) -> bool {
        let range = self.context.file.local(self.span());
        self.context.file.text().get(range).is_some_and(|text| text.starts_with("{{"))
    }

    pub(super) fn report_null(&self) {
        let message = format!("`{}` has no value", self.path);
        self.report(
            self.error(code::EMPTY_VALUE, message)
                .help("write a value, or remove the field or item"),
        );
    }

    fn unquoted(&self, scalar: &Scalar, meaning: Meaning) {
        let message = format!("`{}` must be text", self.path);
        let found = meaning.description();
        self.report(
            self.error(code::UNQUOTED_TEXT, message)
                .label(format!("Kubernetes reads this as {found}"))
                .fix(self.span(), format!("\"{}\"", scalar.text)),
        );
    }

    fn ambiguous(&self, scalar: &Scalar, value: i128) {
        let message = format!("`{}` is not written as a plain decimal number", scalar.text);
        self.report(
            self.error(code::AMBIGUOUS_NUMBER, message)
                .label(format!("Kubernetes reads this as {value}, other readers may not"))
                .fix(self.span(), value.to_string()),
        );
    }

    fn not_an_integer(&self, scalar: &Scalar) {
        let message = format!("`{}` must be a whole number", self.path);
        let found = match scalar.meaning() {
            Meaning::Float => "this number is not whole".to_owned(),
            other => format!("this is {}", other.description()),
        };
        let mut diagnostic = self.error(code::WRONG_TYPE, message).label(found);
        let unquoted = Meaning::of_plain(&scalar.text);
        if matches!(unquoted, Meaning::Integer { decimal: true, .. })
            && scalar.style == Style::Quoted
        {
            let Span { start, end } = self.span();
            let quoted = Span::new(start.saturating_sub(1), end.saturating_add(1));
            diagnostic = diagnostic.fix(quoted, scalar.text.clone());
        }
        self.report(diagnostic);
    }
}
