//! Objects as YAML of a chosen version.

use serde::Serialize;
use serde_json::Value;

use super::{Resource, SCHEMAS, Schema, shape::Losses, shape::Shape};
use crate::{
    canonical::{HttpRouteGroup, L4Route, TrafficSplit, TrafficTarget},
    diagnostic::Diagnostic,
};

/// An object as one version writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// The whole document.
    pub(crate) yaml: String,
    /// The same as plain data.
    pub(crate) data: Value,
}

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
    HttpRouteGroup => HttpRouteGroup;
    TcpRoute | UdpRoute => L4Route;
    TrafficSplit => TrafficSplit;
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

/// Writes an object in the version of `T`; what the version cannot express is an
/// error. `None` when the object is of another kind.
pub(super) fn write<T: Shape>(
    schema: &Schema,
    resource: &Resource,
) -> Result<Option<Written>, Vec<Diagnostic>>
where
    T::Canonical: Kind,
{
    let Some(object) = T::Canonical::of(resource) else { return Ok(None) };
    let mut losses = Losses::new(schema.api_version(), schema.kind);
    let body = T::of(object, &mut losses);
    losses.into_result()?;
    let manifest = Manifest { api_version: schema.api_version(), kind: schema.kind, body };
    Ok(Some(Written { yaml: yaml(&manifest), data: data(&manifest) }))
}

/// The row of a kind in a version.
pub(crate) fn find(kind: &str, version: &str) -> Option<&'static Schema> {
    SCHEMAS.iter().find(|schema| schema.kind == kind && schema.version == version)
}

fn yaml(value: &impl Serialize) -> String {
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    // Texts, numbers, lists and mappings with text for keys: all can be written.
    serde_saphyr::to_string_with_options(value, options).unwrap_or_default()
}

fn data(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
