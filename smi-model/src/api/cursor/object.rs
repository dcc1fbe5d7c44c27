//! A mapping whose fields are asked for one by one.

use super::{
    Value,
    fields::{Field, fields},
    path::Path,
};
use crate::{
    diagnostic::{
        Diagnostic, MAX_PROBLEMS, code,
        suggest::{closest, listed},
    },
    source::{Span, Spanned},
};

/// A mapping while it is decoded. It knows which fields were asked for, and so
/// in the end which ones nobody knows.
pub(crate) struct Object<'a> {
    value: Value<'a>,
    path: &'a Path<'a>,
    fields: Vec<Field<'a>>,
    /// The fields that a decoder asked for, and those that it passes over.
    known: Vec<&'static str>,
    ignored: Vec<&'static str>,
    /// Those that must be there and are not.
    missing: Vec<&'static str>,
    /// Fields that are often written here by mistake, and what to do instead.
    mistakes: Vec<(&'static [&'static str], &'static str)>,
    open: bool,
}

impl<'a> Object<'a> {
    pub(super) fn new(value: &'a Value<'a>) -> Self {
        Self {
            value: *value,
            path: &value.path,
            fields: fields(value, value.node),
            known: Vec::new(),
            ignored: Vec::new(),
            missing: Vec::new(),
            mistakes: Vec::new(),
            open: false,
        }
    }

    /// The whole mapping.
    pub(crate) const fn span(&self) -> Span {
        self.value.span()
    }

    /// Where the mapping stands, such as `spec.rules[0]`.
    pub(crate) const fn path(&self) -> Path<'a> {
        *self.path
    }

    pub(crate) fn report(&self, diagnostic: Diagnostic) {
        self.value.report(diagnostic);
    }

    /// Reads a field that must be there.
    pub(crate) fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Value<'_>) -> Option<T>,
    ) -> Option<T> {
        let field = self.field(name);
        if field.is_none() {
            self.missing.push(name);
        }
        read(field?)
    }

    /// Reads a field that may be absent: then there is `Some(None)`, so that
    /// `None` says here as everywhere that something is wrong.
    pub(crate) fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Value<'_>) -> Option<T>,
    ) -> Option<Option<T>> {
        match self.field(name) {
            Some(field) => read(field).map(Some),
            None => Some(None),
        }
    }

    /// Passes over fields that may be there and do not matter.
    pub(crate) fn ignore(&mut self, names: &[&'static str]) {
        for field in &mut self.fields {
            field.asked |= names.contains(&field.name);
        }
        self.ignored.extend(names);
    }

    /// Lets pass all fields that are not asked for.
    pub(crate) const fn ignore_others(&mut self) {
        self.open = true;
    }

    /// Says what to do about fields that are often written here by mistake.
    pub(crate) fn mistakes(&mut self, names: &'static [&'static str], help: &'static str) {
        self.mistakes.push((names, help));
    }

    /// All fields of a mapping whose keys are data.
    pub(crate) fn entries(&mut self) -> Vec<(Spanned<String>, Value<'a>)> {
        self.open = true;
        let (context, path) = (self.value.context, self.path);
        let entry = |field: &Field<'a>| {
            let value =
                Value { context, path: path.key(field.name), node: field.value, key: field.key };
            (Spanned::new(field.name.to_owned(), field.key), value)
        };
        self.fields.iter().map(entry).collect()
    }

    /// Reports what is missing and what is unknown. Of a misspelt field, its
    /// being unknown says enough.
    pub(super) fn finish(self) {
        let names = self.known.iter().chain(&self.ignored);
        let absent: Vec<_> = names.filter(|name| !self.has(name)).copied().collect();
        // A hostile document has any number, and each is compared to all names.
        let unknown = self.fields.iter().filter(|field| !field.asked && !self.open);
        let mut missing = self.missing.clone();
        for field in unknown.take(MAX_PROBLEMS + 1) {
            let similar = closest(field.name, absent.iter().copied());
            missing.retain(|name| Some(*name) != similar);
            self.report_unknown(field, similar);
        }
        for name in missing {
            self.report_missing(name);
        }
    }

    fn field(&mut self, name: &'static str) -> Option<Value<'a>> {
        self.known.push(name);
        let field = self.fields.iter_mut().find(|field| field.name == name)?;
        field.asked = true;
        let (node, key) = (field.value, field.key);
        Some(Value { context: self.value.context, path: self.path.key(name), node, key })
    }

    fn report_missing(&self, name: &str) {
        let message = format!("`{}` has no `{name}`", self.path);
        self.value.report(
            Diagnostic::error(code::MISSING_FIELD, self.value.key, message)
                .label(format!("`{name}` is required here")),
        );
    }

    fn report_unknown(&self, field: &Field<'_>, similar: Option<&str>) {
        let message = format!("`{}` has no field `{}`", self.path, field.name);
        let diagnostic = Diagnostic::error(code::UNKNOWN_FIELD, field.key, message);
        let mistake = self.mistakes.iter().find(|(names, _)| names.contains(&field.name));
        self.value.report(match (mistake, similar) {
            (Some((_, help)), _) => diagnostic.help(*help),
            (None, Some(known)) => diagnostic.label(format!("did you mean `{known}`?")),
            (None, None) => diagnostic.help(listed("field", &self.known)),
        });
    }

    fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }
}
