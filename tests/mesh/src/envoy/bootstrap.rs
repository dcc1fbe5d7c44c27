//! The configuration that a sidecar starts with.
//!
//! It is what a deployment should look like: identities from mutual TLS only,
//! paths normalised before they are judged, and the filter delivered by extension
//! discovery with a deny-everything default, never failing open.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{filter, routes};
use crate::TRUST_DOMAIN;
use crate::certificates::Files;
use crate::envoy::Route;

/// How long a peer may take to accept a connection on loopback.
const CONNECT_TIMEOUT: &str = "1s";

/// What one sidecar is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Shown in logs and in `node.id`.
    pub name: String,
    /// Its identity and whom it trusts.
    pub certificate: Files,
    /// The application behind it.
    pub application: SocketAddr,
    /// The filter as a Wasm file.
    pub filter: PathBuf,
    /// The sidecars that it may connect to.
    pub upstreams: Vec<Upstream>,
    /// Where the application's requests go at first.
    pub routes: Vec<Route>,
    /// Whether a client without a certificate is already refused by TLS.
    pub require_client_certificate: bool,
    /// Whether Envoy brings paths into canonical form before the filter sees them.
    pub normalise_paths: bool,
}

/// The inbound listener of another sidecar.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// The workload's host name, sent in the TLS handshake.
    pub host: String,
    /// The identity that its certificate must carry.
    pub spiffe_id: String,
    /// Where it listens.
    pub address: SocketAddr,
}

/// The bootstrap of a sidecar whose files live in `folder`.
///
/// All listeners bind port 0: Envoy takes free ports and tells them through its
/// admin interface, so nothing can take them in between.
#[must_use]
pub(super) fn render(settings: &Settings, folder: &Path) -> Value {
    let upstreams = settings.upstreams.iter().map(|upstream| {
        let tls = client_tls(&settings.certificate, upstream);
        cluster(&cluster_name(&upstream.host), upstream.address, Some(tls))
    });
    let application = cluster("application", settings.application, None);
    let clusters: Vec<Value> = std::iter::once(application).chain(upstreams).collect();
    json!({
        "node": { "id": settings.name, "cluster": "bookstore" },
        "admin": { "address": address(loopback()) },
        "static_resources": {
            "listeners": [inbound(settings, folder), outbound(folder)],
            "clusters": clusters,
        },
    })
}

fn inbound(settings: &Settings, folder: &Path) -> Value {
    let mut manager = json!({
        "@type": hcm_type(),
        "stat_prefix": "inbound",
        "route_config": { "virtual_hosts": [{
            "name": "application",
            "domains": ["*"],
            "routes": [{ "match": { "prefix": "/" }, "route": { "cluster": "application" } }],
        }] },
        "http_filters": [
            filter::discovery(folder, &settings.filter),
            router(),
        ],
        // A client cannot say who it is; only its certificate can.
        "forward_client_cert_details": "SANITIZE",
        "access_log": [access_log(&folder.join("access.log"))],
    });
    if settings.normalise_paths
        && let Some(manager) = manager.as_object_mut()
    {
        manager.insert("normalize_path".into(), true.into());
        manager.insert("merge_slashes".into(), true.into());
        manager.insert("path_with_escaped_slashes_action".into(), "REJECT_REQUEST".into());
    }
    json!({
        "name": "inbound",
        "address": address(loopback()),
        "filter_chains": [{
            "transport_socket": server_tls(settings),
            "filters": [hcm(manager)],
        }],
    })
}

fn outbound(folder: &Path) -> Value {
    json!({
        "name": "outbound",
        "address": address(loopback()),
        "filter_chains": [{ "filters": [hcm(json!({
            "@type": hcm_type(),
            "stat_prefix": "outbound",
            "rds": routes::discovery(folder),
            "http_filters": [router()],
        }))] }],
    })
}

