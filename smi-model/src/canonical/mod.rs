//! SMI objects without their versions: what every later stage works with.
//!
//! A superset of all versions of the specification, so that reading loses
//! nothing. Every name keeps its place in the text, because later stages have
//! more to say about it.

mod binding;
mod bundle;
mod core;
mod duplicates;
mod metrics;
mod routes;
mod split;
mod target;
mod workload;

pub use binding::IdentityBinding;
pub use bundle::{Broken, Bundle};
pub use core::{Namespace, Service, ServiceAccount, ServicePort, TargetPort};
pub use metrics::{
    Direction, Edge, MeasuredBackend, Metric, ObjectReference, Side, TrafficMetrics,
    TrafficMetricsList,
};
pub use routes::{HeaderMatch, HttpMatch, HttpRouteGroup, L4Route};
pub use split::{Backend, TrafficSplit};
pub use target::{RouteKind, RuleRef, Subject, SubjectKind, TrafficTarget};
pub use workload::{ContainerPort, Workload, WorkloadKind};

use crate::source::{Span, Spanned};

/// What every object has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// `metadata.name`.
    pub name: Spanned<String>,
    /// `metadata.namespace`; `default` at the name's place when it is absent,
    /// as `kubectl apply` would have it.
    pub namespace: Spanned<String>,
    /// `metadata.labels`, in the order of the text.
    pub labels: Labels,
    /// `metadata.annotations`, in the order of the text.
    pub annotations: Labels,
    /// The fields that Kubernetes keeps for itself, such as `uid`, as they are.
    pub others: serde_json::Map<String, serde_json::Value>,
    /// Where the version is written, for those who speak about it.
    pub api_version: Option<Span>,
    /// The whole document.
    pub span: Span,
}

/// Keys and values in the order of the text, each key once.
pub type Labels = Vec<(Spanned<String>, Spanned<String>)>;

impl Meta {
    /// The namespace, when the text names one.
    #[must_use]
    pub fn written_namespace(&self) -> Option<&str> {
        (self.namespace.span != self.name.span).then_some(self.namespace.value.as_str())
    }

    /// `namespace/name`, as in messages and reports.
    #[must_use]
    pub fn qualified_name(&self) -> String {
        format!("{}/{}", self.namespace.value, self.name.value)
    }
}
