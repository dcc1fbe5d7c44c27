//! Where a workload's own requests and connections go.

use serde_json::{Value, json};

use super::inbound::{http_manager, network_filter, router};
use super::plugin::Root;
use super::settings::{Endpoint, OutboundTcp, Sidecar, Splits, WeightedCluster};
use super::{BACKEND_HEADER, clusters, discovery, observe, set, type_url};

/// All listeners for the application's own traffic.
pub(super) fn listeners(sidecar: &Sidecar) -> Vec<Value> {
    let http = sidecar.outbound.http.iter().map(|at| http(sidecar, at));
    http.chain(sidecar.outbound.tcp.iter().map(tcp)).collect()
}

fn http(sidecar: &Sidecar, at: &Endpoint) -> Value {
    let mut manager = http_manager("outbound");
    // A name with a dot at its end is the same name.
    set(&mut manager, "strip_trailing_host_dot", true.into());
    match sidecar.outbound.splits {
        Splits::Native => {
            set(&mut manager, "rds", discovery::routes(&sidecar.discovery));
            set(&mut manager, "http_filters", json!([router()]));
        }
        Splits::Filter => {
            let filter = discovery::plugin(Root::Splits, &sidecar.discovery, &sidecar.filter);
            set(&mut manager, "route_config", chosen_by_the_filter());
            set(&mut manager, "http_filters", json!([filter, router()]));
        }
    }
    observe::trace(&mut manager, sidecar);
    json!({
        "name": "outbound-http",
        "address": clusters::address(at),
        "traffic_direction": "OUTBOUND",
        "filter_chains": [{ "filters": [network_filter(manager)] }],
    })
}

/// One route, because Envoy looks all of them up again when the filter has chosen.
fn chosen_by_the_filter() -> Value {
    let host = json!({
        "name": "services",
        "domains": ["*"],
        "routes": [{
            "match": { "prefix": "/" },
            "route": { "cluster_header": BACKEND_HEADER, "timeout": "0s" },
            "request_headers_to_remove": [BACKEND_HEADER],
        }],
    });
    json!({ "name": "outbound", "virtual_hosts": [host] })
}

fn tcp(outbound: &OutboundTcp) -> Value {
    let mut proxy = json!({
        "@type": type_url("envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"),
        "stat_prefix": "outbound",
    });
    match outbound.backends.as_slice() {
        [only] => set(&mut proxy, "cluster", only.name.as_str().into()),
        several => set(&mut proxy, "weighted_clusters", json!({ "clusters": weighted(several) })),
    }
    json!({
        "name": format!("outbound-tcp-{}:{}", outbound.service, outbound.port),
        "address": clusters::address(&outbound.listen),
        "traffic_direction": "OUTBOUND",
        "filter_chains": [{ "filters": [
            { "name": "envoy.filters.network.tcp_proxy", "typed_config": proxy },
        ] }],
    })
}

/// Clusters with their weights.
pub(super) fn weighted(clusters: &[WeightedCluster]) -> Vec<Value> {
    let one = |WeightedCluster { name, weight }: &_| json!({ "name": name, "weight": weight });
    clusters.iter().map(one).collect()
}
