//! The rules, in the words of SMI and in those of Envoy's own RBAC filter.
//!
//! Rule `i` lets its caller send `GET /api/v1/svc<i>/items/<anything>/detail`.

use std::fmt::Write;

use anyhow::{Context, Result};
use loopback_mesh::Workload;
use loopback_mesh::policy::Policies;
use serde_json::{Map, Value, json};

/// Readers have limits for each file.
const RULES_PER_FILE: usize = 1_000;

/// How many rules there are, and of how many callers; these have them in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    pub(super) count: usize,
    pub(super) callers: usize,
}

/// The workload that all rules are about.
pub(super) fn server() -> Workload {
    Workload::new("app", "server")
}

/// A caller.
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

impl Rules {
    /// The rule of a caller that is `nth`, again from the first behind the last.
    pub(super) const fn rule(self, caller: usize, nth: usize) -> usize {
        caller + self.callers * (nth % (self.count / self.callers))
    }

    const fn caller(self, rule: usize) -> usize {
        rule % self.callers
    }

    /// The table of all rules, or of all but one of them, by way of YAML.
    pub(super) fn table(self, without: Option<usize>) -> Result<Vec<u8>> {
        let numbers: Vec<_> = (0..self.count).filter(|number| Some(*number) != without).collect();
        let file = |(index, numbers): (usize, &[usize])| {
            let mut text = String::new();
            for number in numbers {
                documents(&mut text, *number, self.caller(*number));
            }
            (format!("{index}.yaml"), text)
        };
        let files: Vec<_> = numbers.chunks(RULES_PER_FILE).enumerate().map(file).collect();
        let policies = Policies::compile(&files)?;
        let compiled = policies.table(&server().spiffe_id()).context("no table for the server")?;
        Ok(compiled.table.clone())
    }

    /// A policy for each rule. Envoy asks one after the other, and of each first what is
    /// done and then who does it.
    pub(super) fn list(self) -> Value {
        self.policies(|number| {
            let permission = json!({ "and_rules": { "rules": [of_path(number), of_method()] } });
            json!({ "permissions": [permission], "principals": [self.of_caller(number)] })
        })
    }

    /// The same in an order that costs less: first who does it.
    pub(super) fn list_by_caller(self) -> Value {
        self.policies(|number| {
            let ids = [self.of_caller(number), of_path(number), of_method()];
            let principal = json!({ "and_ids": { "ids": ids } });
            json!({ "permissions": [{ "any": true }], "principals": [principal] })
        })
    }

    fn policies(self, policy: impl Fn(usize) -> Value) -> Value {
        // Envoy sorts them by name.
        let all = (0..self.count).map(|number| (format!("rule-{number:05}"), policy(number)));
        rbac("rules", &json!({ "action": "ALLOW", "policies": all.collect::<Map<_, _>>() }))
    }

    fn of_caller(self, rule: usize) -> Value {
        let id = caller(self.caller(rule)).spiffe_id();
        json!({ "authenticated": { "principal_name": { "exact": id } } })
    }

    /// A map from callers to what each may do: the form that costs Envoy least.
    pub(super) fn tree(self) -> Value {
        let of_caller = |number: usize| {
            let rules = (number..self.count).step_by(self.callers).map(matcher);
            let matcher = json!({
                "matcher_list": { "matchers": rules.collect::<Vec<_>>() },
                "on_no_match": action("DENY"),
            });
            (caller(number).spiffe_id(), json!({ "matcher": matcher }))
        };
        let map: Map<_, _> = (0..self.callers).map(of_caller).collect();
        let input = json!({
            "name": "envoy.matching.inputs.uri_san",
            "typed_config": { "@type": message("envoy.extensions.matching.common_inputs.ssl.v3.UriSanInput") },
        });
        let tree = json!({ "input": input, "exact_match_map": { "map": map } });
        rbac("matcher", &json!({ "matcher_tree": tree, "on_no_match": action("DENY") }))
    }
}

fn documents(text: &mut String, number: usize, caller: usize) {
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
  sources: [{{kind: ServiceAccount, name: client{caller}, namespace: clients}}]
  rules: [{{kind: HTTPRouteGroup, name: routes-{number}, matches: [detail]}}]
"
    );
}

fn of_path(number: usize) -> Value {
    json!({ "url_path": { "path": { "safe_regex": { "regex": expression(number) } } } })
}

fn of_method() -> Value {
    json!({ "header": { "name": ":method", "string_match": { "exact": "GET" } } })
}

/// What one rule says, but for whom.
fn matcher(number: usize) -> Value {
    let regex = json!({ "google_re2": {}, "regex": expression(number) });
    let path = predicate(&header(":path"), json!({ "safe_regex": regex }));
    let method = predicate(&header(":method"), json!({ "exact": "GET" }));
    let both = json!({ "and_matcher": { "predicate": [path, method] } });
    json!({ "predicate": both, "on_match": action("ALLOW") })
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
