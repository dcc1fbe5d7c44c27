//! An object of any kind.

use crate::{
    canonical::{
        Bundle, HttpRouteGroup, IdentityBinding, L4Route, Meta, Namespace, Service, ServiceAccount,
        TrafficMetrics, TrafficMetricsList, TrafficSplit, TrafficTarget, Workload,
    },
    source::Span,
};

/// A decoded object of any kind.
pub(crate) enum Resource {
    TrafficTarget(TrafficTarget),
    IdentityBinding(IdentityBinding),
    HttpRouteGroup(HttpRouteGroup),
    TcpRoute(L4Route),
    UdpRoute(L4Route),
    TrafficSplit(TrafficSplit),
    TrafficMetrics(Box<TrafficMetrics>),
    TrafficMetricsList(TrafficMetricsList),
    Service(Service),
    ServiceAccount(ServiceAccount),
    Namespace(Namespace),
    Workload(Workload),
}

impl Resource {
    /// The `kind` as documents write it.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::TrafficTarget(_) => "TrafficTarget",
            Self::IdentityBinding(_) => "IdentityBinding",
            Self::HttpRouteGroup(_) => "HTTPRouteGroup",
            Self::TcpRoute(_) => "TCPRoute",
            Self::UdpRoute(_) => "UDPRoute",
            Self::TrafficSplit(_) => "TrafficSplit",
            Self::TrafficMetrics(_) => "TrafficMetrics",
            Self::TrafficMetricsList(_) => "TrafficMetricsList",
            Self::Service(_) => "Service",
            Self::ServiceAccount(_) => "ServiceAccount",
            Self::Namespace(_) => "Namespace",
            Self::Workload(it) => it.kind.as_str(),
        }
    }

    /// The whole object, of what SMI defines.
    pub(crate) const fn span(&self) -> Option<Span> {
        match self {
            Self::TrafficMetrics(it) => Some(it.span),
            Self::TrafficMetricsList(it) => Some(it.span),
            _ => match self.meta() {
                Some(meta) => Some(meta.span),
                None => None,
            },
        }
    }

    /// Name and namespace, of what has both.
    pub(crate) const fn meta(&self) -> Option<&Meta> {
        Some(match self {
            Self::TrafficTarget(it) => &it.meta,
            Self::IdentityBinding(it) => &it.meta,
            Self::HttpRouteGroup(it) => &it.meta,
            Self::TcpRoute(it) | Self::UdpRoute(it) => &it.meta,
            Self::TrafficSplit(it) => &it.meta,
            Self::Service(it) => &it.meta,
            Self::ServiceAccount(it) => &it.meta,
            Self::Workload(it) => &it.meta,
            Self::TrafficMetrics(_) | Self::TrafficMetricsList(_) | Self::Namespace(_) => {
                return None;
            }
        })
    }
}

impl Bundle {
    /// Takes an object in.
    pub(super) fn add(&mut self, resource: Resource) {
        match resource {
            Resource::TrafficTarget(it) => self.traffic_targets.push(it),
            Resource::IdentityBinding(it) => self.identity_bindings.push(it),
            Resource::HttpRouteGroup(it) => self.http_route_groups.push(it),
            Resource::TcpRoute(it) => self.tcp_routes.push(it),
            Resource::UdpRoute(it) => self.udp_routes.push(it),
            Resource::TrafficSplit(it) => self.traffic_splits.push(it),
            Resource::TrafficMetrics(it) => self.traffic_metrics.push(*it),
            Resource::TrafficMetricsList(it) => self.traffic_metrics_lists.push(it),
            Resource::Service(it) => self.services.push(it),
            Resource::ServiceAccount(it) => self.service_accounts.push(it),
            Resource::Namespace(it) => self.namespaces.push(it),
            Resource::Workload(it) => self.workloads.push(it),
        }
    }
}
