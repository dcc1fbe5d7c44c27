//! How traffic is shared between versions: `split.smi-spec.io`.

use super::Meta;
use crate::source::{Span, Spanned};

/// A TrafficSplit: requests for the root service are shared among the backends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficSplit {
    /// Name, namespace, place.
    pub meta: Meta,
    /// The root service, as written.
    pub service: Spanned<String>,
    /// Where the requests go.
    pub backends: Vec<Backend>,
    /// Names of HTTPRouteGroups that say which requests are shared; empty: all.
    pub matches: Vec<Spanned<String>>,
}

/// One backend of a split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// The Service, as written.
    pub service: Spanned<String>,
    /// Its weight relative to the others. Quantities of v1alpha1 are counted in
    /// thousandths, so that `1` and `500m` are 1000 and 500.
    pub weight: Spanned<u32>,
    /// The whole backend.
    pub span: Span,
}
