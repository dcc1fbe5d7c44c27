//! Where callers of a workload arrive.

use serde_json::{Value, json};

use super::plugin::Root;
use super::settings::{Inbound, Protocol, Sidecar};
use super::{PEER_NAMES, clusters, discovery, observe, set, tls, type_url};

/// Bytes of a connection that may arrive while its handshake goes on.
const EARLY_BYTES: u32 = 16 << 10;

/// The listener of one port.
pub(super) fn listener(sidecar: &Sidecar, inbound: &Inbound) -> Value {
    let (name, socket, rest) = match inbound.protocol {
        Protocol::Http => {
            ("http", tls::server(&sidecar.credentials), vec![manager(sidecar, inbound)])
        }
        Protocol::Tcp => {
            ("tcp", tls::server_of_tcp(&sidecar.credentials), connections(sidecar, inbound))
        }
    };
    let filters: Vec<Value> = [peer_names()].into_iter().chain(rest).collect();
    json!({
        "name": format!("inbound-{name}-{}", inbound.listen.port),
        "address": clusters::address(&inbound.listen),
        // In traces, this is the server's side.
        "traffic_direction": "INBOUND",
        "filter_chains": [{ "transport_socket": socket, "filters": filters }],
    })
}

/// Remembers all names of the peer. Envoy's validator looks at the first one only, and
/// so does the property of the connection; who has several is nobody.
fn peer_names() -> Value {
    let names = json!({
        "object_key": PEER_NAMES,
        "factory_key": "envoy.string",
        "format_string": {
            "text_format_source": { "inline_string": "%DOWNSTREAM_PEER_URI_SAN%" },
            // Otherwise no name is a name, `-`.
            "omit_empty_values": true,
        },
        "skip_if_empty": true,
    });
    json!({
        "name": "envoy.filters.network.set_filter_state",
        "typed_config": {
            "@type": type_url("envoy.extensions.filters.network.set_filter_state.v3.Config"),
            "on_downstream_tls_handshake": [names],
        },
    })
}

fn manager(sidecar: &Sidecar, inbound: &Inbound) -> Value {
    let mut manager = http_manager("inbound");
    let route = json!({ "cluster": clusters::application_name(inbound), "timeout": "0s" });
    let host = json!({
        "name": "application",
        "domains": ["*"],
        "routes": [{ "match": { "prefix": "/" }, "route": route }],
    });
    set(&mut manager, "route_config", json!({ "virtual_hosts": [host] }));
    let filter = discovery::plugin(Root::Http, &sidecar.discovery, &sidecar.filter);
    set(&mut manager, "http_filters", json!([filter, router()]));
    // A client cannot say who it is; only its certificate can.
    set(&mut manager, "forward_client_cert_details", "SANITIZE".into());
    set(&mut manager, "access_log", json!([observe::http_log(&sidecar.access_log)]));
    observe::trace(&mut manager, sidecar);
    network_filter(manager)
}

/// What decides about connections, and what forwards them.
fn connections(sidecar: &Sidecar, inbound: &Inbound) -> Vec<Value> {
    let proxy = json!({
        "@type": type_url("envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"),
        "stat_prefix": "inbound",
        "cluster": clusters::application_name(inbound),
        // Before the handshake has ended nobody is known, so nothing may be decided,
        // and no server may greet a stranger.
        "upstream_connect_mode": "ON_DOWNSTREAM_TLS_HANDSHAKE",
        "max_early_data_bytes": EARLY_BYTES,
        "access_log": [observe::tcp_log(&sidecar.access_log)],
    });
    vec![
        discovery::plugin(Root::Tcp, &sidecar.discovery, &sidecar.filter),
        json!({ "name": "envoy.filters.network.tcp_proxy", "typed_config": proxy }),
    ]
}

/// What both directions of HTTP have in common. Paths are brought into one form at
/// both ends, so that caller and callee judge the same.
pub(super) fn http_manager(prefix: &str) -> Value {
    let name = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
    json!({
        "@type": type_url(name),
        "stat_prefix": prefix,
        "normalize_path": true,
        "merge_slashes": true,
        "path_with_escaped_slashes_action": "REJECT_REQUEST",
    })
}

pub(super) fn network_filter(manager: Value) -> Value {
    json!({ "name": "envoy.filters.network.http_connection_manager", "typed_config": manager })
}

pub(super) fn router() -> Value {
    json!({
        "name": "envoy.filters.http.router",
        "typed_config": { "@type": type_url("envoy.extensions.filters.http.router.v3.Router") },
    })
}
