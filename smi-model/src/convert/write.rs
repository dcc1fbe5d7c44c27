//! Models back to YAML.

use super::{Targets, object::Planner, ports};
use crate::{
    api::Resource,
    canonical::{Bundle, SubjectKind},
    diagnostic::Findings,
};

/// Writes every SMI object of a bundle, each in the version that `targets` names
/// for its group, or else in the newest one: a draft only when there are
/// IdentityBindings, which no release has.
///
/// The text is a stream of YAML documents in the order in which the objects were
/// read; readers of YAML 1.1, such as Kubernetes, and of YAML 1.2 take it for the
/// same. Objects that their version cannot express are errors, and left out.
#[must_use]
pub fn write(bundle: &Bundle, targets: &Targets) -> Findings<String> {
    let targets = targets.clone().or_newest(speaks_of_bindings(bundle));
    let mut diagnostics = Vec::new();
    let moves = ports::moves(bundle, &targets, &mut diagnostics);
    let mut planner = Planner { targets: &targets, moves: &moves, diagnostics: &mut diagnostics };
    let mut documents = Vec::new();
    for resource in resources(bundle) {
        documents.extend(planner.written_anew(&resource).map(|written| written.yaml));
        documents.extend(planner.added(&resource).map(|written| written.yaml));
    }
    Findings { value: documents.join("---\n"), diagnostics }
}

fn speaks_of_bindings(bundle: &Bundle) -> bool {
    let targets = bundle.traffic_targets.iter();
    let mut subjects = targets.flat_map(|it| it.sources.iter().chain([&it.destination]));
    !bundle.identity_bindings.is_empty()
        || subjects.any(|subject| subject.kind == SubjectKind::IdentityBinding)
}

/// The SMI objects in the order of the text.
fn resources(bundle: &Bundle) -> Vec<Resource> {
    let Bundle { traffic_targets, http_route_groups, tcp_routes, udp_routes, .. } = bundle;
    let targets = traffic_targets.iter().cloned().map(Resource::TrafficTarget);
    let groups = http_route_groups.iter().cloned().map(Resource::HttpRouteGroup);
    let tcp_routes = tcp_routes.iter().cloned().map(Resource::TcpRoute);
    let udp_routes = udp_routes.iter().cloned().map(Resource::UdpRoute);
    let splits = bundle.traffic_splits.iter().cloned().map(Resource::TrafficSplit);
    let bindings = bundle.identity_bindings.iter().cloned().map(Resource::IdentityBinding);
    let routes = groups.chain(tcp_routes).chain(udp_routes);
    let metrics = bundle.traffic_metrics.iter().cloned().map(Box::new);
    let metrics = metrics.map(Resource::TrafficMetrics);
    let lists = bundle.traffic_metrics_lists.iter().cloned().map(Resource::TrafficMetricsList);
    let policies = targets.chain(bindings).chain(routes).chain(splits);
    let mut all: Vec<Resource> = policies.chain(metrics).chain(lists).collect();
    all.sort_by_key(Resource::span);
    all
}
