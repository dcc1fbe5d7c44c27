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

/// The labels of the filter's counters, in their order. A value ends where the next
/// label begins: the filter writes values so that none of them contains one.
const LABELS: [&str; 5] = ["verdict", "reason", "source", "destination", "rule"];

/// Where the filter's histogram of nanoseconds is cut. Envoy's own buckets are made
/// for milliseconds, and most decisions would be in two of them.
const NANOSECONDS: [u32; 18] = [
    50, 75, 100, 150, 200, 300, 400, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000, 30_000,
    100_000, 1_000_000,
];

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
    for (label, next) in LABELS.iter().zip(1..) {
        let end = LABELS.get(next).map_or_else(|| "$".to_owned(), |next| format!(r"\.{next}\."));
        // What the outer group matches is cut out of the name, and what the inner one
        // matches is the value.
        tags.push(json!({
            "tag_name": label,
            "regex": format!(r"{before}(\.{label}\.(.*?)){end}"),
        }));
        before.push_str(&format!(r"\.{label}\..*?"));
    }
    let decisions = json!({ "match": { "suffix": ".decide_ns" }, "buckets": NANOSECONDS });
    json!({ "stats_tags": tags, "histogram_bucket_settings": [decisions] })
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
