//! What a version can say: its objects as plain types, made for writing and for
//! schemas. Reading goes the other way, with spans, through the cursor.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::schema;
use crate::{
    canonical::{Labels, Meta},
    diagnostic::{Diagnostic, code},
    source::{Span, Spanned},
};

/// A kind as one version writes it.
pub(crate) trait Shape: Serialize + JsonSchema + Sized {
    /// The kind without versions.
    type Canonical;

    /// Says in this version what `object` says. What the version has no words
    /// for goes to `losses`; the result is then not to be used.
    fn of(object: &Self::Canonical, losses: &mut Losses) -> Self;
}

/// What a version cannot say.
pub(crate) struct Losses {
    api_version: String,
    kind: &'static str,
    diagnostics: Vec<Diagnostic>,
}

impl Losses {
    pub(crate) const fn new(api_version: String, kind: &'static str) -> Self {
        Self { api_version, kind, diagnostics: Vec::new() }
    }

    /// Notes that the version has no place for `what`, which stands at `span`.
    pub(crate) fn add(&mut self, span: Span, what: &str) {
        let message = format!("{} of `{}` cannot express {what}", self.kind, self.api_version);
        self.diagnostics.push(
            Diagnostic::error(code::NOT_EXPRESSIBLE, span, message)
                .help("leave this object in its version, or remove what cannot be expressed"),
        );
    }

    /// Nothing if nothing was lost.
    pub(crate) fn into_result(self) -> Result<(), Vec<Diagnostic>> {
        if self.diagnostics.is_empty() { Ok(()) } else { Err(self.diagnostics) }
    }
}

/// `metadata`, the same in all versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ObjectMeta {
    /// The object's name.
    pub name: String,
    /// Its namespace, when it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Labels, in the order in which they are written.
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    pub labels: Pairs,
    /// Annotations, in the order in which they are written.
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    pub annotations: Pairs,
    /// The fields that Kubernetes keeps for itself, such as `uid`.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

impl ObjectMeta {
    pub(crate) fn of(meta: &Meta) -> Self {
        Self {
            name: meta.name.value.clone(),
            namespace: meta.written_namespace().map(str::to_owned),
            labels: Pairs::of(&meta.labels),
            annotations: Pairs::of(&meta.annotations),
            others: meta.others.clone(),
        }
    }
}

impl JsonSchema for ObjectMeta {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ObjectMeta".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schema::object_meta()
    }
}

/// A mapping of texts to texts that keeps its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairs(pub Vec<(String, String)>);

impl Pairs {
    pub(crate) fn of(labels: &Labels) -> Self {
        let pair = |(key, value): &(Spanned<String>, Spanned<String>)| {
            (key.value.clone(), value.value.clone())
        };
        Self(labels.iter().map(pair).collect())
    }

    /// Whether there is no pair.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Pairs {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// The values without their places.
pub(crate) fn plain<T: Clone>(values: &[Spanned<T>]) -> Vec<T> {
    values.iter().map(|value| value.value.clone()).collect()
}
