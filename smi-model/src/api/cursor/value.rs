//! A value, and the types it can be read as.

use super::{Context, Object, Peek, path::Path};
use crate::{
    diagnostic::{Code, Diagnostic, code},
    document::{Meaning, Node, NodeKind, Scalar, Style},
    regex::{Refusal, Regex},
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
        self.text_if(|_| true)
    }

    /// Reads a text, of which some are `valid`: only to these are missing quotes
    /// added for certain.
    pub(crate) fn text_if(&self, valid: impl Fn(&str) -> bool) -> Option<Spanned<String>> {
        let scalar = self.scalar("text")?;
        match scalar.meaning() {
            Meaning::Text => Some(Spanned::new(scalar.text.to_string(), self.span())),
            meaning => {
                self.unquoted(scalar, meaning, valid(&scalar.text));
                None
            }
        }
    }

    /// Reads a text, or a scalar of another type that Kubernetes turns into the
    /// very text of its source.
    pub(crate) fn stable_text(&self, valid: impl Fn(&str) -> bool) -> Option<Spanned<String>> {
        match self.scalar_or_none() {
            Some(scalar) if scalar.keeps_its_text() => {
                Some(Spanned::new(scalar.text.to_string(), self.span()))
            }
            Some(scalar) if self.node.is_null() && !scalar.text.is_empty() => {
                self.unquoted(scalar, Meaning::Null, valid(&scalar.text));
                None
            }
            _ => self.text_if(valid),
        }
    }

    /// Reads a scalar of any type as the text of its source.
    pub(crate) fn any_scalar(&self) -> Option<Spanned<String>> {
        let scalar = self.scalar("text")?;
        Some(Spanned::new(scalar.text.to_string(), self.span()))
    }

    /// Reads a whole number in plain decimal notation, of which some are `valid`:
    /// only these are written otherwise for certain.
    pub(crate) fn integer(&self, valid: impl Fn(i128) -> bool) -> Option<Spanned<i128>> {
        let scalar = self.scalar("a whole number")?;
        match scalar.meaning() {
            Meaning::Integer { value, decimal: true } => Some(Spanned::new(value, self.span())),
            Meaning::Integer { value, decimal: false } => {
                self.ambiguous(scalar, value, valid(value));
                None
            }
            _ => {
                self.not_an_integer(scalar, valid);
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

    fn unquoted(&self, scalar: &Scalar, meaning: Meaning, is_valid: bool) {
        let message = format!("`{}` must be text", self.path);
        let found = meaning.description();
        let diagnostic = self
            .error(code::UNQUOTED_TEXT, message)
            .label(format!("Kubernetes reads this as {found}"));
        self.report(if is_valid {
            diagnostic.fix(self.span(), format!("\"{}\"", scalar.text))
        } else {
            diagnostic
        });
    }

    fn ambiguous(&self, scalar: &Scalar, value: i128, is_valid: bool) {
        let message = format!("`{}` is not written as a plain decimal number", scalar.text);
        let diagnostic = self
            .error(code::AMBIGUOUS_NUMBER, message)
            .label(format!("Kubernetes reads this as {value}, other readers may not"));
        self.report(if is_valid {
            diagnostic.fix(self.span(), value.to_string())
        } else {
            diagnostic
        });
    }

    fn not_an_integer(&self, scalar: &Scalar, valid: impl Fn(i128) -> bool) {
        let message = format!("`{}` must be a whole number", self.path);
        let found = match scalar.meaning() {
            Meaning::Float => "this number is not whole".to_owned(),
            other => format!("this is {}", other.description()),
        };
        let mut diagnostic = self.error(code::WRONG_TYPE, message).label(found);
        let unquoted = Meaning::of_plain(&scalar.text);
        if matches!(unquoted, Meaning::Integer { value, decimal: true } if valid(value))
            && let Some(quoted) = self.with_quotes()
        {
            diagnostic = diagnostic.fix(quoted, scalar.text.to_string());
        }
        self.report(diagnostic);
    }

    /// A quoted scalar with its quotes.
    fn with_quotes(&self) -> Option<Span> {
        let Span { start, end } = self.span();
        let is_quoted = self.scalar_or_none()?.style == Style::Quoted;
        is_quoted.then_some(Span::new(start.saturating_sub(1), end.saturating_add(1)))
    }

    /// Parses a regular expression on the account of this file.
    pub(crate) fn regex(&self, text: &str) -> Result<Regex, Refusal> {
        Regex::within(text, self.context.budget)
    }

    /// Whether the source shows the scalar's text just as it is.
    pub(crate) fn is_verbatim(&self) -> bool {
        let range = self.context.file.local(self.span());
        self.node.text().is_some_and(|text| self.context.file.text().get(range) == Some(text))
    }

    /// How another text is written in place of this one, in the same quotes. The
    /// new text may have backslashes, but is otherwise as harmless as the old one.
    pub(crate) fn written_as(&self, text: &str) -> Option<String> {
        let style = self.scalar_or_none().filter(|_| self.is_verbatim())?.style;
        let before = self.context.file.local(self.span()).start.checked_sub(1);
        let quote = before.and_then(|before| self.context.file.text().as_bytes().get(before));
        match style {
            Style::Plain => Some(text.to_owned()),
            Style::Quoted if quote == Some(&b'"') => Some(text.replace('\\', "\\\\")),
            Style::Quoted => Some(text.to_owned()),
            Style::Block => None,
        }
    }
}
