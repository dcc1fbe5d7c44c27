//! The rules, in the words of SMI and in those of Envoy's own RBAC filter.
//!
//! Rule `i` lets caller `i` send `GET /api/v1/svc<i>/items/<anything>/detail`.

use std::fmt::Write;

use anyhow::{Context, Result};
use loopback_mesh::Workload;
use loopback_mesh::policy::Policies;
use serde_json::{Map, Value, json};

/// Readers have limits for each file.
const RULES_PER_FILE: usize = 1_000;

/// The workload that all rules are about.
pub(super) fn server() -> Workload {
    Workload::new("app", "server")
}

/// Who may do what rule `number` says.
pub(super) fn caller(number: usize) -> Workload {
    Workload::new("clients", &format!("client{number}"))
}

/// What rule `number` admits; another `item` is another path.
pub(super) fn path(number: usize, item: usize) -> String {
    format!("/api/v1/svc{number}/items/item-{item:03}_x/detail")
}

fn expression(number: usize) -> String {
    format!("/api/v1/svc{number}/items/[^/]+/detail")
}

/// The table of the first `count` rules, or of all but one of them, by way of YAML.
pub(super) fn table(count: usize, without: Option<usize>) -> Result<Vec<u8>> {
    let numbers: Vec<usize> = (0..count).filter(|number| Some(*number) != without).collect();
    let file = |(index, numbers): (usize, &[usize])| {
        let mut text = String::new();
        for number in numbers {
            documents(&mut text, *number);
        }
        (format!("{index}.yaml"), text)
    };
    let files: Vec<_> = numbers.chunks(RULES_PER_FILE).enumerate().map(file).collect();
    let policies = Policies::compile(&files)?;
    let compiled = policies.table(&server().spiffe_id()).context("no table for the server")?;
    Ok(compiled.table.clone())
}

fn documents(text: &mut String, number: usize) {
    let expression = expression(number);
    // A text takes whatever is written to it.
    let _ = write!(
        text,
        "---
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: {{name: routes-{number}, namespace: app}}
spec: {{matches: [{{name: detail, pathRegex: '{expression}$', methods: [GET]}}]}}
---
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: {{name: target-{number}, namespace: app}}
spec:
  destination: {{kind: ServiceAccount, name: server, namespace: app}}
  sources: [{{kind: ServiceAccount, name: client{number}, namespace: clients}}]
  rules: [{{kind: HTTPRouteGroup, name: routes-{number}, matches: [detail]}}]
"
    );
}

/// A policy for each rule. Envoy asks one after the other, and of each first what is
/// done and then who does it.
pub(super) fn list(count: usize) -> Value {
    policies(count, |number| {
        let permission = json!({ "and_rules": { "rules": [of_path(number), of_method()] } });
        json!({ "permissions": [permission], "principals": [of_caller(number)] })
    })
}

/// The same in an order that costs less: first who does it.
pub(super) fn list_by_caller(count: usize) -> Value {
    policies(count, |number| {
        let ids = [of_caller(number), of_path(number), of_method()];
        json!({ "permissions": [{ "any": true }], "principals": [{ "and_ids": { "ids": ids } }] })
    })
}

fn policies(count: usize, policy: impl Fn(usize) -> Value) -> Value {
    // Envoy sorts them by name.
    let all = (0..count).map(|number| (format!("rule-{number:05}"), policy(number)));
    rbac("rules", &json!({ "action": "ALLOW", "policies": all.collect::<Map<_, _>>() }))
}

fn of_path(number: usize) -> Value {
    json!({ "url_path": { "path": { "safe_regex": { "regex": expression(number) } } } })
}

fn of_method() -> Value {
    json!({ "header": { "name": ":method", "string_match": { "exact": "GET" } } })
}

fn of_caller(number: usize) -> Value {
    json!({ "authenticated": { "principal_name": { "exact": caller(number).spiffe_id() } } })
}

/// A map from callers to what each may do: the form that costs Envoy least.
pub(super) fn tree(count: usize) -> Value {
    let of_caller = |number: usize| {
        let regex = json!({ "google_re2": {}, "regex": expression(number) });
        let path = predicate(&header(":path"), json!({ "safe_regex": regex }));
        let method = predicate(&header(":method"), json!({ "exact": "GET" }));
        let both = json!({ "and_matcher": { "predicate": [path, method] } });
        let matchers = json!([{ "predicate": both, "on_match": action("ALLOW") }]);
        let matcher = json!({
            "matcher_list": { "matchers": matchers },
            "on_no_match": action("DENY"),
        });
        (caller(number).spiffe_id(), json!({ "matcher": matcher }))
    };
    let map: Map<_, _> = (0..count).map(of_caller).collect();
    let input = json!({
        "name": "envoy.matching.inputs.uri_san",
        "typed_config": { "@type": message("envoy.extensions.matching.common_inputs.ssl.v3.UriSanInput") },
    });
    let tree = json!({ "input": input, "exact_match_map": { "map": map } });
    rbac("matcher", &json!({ "matcher_tree": tree, "on_no_match": action("DENY") }))
}

fn predicate(input: &Value, value: Value) -> Value {
    json!({ "single_predicate": { "input": input, "value_match": value } })
}

fn header(name: &str) -> Value {
    json!({
        "name": "envoy.matching.inputs.request_headers",
        "typed_config": {
            "@type": message("envoy.type.matcher.v3.HttpRequestHeaderMatchInput"),
            "header_name": name,
        },
    })
}

fn action(action: &str) -> Value {
    let typed = json!({
        "@type": message("envoy.config.rbac.v3.Action"),
        "name": action,
        "action": action,
    });
    json!({ "action": { "name": "action", "typed_config": typed } })
}

fn rbac(field: &str, rules: &Value) -> Value {
    let name = message("envoy.extensions.filters.http.rbac.v3.RBAC");
    json!({ "name": "envoy.filters.http.rbac", "typed_config": { "@type": name, field: rules } })
}

fn message(name: &str) -> String {
    format!("type.googleapis.com/{name}")
}
