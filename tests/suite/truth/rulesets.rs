//! What a proxy is given for a workload: routes by port with who may use them.

use conformance::request::{Identity, Request};
use serde_json::Value;

use super::question::{
    Answers, Loaded, account, connection, dialects, from, http, list, policies, target, text,
    texts, with_headers,
};

/// Requests on and beside every route of every port.
pub(super) fn ask(case: &Value, answers: &mut Answers) {
    if case["policies"].is_null() {
        ask_without_sources(case, answers);
        return;
    }
    let identity = &case["context"]["destination_identity"];
    let destination = || {
        Identity::service_account(text(&identity["namespace"]), text(&identity["service_account"]))
    };
    let expected = &case["expected"];
    for dialect in dialects(case) {
        let loaded = Loaded::new(dialect, policies(case));
        for (port, services) in expected["http_by_target_port"].as_object().into_iter().flatten() {
            for rule in list(services).iter().flat_map(|service| list(&service["rules"])) {
                ask_rule(&loaded, answers, rule, port.parse().ok(), &destination());
            }
        }
        // The only caller of these cases; the list itself names none.
        let tcp = list(&expected["l4_matches"]).iter().filter(|it| it["protocol"] == "tcp");
        for port in tcp.filter_map(|it| it["port"].as_u64()) {
            for (source, is_allowed) in [("sa2.ns2", true), ("sa3.ns2", false)] {
                let port = u16::try_from(port).ok();
                let request = Request { port, ..connection(account(source), destination()) };
                answers.allows(&loaded, &request, is_allowed);
            }
        }
    }
}

fn ask_rule(
    loaded: &Loaded,
    answers: &mut Answers,
    rule: &Value,
    port: Option<u16>,
    destination: &Identity,
) {
    let principals = texts(&rule["principals"]);
    let is_open = principals.contains(&"*");
    let methods = texts(&rule["methods"]);
    let is_any_method = methods.contains(&"*");
    let path = text(&rule["path"]);
    let is_any_path = path == ".*";
    let path = if is_any_path { "/anything" } else { path };
    let request = |source: &str, method: &str, path: &str| {
        let connection = connection(account(source), destination.clone());
        let request = with_headers(http(connection, method, path), &rule["headers"]);
        Request { port, ..request }
    };
    let listed = if is_open { vec!["sa2.ns2"] } else { principals };
    for source in listed {
        for method in ["GET", "PUT", "POST"] {
            let is_listed = is_any_method || methods.contains(&method);
            answers.allows(loaded, &request(source, method, path), is_listed);
        }
        let method = if is_any_method { "GET" } else { methods[0] };
        answers.allows(loaded, &request(source, method, &format!("{path}/more")), is_any_path);
        answers.allows(loaded, &request("nobody.ns2", method, path), is_open);
        let has_headers = rule["headers"].as_object().is_some_and(|headers| !headers.is_empty());
        let bare = Request { headers: Vec::new(), ..request(source, method, path) };
        answers.allows(loaded, &bare, !has_headers);
    }
}

/// A rule without principals makes no route.
fn ask_without_sources(case: &Value, answers: &mut Answers) {
    let is_empty = case["request"]["allowed_principals"].is_null();
    assert!(is_empty && case["expected"]["routes"] == 0, "{}: another case", case["id"]);
    let policy = target("target", "client", "{kind: TCPRoute, name: all}");
    let start = policy.find("  sources").expect("a target has sources");
    let end = policy.find("  rules").expect("a target has rules");
    let sources = ["  sources: []\n", ""];
    for sources in sources {
        let (head, tail) = (policy.get(..start), policy.get(end..));
        let policy = [head.unwrap_or_default(), sources, tail.unwrap_or_default()].concat();
        for dialect in dialects(case) {
            let route = "---\napiVersion: specs.smi-spec.io/v1alpha4\nkind: TCPRoute\n\
                         metadata: {name: all, namespace: test}\nspec: {matches: {}}\n";
            let loaded = Loaded::new(dialect, &format!("{policy}{route}"));
            answers.allows(&loaded, &from("client"), false);
            answers.allows(&loaded, &http(from("client"), "GET", "/"), false);
        }
    }
}