fn cluster(name: &str, endpoint: SocketAddr, tls: Option<Value>) -> Value {
    let mut cluster = json!({
        "name": name,
        "type": "STATIC",
        "connect_timeout": CONNECT_TIMEOUT,
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{ "lb_endpoints": [{ "endpoint": { "address": address(endpoint) } }] }],
        },
    });
    if let (Some(tls), Some(cluster)) = (tls, cluster.as_object_mut()) {
        cluster.insert("transport_socket".into(), tls);
    }
    cluster
}

pub(super) fn cluster_name(host: &str) -> String {
    format!("mesh {host}")
}

fn server_tls(settings: &Settings) -> Value {
    let required = settings.require_client_certificate;
    // The SPIFFE validator always demands a certificate; where none is required,
    // Envoy's default validator checks those that are presented.
    let validation = if required {
        spiffe_validation(&settings.certificate)
    } else {
        json!({ "trusted_ca": { "filename": settings.certificate.authority } })
    };
    tls(json!({
        "@type": type_url("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"),
        "require_client_certificate": required,
        "common_tls_context": common_tls(&settings.certificate, validation),
    }))
}

fn client_tls(certificate: &Files, upstream: &Upstream) -> Value {
    let mut validation = spiffe_validation(certificate);
    if let Some(validation) = validation.as_object_mut() {
        let expected = json!([{ "san_type": "URI", "matcher": { "exact": upstream.spiffe_id } }]);
        validation.insert("match_typed_subject_alt_names".into(), expected);
    }
    tls(json!({
        "@type": type_url("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"),
        "sni": upstream.host,
        "common_tls_context": common_tls(certificate, validation),
    }))
}

fn common_tls(files: &Files, validation: Value) -> Value {
    json!({
        // Envoy's clients stop at 1.2 unless told to go on.
        "tls_params": {
            "tls_minimum_protocol_version": "TLSv1_3",
            "tls_maximum_protocol_version": "TLSv1_3",
        },
        "tls_certificates": [{
            "certificate_chain": { "filename": files.certificate },
            "private_key": { "filename": files.key },
        }],
        "validation_context": validation,
    })
}

/// A peer's certificate must come from the authority of its trust domain.
fn spiffe_validation(files: &Files) -> Value {
    let name = "envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig";
    let domain = json!({
        "name": TRUST_DOMAIN,
        "trust_bundle": { "filename": files.authority },
    });
    json!({
        "custom_validator_config": {
            "name": "envoy.tls.cert_validator.spiffe",
            "typed_config": { "@type": type_url(name), "trust_domains": [domain] },
        },
    })
}

fn tls(context: Value) -> Value {
    json!({ "name": "envoy.transport_sockets.tls", "typed_config": context })
}

fn hcm(manager: Value) -> Value {
    json!({ "name": "envoy.filters.network.http_connection_manager", "typed_config": manager })
}

fn hcm_type() -> String {
    type_url("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager")
}

fn router() -> Value {
    json!({
        "name": "envoy.filters.http.router",
        "typed_config": { "@type": type_url("envoy.extensions.filters.http.router.v3.Router") },
    })
}

/// One line per request, without query strings: they may hold secrets.
fn access_log(path: &Path) -> Value {
    let format = "%RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %REQ(:METHOD)% %PATH(NQ)% \
                  peer=%DOWNSTREAM_PEER_URI_SAN%\n";
    json!({
        "name": "envoy.access_loggers.file",
        "typed_config": {
            "@type": type_url("envoy.extensions.access_loggers.file.v3.FileAccessLog"),
            "path": path,
            "log_format": { "text_format_source": { "inline_string": format } },
        },
    })
}

fn address(address: SocketAddr) -> Value {
    json!({ "socket_address": {
        "address": address.ip().to_string(),
        "port_value": address.port(),
    } })
}

const fn loopback() -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0)
}

pub(super) fn type_url(name: &str) -> String {
    format!("type.googleapis.com/{name}")
}
