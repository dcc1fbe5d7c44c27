//! Objects for control planes that configure Envoy.
//!
//! Both deliver the filter's configuration as text, so that tables travel in base64.
//! Neither runs it for the workload's own requests: splits stay with the mesh.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::plugin::Root;
use super::{Configuration, set};

/// Where the proxies load the filter from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WasmCode {
    /// An address with `oci://`, `https://`, `http://` or, for Istio, `file://`.
    pub url: String,
    /// The digest of the file, in hexadecimal digits.
    pub sha256: Option<String>,
}

/// Whose proxies an object is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The namespace of the object, and of those proxies.
    pub namespace: String,
    /// The name of the object.
    pub name: String,
    /// The labels of the pods; none: all in the namespace. A policy for one workload
    /// must not reach another.
    pub labels: BTreeMap<String, String>,
}

/// A `WasmPlugin` of Istio (`extensions.istio.io/v1alpha1`), which enforces a
/// configuration on what arrives at the pods of `target`.
#[must_use]
pub fn istio_wasm_plugin(
    target: &Target,
    code: &WasmCode,
    root: Root,
    configuration: &Configuration<'_>,
) -> Value {
    let mut spec = json!({
        "url": code.url,
        "phase": "AUTHZ",
        "type": if root == Root::Tcp { "NETWORK" } else { "HTTP" },
        "match": [{ "mode": "SERVER" }],
        // The filter's root.
        "pluginName": root.id(),
        "failStrategy": "FAIL_CLOSE",
        "pluginConfig": configuration.json(root),
    });
    if let Some(digest) = &code.sha256 {
        set(&mut spec, "sha256", digest.as_str().into());
    }
    if !target.labels.is_empty() {
        set(&mut spec, "selector", json!({ "matchLabels": target.labels }));
    }
    json!({
        "apiVersion": "extensions.istio.io/v1alpha1",
        "kind": "WasmPlugin",
        "metadata": { "name": target.name, "namespace": target.namespace },
        "spec": spec,
    })
}

/// An `EnvoyExtensionPolicy` of Envoy Gateway (`gateway.envoyproxy.io/v1alpha1`),
/// which enforces a configuration on what arrives at the Gateway of this name.
///
/// The Gateway must ask its clients for certificates (a `ClientTrafficPolicy` with
/// `tls.clientValidation`): the filter knows peers by nothing else.
#[must_use]
pub fn envoy_extension_policy(
    target: &Target,
    gateway: &str,
    code: &WasmCode,
    configuration: &Configuration<'_>,
) -> Value {
    let root = Root::Http;
    let (kind, url) = match code.url.strip_prefix("oci://") {
        Some(image) => ("image", image),
        None => ("http", code.url.as_str()),
    };
    let mut from = json!({ "url": url });
    if let Some(digest) = &code.sha256 {
        set(&mut from, "sha256", digest.as_str().into());
    }
    let place = if kind == "image" { "Image" } else { "HTTP" };
    let wasm = json!({
        "name": root.name(),
        "rootID": root.id(),
        "code": { "type": place, kind: from },
        "config": configuration.json(root),
        "failOpen": false,
    });
    let of = json!({ "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": gateway });
    json!({
        "apiVersion": "gateway.envoyproxy.io/v1alpha1",
        "kind": "EnvoyExtensionPolicy",
        "metadata": { "name": target.name, "namespace": target.namespace },
        "spec": { "targetRefs": [of], "wasm": [wasm] },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> Target {
        let labels = BTreeMap::from([("app".to_owned(), "store".to_owned())]);
        Target { namespace: "shop".to_owned(), name: "smi-store".to_owned(), labels }
    }

    const CONFIGURATION: Configuration<'static> = Configuration {
        port: None,
        table: Some(b"\x89SMI\r\n"),
        shadow: None,
        mode: decision_table::Mode::Audit,
        split_key: Some("x-session"),
        namespace: None,
        log_allowed: false,
    };

    #[test]
    fn istio_gets_an_object_for_some_pods() {
        let url = "oci://registry.example/smi-filter:1".to_owned();
        let code = WasmCode { url, sha256: None };
        let object = istio_wasm_plugin(&target(), &code, Root::Http, &CONFIGURATION);
        insta::assert_snapshot!(format!("{object:#}"));
    }

    #[test]
    fn envoy_gateway_gets_an_object_for_a_gateway() {
        for url in ["https://files.example/filter.wasm", "oci://registry.example/smi-filter:1"] {
            let code = WasmCode { url: url.to_owned(), sha256: Some("ab".repeat(32)) };
            let object = envoy_extension_policy(&target(), "front", &code, &CONFIGURATION);
            let name = if url.starts_with("oci") { "gateway-image" } else { "gateway-http" };
            insta::assert_snapshot!(name, format!("{object:#}"));
        }
    }
}
