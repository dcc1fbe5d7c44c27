//! Everything that was read.

use super::{
    HttpRouteGroup, IdentityBinding, L4Route, Namespace, Service, ServiceAccount, TrafficMetrics,
    TrafficMetricsList, TrafficSplit, TrafficTarget, Workload,
};
use crate::source::Span;

/// The objects of all documents, in the order of the text.
///
/// A document with an error is not among them: it grants nothing. [`Broken`]
/// remembers its name, so that a reference to it is not called unknown as well.
#[derive(Clone, Debug, Default)]
pub struct Bundle {
    /// TrafficTargets.
    pub traffic_targets: Vec<TrafficTarget>,
    /// IdentityBindings.
    pub identity_bindings: Vec<IdentityBinding>,
    /// HTTPRouteGroups.
    pub http_route_groups: Vec<HttpRouteGroup>,
    /// TCPRoutes.
    pub tcp_routes: Vec<L4Route>,
    /// UDPRoutes.
    pub udp_routes: Vec<L4Route>,
    /// TrafficSplits.
    pub traffic_splits: Vec<TrafficSplit>,
    /// TrafficMetrics outside lists.
    pub traffic_metrics: Vec<TrafficMetrics>,
    /// TrafficMetricsLists.
    pub traffic_metrics_lists: Vec<TrafficMetricsList>,
    /// Services.
    pub services: Vec<Service>,
    /// ServiceAccounts.
    pub service_accounts: Vec<ServiceAccount>,
    /// Namespaces. The same one may be here several times: people declare it
    /// beside each of its applications.
    pub namespaces: Vec<Namespace>,
    /// Deployments, Pods and all others that run pods.
    pub workloads: Vec<Workload>,
    /// What could not be understood.
    pub broken: Vec<Broken>,
}

/// A document of a known kind that had an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Its `kind`.
    pub kind: String,
    /// Its namespace (`default` when absent), as far as it could be read.
    pub namespace: String,
    /// Its name, as far as it could be read.
    pub name: Option<String>,
    /// The document.
    pub span: Span,
}
