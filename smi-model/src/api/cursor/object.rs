//! A mapping whose fields are asked for one by one.

use super::{
    Context, Value,
    fields::{Field, fields, report_key},
    path::Path,
};
use crate::{
    convert::{Fields, below_spec},
    diagnostic::{
        Diagnostic, Fix, MAX_PROBLEMS, code,
        suggest::{closest, listed, only_close},
    },
    document::Node,
    source::{SourceFile, Span, Spanned},
};

/// A mapping while it is decoded. It knows which fields were asked for, and so
/// in the end which ones nobody knows.
pub(crate) struct Object<'a> {
    value: Value<'a>,
    path: &'a Path<'a>,
    fields: Vec<Field<'a>>,
    odd_keys: Vec<&'a Node<'a>>,
    /// The fields that a decoder asked for, and those that it passes over.
    known: Vec<&'static str>,
    ignored: Vec<&'static str>,
    /// Those that must be there and are not.
    missing: Vec<&'static str>,
    /// Fields that are often written here by mistake, and what to do instead.
    mistakes: Vec<(&'static str, &'static str)>,
    open: bool,
}

impl<'a> Object<'a> {
    pub(super) fn new(value: &'a Value<'a>) -> Self {
        let mut odd_keys = Vec::new();
        Self {
            value: *value,
            path: &value.path,
            fields: fields(value, value.node, &mut odd_keys),
            odd_keys,
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

    /// The file that the mapping is read from.
    pub(crate) const fn file(&self) -> &'a SourceFile {
        self.value.context.file
    }

    /// Where the eye should fall: on the key of the mapping.
    pub(crate) const fn key(&self) -> Span {
        self.value.key
    }

    /// Whether there are no fields at all.
    pub(crate) const fn is_empty(&self) -> bool {
        self.fields.is_empty()
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

    /// Keeps fields that may be there and do not matter, as plain data.
    pub(crate) fn keep(
        &mut self,
        names: &[&'static str],
    ) -> serde_json::Map<String, serde_json::Value> {
        self.ignore(names);
        let kept = self.fields.iter().filter(|field| names.contains(&field.name));
        let tree = self.value.context.tree;
        kept.map(|field| (field.name.to_owned(), tree.data(field.value))).collect()
    }

    /// Lets pass all fields that are not asked for.
    pub(crate) const fn ignore_others(&mut self) {
        self.open = true;
    }

    /// Says what to do about fields that are often written here by mistake.
    pub(crate) fn mistakes(
        &mut self,
        names: impl IntoIterator<Item = &'static str>,
        help: &'static str,
    ) {
        self.mistakes.extend(names.into_iter().map(|name| (name, help)));
    }

    /// Where the value of a field stands.
    pub(crate) fn place_of(&self, name: &str) -> Option<Span> {
        self.fields.iter().find(|field| field.name == name).map(|field| field.value.span)
    }

    /// Where those of some fields stand that are there; they count as asked for.
    pub(crate) fn keys_among(&mut self, fields: &Fields) -> Vec<Span> {
        let mut keys = Vec::new();
        for field in &mut self.fields {
            if fields.iter().any(|(name, _)| *name == field.name) {
                field.asked = true;
                keys.push(field.key);
            }
        }
        keys
    }

    /// How to put these fields below a `spec` of their own, where that is certain.
    pub(crate) fn below_spec(&self, fields: &Fields) -> Option<Fix> {
        let Context { file, tree, .. } = self.value.context;
        below_spec(file, tree, self.value.node, fields)
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
        for key in &self.odd_keys {
            report_key(&self.value, key, self.open);
        }
        let names = self.known.iter().chain(&self.ignored);
        let absent: Vec<_> = names.filter(|name| !self.has(name)).copied().collect();
        // A hostile document has any number, and each is compared to all names.
        let unknown = self.fields.iter().filter(|field| !field.asked && !self.open);
        let unknown = unknown.take(MAX_PROBLEMS + 1);
        let unknown: Vec<_> =
            unknown.map(|it| (it, closest(it.name, absent.iter().copied()))).collect();
        let mut missing = self.missing.clone();
        for (field, similar) in &unknown {
            missing.retain(|name| Some(*name) != *similar);
            let is_wanted_once = unknown.iter().filter(|(_, other)| other == similar).count() == 1;
            let certain = only_close(field.name, &absent)
                .filter(|_| is_wanted_once && self.span().contains(field.key));
            self.report_unknown(field, *similar, certain);
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

    /// `similar` is what may be meant, and `certain` what alone can be.
    fn report_unknown(&self, field: &Field<'_>, similar: Option<&str>, certain: Option<&str>) {
        let message = format!("`{}` has no field `{}`", self.path, field.name);
        let diagnostic = Diagnostic::error(code::UNKNOWN_FIELD, field.key, message);
        let mistake = self.mistakes.iter().find(|(name, _)| *name == field.name);
        self.value.report(match (mistake, certain.or(similar)) {
            (Some((_, help)), _) => diagnostic.help(*help),
            (None, Some(known)) if certain.is_some() => diagnostic.fix(field.key, known),
            (None, Some(known)) => diagnostic.label(format!("did you mean `{known}`?")),
            (None, None) => diagnostic.help(listed("field", &self.known)),
        });
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }
}
