//! What was measured: `metrics.smi-spec.io`.

use std::time::Duration;

use super::Labels;
use crate::source::{Span, Spanned};

/// TrafficMetrics: what was measured about the traffic of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficMetrics {
    /// Whose traffic.
    pub resource: ObjectReference,
    /// In which direction, and with whom.
    pub edge: Edge,
    /// The backend, where the resource is a TrafficSplit.
    pub backend: Option<MeasuredBackend>,
    /// When, as RFC 3339 writes it.
    pub timestamp: Spanned<String>,
    /// Over which time up to then.
    pub window: Spanned<Duration>,
    /// What came out.
    pub metrics: Vec<Metric>,
    /// `metadata`, as it is: it says nothing that `resource` does not.
    pub metadata: Option<serde_json::Value>,
    /// The whole object.
    pub span: Span,
}

/// A TrafficMetricsList: the metrics of all resources of a kind, or all edges of
/// one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficMetricsList {
    /// Whose traffic; without a name, that of all resources of the kind.
    pub resource: ObjectReference,
    /// Labels that the resources have.
    pub selector: Option<Labels>,
    /// The metrics of each.
    pub items: Vec<TrafficMetrics>,
    /// `metadata`, as it is.
    pub metadata: Option<serde_json::Value>,
    /// The whole document.
    pub span: Span,
}

/// A reference to an object of any kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectReference {
    /// Its kind.
    pub kind: Spanned<String>,
    /// Its name.
    pub name: Option<Spanned<String>>,
    /// Its namespace.
    pub namespace: Option<Spanned<String>>,
    /// Its group and version.
    pub api_version: Option<Spanned<String>>,
    /// The fields by which Kubernetes tells objects of one name apart, as they are.
    pub others: serde_json::Map<String, serde_json::Value>,
    /// The whole reference.
    pub span: Span,
}

/// Which part of a resource's traffic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// To or from the resource.
    pub direction: Direction,
    /// Who measured.
    pub side: Option<Side>,
    /// The peer; `None` for all of them together.
    pub resource: Option<ObjectReference>,
    /// The whole edge.
    pub span: Span,
}

/// Directions of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Traffic from the resource to its peers.
    To,
    /// Traffic from its peers to the resource.
    From,
}

/// The end of a connection at which is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The end that connects.
    Client,
    /// The end that is connected to.
    Server,
}

/// The backend of a TrafficSplit that metrics are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasuredBackend {
    /// The root service of the split, as written.
    pub apex: Spanned<String>,
    /// The backend's Service.
    pub name: Spanned<String>,
    /// Its weight.
    pub weight: Spanned<u32>,
    /// The whole backend.
    pub span: Span,
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// What it is, such as `success_count`.
    pub name: Spanned<String>,
    /// Its unit, such as `ms`.
    pub unit: Option<Spanned<String>>,
    /// A quantity of Kubernetes, as written: `10m` is a hundredth.
    pub value: Spanned<String>,
    /// The whole metric.
    pub span: Span,
}
