//! What an operator sees: access logs, metrics, traces.

use serde_json::{Value, json};

use super::set;
use super::settings::Sidecar;
use super::type_url;

/// The cluster of the server that collects traces.
pub(super) const ZIPKIN_CLUSTER: &str = "zipkin";

/// What the filter says of a verdict.
const VERDICT: &str = "verdict=%FILTER_STATE(wasm.smi_verdict:PLAIN)% \
                       rule=%FILTER_STATE(wasm.smi_rule:PLAIN)%";

/// The labels of the filter's counters, in their order. Their values have no dots:
/// the filter writes `%2E` for them.
const LABELS: [&str; 5] = ["verdict", "reason", "source", "destination", "rule"];

/// One line for each request, without query strings, which may hold secrets.
pub(super) fn http_log(path: &str) -> Value {
    log(
        path,
        &format!(
            "[%START_TIME%] %RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %REQ(:METHOD)% %PATH(NQ)% \
             peer=%DOWNSTREAM_PEER_URI_SAN% {VERDICT} %DURATION%ms\n"
        ),
    )
}

/// One line for each connection.
pub(super) fn tcp_log(path: &str) -> Value {
    log(
        path,
        &format!(
            "[%START_TIME%] TCP %DOWNSTREAM_LOCAL_PORT% peer=%DOWNSTREAM_PEER_URI_SAN% {VERDICT} \
             %BYTES_RECEIVED%/%BYTES_SENT% bytes %DURATION%ms\n"
        ),
    )
}

fn log(path: &str, format: &str) -> Value {
    json!({
        "name": "envoy.access_loggers.file",
        "typed_config": {
            "@type": type_url("envoy.extensions.access_loggers.file.v3.FileAccessLog"),
            "path": path,
            "log_format": { "text_format_source": { "inline_string": format } },
        },
    })
}

/// Makes labels of the parts of the filter's counters
/// (`smi_requests.verdict.V.reason.R.source.S.destination.D.rule.X`).
pub(super) fn stats() -> Value {
    let mut before = r"^wasmcustom\.smi_[a-z]+".to_owned();
    let mut tags = Vec::new();
    for label in LABELS {
        // What the outer group matches is cut out of the name, and what the inner one
        // matches is the value.
        tags.push(json!({
            "tag_name": format!("smi_{label}"),
            "regex": format!(r"{before}(\.{label}\.([^.]*))"),
        }));
        before.push_str(&format!(r"\.{label}\.[^.]*"));
    }
    json!({ "stats_tags": tags })
}

/// Lets a connection manager send traces.
pub(super) fn trace(manager: &mut Value, sidecar: &Sidecar) {
    if sidecar.zipkin.is_none() {
        return;
    }
    let provider = json!({
        "name": "envoy.tracers.zipkin",
        "typed_config": {
            "@type": type_url("envoy.config.trace.v3.ZipkinConfig"),
            "collector_cluster": ZIPKIN_CLUSTER,
            "collector_endpoint": "/api/v2/spans",
            "collector_endpoint_version": "HTTP_JSON",
        },
    });
    set(manager, "tracing", json!({ "provider": provider }));
}
