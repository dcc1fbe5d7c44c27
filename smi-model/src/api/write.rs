//! Objects as YAML of a chosen version.

use serde::Serialize;
use serde_json::Value;

use super::{
    kinds::KindVersion,
    resource::Resource,
    shape::{Losses, Shape},
};
use crate::{
    canonical::{
        HttpRouteGroup, IdentityBinding, L4Route, TrafficMetrics, TrafficMetricsList, TrafficSplit,
        TrafficTarget,
    },
    diagnostic::Diagnostic,
};

/// An object as one version writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// The whole document.
    pub(crate) yaml: String,
    /// The same as JSON.
    pub(crate) json: String,
    /// The same as plain data.
    pub(crate) data: Value,
}

/// An object as a version writes it, `None` when it is of another kind, and errors
/// for what the version cannot express.
pub(crate) type WriteResult = Result<Option<Written>, Vec<Diagnostic>>;

/// A kind without versions, as it comes out of a [`Resource`].
pub(super) trait Kind: Sized {
    fn of(resource: &Resource) -> Option<&Self>;
}

macro_rules! kinds {
    ($($($variant:ident)|+ => $kind:ty;)+) => {$(
        impl Kind for $kind {
            fn of(resource: &Resource) -> Option<&Self> {
                match resource {
                    $(Resource::$variant(object))|+ => Some(object),
                    _ => None,
                }
            }
        }
    )+};
}

kinds! {
    TrafficTarget => TrafficTarget;
    IdentityBinding => IdentityBinding;
    HttpRouteGroup => HttpRouteGroup;
    TcpRoute | UdpRoute => L4Route;
    TrafficSplit => TrafficSplit;
    TrafficMetricsList => TrafficMetricsList;
}

impl Kind for TrafficMetrics {
    fn of(resource: &Resource) -> Option<&Self> {
        match resource {
            Resource::TrafficMetrics(object) => Some(object.as_ref()),
            _ => None,
        }
    }
}

/// A document: its body, and in front of it what it is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest<T> {
    api_version: String,
    kind: &'static str,
    #[serde(flatten)]
    body: T,
}

/// Writes an object in the version of `T`.
pub(super) fn write<T: Shape>(row: &KindVersion, resource: &Resource) -> WriteResult
where
    T::Canonical: Kind,
{
    let Some(object) = T::Canonical::of(resource) else { return Ok(None) };
    let mut losses = Losses::new(row.api_version(), row.kind);
    let body = T::of(object, &mut losses);
    losses.into_result()?;
    let manifest = Manifest { api_version: row.api_version(), kind: row.kind, body };
    let json = serde_json::to_string_pretty(&manifest).unwrap_or_default();
    Ok(Some(Written { yaml: yaml(&manifest), json, data: data(&manifest) }))
}

/// YAML that readers of YAML 1.1 and 1.2 take for the same.
pub(crate) fn yaml(value: &impl Serialize) -> String {
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    // Texts, numbers, lists and mappings with text for keys: all can be written.
    serde_saphyr::to_string_with_options(value, options).unwrap_or_default()
}

fn data(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
