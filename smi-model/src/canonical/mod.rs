//! SMI objects without their versions: what every later stage works with.
//!
//! A superset of all versions of the specification, so that reading loses
//! nothing. Every name keeps its place in the text, because later stages have
//! more to say about it.

mod bundle;
mod core;
mod duplicates;
mod routes;
mod split;
mod target;

pub use bundle::{Broken, Bundle};
pub use core::{Service, ServiceAccount, ServicePort};
pub use routes::{HeaderMatch, HttpMatch, HttpRouteGroup, L4Route};
pub use split::{Backend, TrafficSplit};
pub use target::{RouteKind, RuleRef, Subject, SubjectKind, TrafficTarget};

use crate::source::{Span, Spanned};

/// What every object has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// `metadata.name`.
    pub name: Spanned<String>,
    /// `metadata.namespace`; `default` at the name's place when it is absent,
    /// as `kubectl apply` would have it.
    pub namespace: Spanned<String>,
    /// The whole document.
    pub span: Span,
}

impl Meta {
    /// `namespace/name`, as in messages and reports.
    #[must_use]
    pub fn qualified_name(&self) -> String {
        format!("{}/{}", self.namespace.value, self.name.value)
    }
}
