//! The configuration that a sidecar starts with.

use serde_json::{Value, json};

use super::settings::Sidecar;
use super::{clusters, inbound, observe, outbound, set};

/// All that a sidecar is told at its start. What the policies say is not in it, but
/// in the [`Discovery`](super::Discovery) files that it names; these have to be there
/// when Envoy starts.
#[must_use]
pub fn bootstrap(sidecar: &Sidecar) -> Value {
    let arriving = sidecar.inbound.iter().map(|port| inbound::listener(sidecar, port));
    let listeners: Vec<Value> = arriving.chain(outbound::listeners(sidecar)).collect();
    let mut bootstrap = json!({
        // Traces show the cluster's name as the name of the service.
        "node": { "id": sidecar.node, "cluster": sidecar.node },
        "static_resources": { "listeners": listeners, "clusters": clusters::all(sidecar) },
        "stats_config": observe::stats(),
    });
    if let Some(admin) = &sidecar.admin {
        set(&mut bootstrap, "admin", json!({ "address": clusters::address(admin) }));
    }
    bootstrap
}
