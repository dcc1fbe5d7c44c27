//! Whom a sidecar connects to.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::settings::{Credentials, Endpoint, Inbound, Protocol, SecretSource, Sidecar, Upstream};
use super::{observe, set, tls, type_url};

/// How long a peer may take to accept a connection.
const CONNECT_TIMEOUT: &str = "5s";

/// All clusters of a sidecar.
pub(super) fn all(sidecar: &Sidecar) -> Vec<Value> {
    let applications = sidecar.inbound.iter().map(application);
    let upstreams = sidecar.outbound.upstreams.iter();
    let upstreams = upstreams.map(|upstream| service(&sidecar.credentials, upstream));
    let secrets = match &sidecar.credentials {
        Credentials::Secrets { source: SecretSource::Socket(path), .. } => Some(secrets(path)),
        Credentials::Secrets { .. } | Credentials::Files { .. } => None,
    };
    let zipkin = sidecar.zipkin.iter().map(|at| cluster(observe::ZIPKIN_CLUSTER, at));
    applications.chain(upstreams).chain(secrets).chain(zipkin).collect()
}

/// The name of the cluster of the application behind a port.
pub(super) fn application_name(inbound: &Inbound) -> String {
    format!("application-{}", inbound.listen.port)
}

fn application(inbound: &Inbound) -> Value {
    let mut cluster = cluster(&application_name(inbound), &inbound.application);
    if inbound.protocol == Protocol::Http {
        speak_as_the_caller(&mut cluster);
    }
    cluster
}

fn service(credentials: &Credentials, upstream: &Upstream) -> Value {
    let mut cluster = cluster(&upstream.cluster(), &upstream.endpoint);
    set(&mut cluster, "transport_socket", tls::client(credentials, upstream));
    if upstream.port.is_none() {
        speak_as_the_caller(&mut cluster);
    }
    cluster
}

/// HTTP/2 stays HTTP/2, which gRPC needs.
fn speak_as_the_caller(cluster: &mut Value) {
    let name = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
    let options = json!({
        name: {
            "@type": type_url(name),
            "use_downstream_protocol_config": {
                "http_protocol_options": {},
                "http2_protocol_options": {},
            },
        },
    });
    set(cluster, "typed_extension_protocol_options", options);
}

fn cluster(name: &str, at: &Endpoint) -> Value {
    // Names are looked up again and again; addresses are not.
    let is_address = at.host.parse::<IpAddr>().is_ok();
    let endpoint = json!({ "endpoint": { "address": address(at) } });
    json!({
        "name": name,
        "type": if is_address { "STATIC" } else { "STRICT_DNS" },
        "connect_timeout": CONNECT_TIMEOUT,
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{ "lb_endpoints": [endpoint] }],
        },
    })
}

/// The server of secrets, which speaks gRPC.
fn secrets(path: &str) -> Value {
    let name = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
    let endpoint = json!({ "endpoint": { "address": { "pipe": { "path": path } } } });
    json!({
        "name": tls::SECRETS_CLUSTER,
        "type": "STATIC",
        "connect_timeout": CONNECT_TIMEOUT,
        "typed_extension_protocol_options": {
            name: {
                "@type": type_url(name),
                "explicit_http_config": { "http2_protocol_options": {} },
            },
        },
        "load_assignment": {
            "cluster_name": tls::SECRETS_CLUSTER,
            "endpoints": [{ "lb_endpoints": [endpoint] }],
        },
    })
}

/// Where something listens.
pub(super) fn address(at: &Endpoint) -> Value {
    json!({ "socket_address": { "address": at.host, "port_value": at.port } })
}
