//! A value, and the types it can be read as.

use super::{Context, Object, Peek, path::Path};
use crate::{
    diagnostic::{Code, Diagnostic, code},
    document::{Meaning, Node, NodeKind, Scalar, Style},
    source::{Span, Spanned},
};

/// A cursor at one value.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) path: Path<'a>,
    pub(super) node: &'a Node<'a>,
    /// The key, or the head of a list item: what to point at when the value is
    /// too large to be pointed at.
    pub(super) key: Span,
}

impl<'a> Value<'a> {
    /// The whole value.
    pub(crate) const fn span(&self) -> Span {
        self.node.span
    }

    /// Where the value stands, such as `spec.rules[0].kind`; shows itself so.
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
            Meaning::Text => Some(Spanned::new(scalar.text.to_string(), self.span())),
            meaning => {
                self.unquoted(scalar, meaning);
                None
            }
        }
    }

    /// Reads a scalar of any type as the text of its source.
    pub(crate) fn any_scalar(&self) -> Option<Spanned<String>> {
        let scalar = self.scalar("text")?;
        Some(Spanned::new(scalar.text.to_string(), self.span()))
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

    /// The same value, to be looked at without being judged.
    pub(crate) const fn peek(&self) -> Peek<'a> {
        Peek::new(self.context.tree, self.node)
    }

    pub(crate) fn is_null(&self) -> bool {
        self.node.is_null()
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

    fn scalar_or_none(&self) -> Option<&'a Scalar<'a>> {
        match &self.node.kind {
            NodeKind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The scalar, if it is one and not null.
    fn scalar(&self, expected: &str) -> Option<&'a Scalar<'a>> {
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

    fn report_null(&self) {
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
            diagnostic = diagnostic.fix(quoted, scalar.text.to_string());
        }
        self.report(diagnostic);
    }
}
