//! What routes describe, asked with requests on and beside them.

use std::collections::BTreeSet;

use conformance::request::{Identity, Request};
use serde::Deserialize;
use serde_json::Value;

use super::question::{
    Answers, Loaded, account, connection, dialects, from, http, list, policies, policy_with_match,
    target, text, texts, with_headers,
};

/// The methods that the specification lists.
const METHODS: [&str; 9] =
    ["GET", "HEAD", "PUT", "POST", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

/// A list of methods is what is left of it without repetitions.
pub(super) fn ask_methods(case: &Value, answers: &mut Answers) {
    let policy = policy_with_match(&format!("methods: {}", case["request"]["methods"]));
    let expected = texts(&case["expected"]["methods"]);
    for dialect in dialects(case) {
        let loaded = Loaded::new(dialect, &policy);
        for method in METHODS.into_iter().chain(["PURGE"]) {
            let is_expected = expected.contains(&method) || expected.contains(&"*");
            answers.allows(&loaded, &http(from("client"), method, "/"), is_expected);
        }
    }
}

/// Which part of a request a header's condition is about, and how much of it.
pub(super) fn ask_headers(case: &Value, answers: &mut Answers) {
    let (method, headers) = (text(&case["request"]["method"]), &case["request"]["headers"]);
    let policy = policy_with_match(&format!("methods: [{method}], headers: {headers}"));
    let matchers = &case["expected"]["matchers"];
    let (method, authority) = (text(&matchers[":method"]), text(&matchers[":authority"]));
    let request = |method, host: Option<&str>| Request {
        host: host.map(Into::into),
        ..http(from("client"), method, "/")
    };
    for dialect in dialects(case) {
        let loaded = Loaded::new(dialect, &policy);
        answers.allows(&loaded, &request(method, Some(authority)), true);
        answers.allows(&loaded, &request("DELETE", Some(authority)), false);
        answers.allows(&loaded, &request(method, None), false);
        for other in [format!("{authority}.evil"), format!("not-{authority}")] {
            answers.allows(&loaded, &request(method, Some(&other)), false);
        }
    }
}

/// The routes that rules of a target lead to.
pub(super) fn ask_resolved(case: &Value, answers: &mut Answers) {
    let rules = list(&case["request"]["rules"]).iter().map(Value::to_string);
    let target = target("target", "client", &rules.collect::<Vec<_>>().join(", "));
    // The target lives where the rules are looked up.
    let namespace = text(&case["request"]["namespace"]);
    let policy = format!("{}---\n{target}", policies(case))
        .replace("namespace: test", &format!("namespace: {namespace}"));
    let connection = || {
        connection(account(&format!("client.{namespace}")), account(&format!("server.{namespace}")))
    };
    let routes = list(&case["expected"]["routes"]);
    let expected: Vec<&str> = routes.iter().map(|route| text(&route["path"])).collect();
    for dialect in dialects(case) {
        let loaded = Loaded::new(dialect, &policy);
        for route in routes {
            let path = text(&route["path"]);
            for method in METHODS {
                let request = http(connection(), method, path);
                let request = with_headers(request, &route["headers"]);
                answers.allows(&loaded, &request, texts(&route["methods"]).contains(&method));
            }
            let has_no_headers = route["headers"].as_object().is_none_or(|it| it.is_empty());
            let without = http(connection(), texts(&route["methods"])[0], path);
            answers.allows(&loaded, &without, has_no_headers);
        }
        // What else the group describes is not opened with it.
        for (path, headers) in described(policies(case)) {
            if !expected.contains(&path.as_str()) {
                let request = with_headers(http(connection(), "GET", &path), &headers);
                answers.allows(&loaded, &request, false);
            }
        }
    }
}

/// A path and the headers of every match in groups, whose expressions are literals.
fn described(policies: &str) -> Vec<(String, Value)> {
    let documents = documents(policies).into_iter();
    let matches = documents.flat_map(|it| list(&it["spec"]["matches"]).to_vec());
    let described = matches.map(|one| {
        let path = one["pathRegex"].as_str().unwrap_or("/elsewhere").to_owned();
        let headers = list(&one["headers"]).iter().filter_map(Value::as_object);
        let pairs = headers.flatten().map(|(name, value)| (name.clone(), value.clone()));
        (path, Value::Object(pairs.collect()))
    });
    described.collect()
}

fn documents(policies: &str) -> Vec<Value> {
    let documents = serde_yaml::Deserializer::from_str(policies);
    documents.map(|it| Value::deserialize(it).expect("the case is YAML")).collect()
}

/// Targets for the same route add up, and none takes another's away.
pub(super) fn ask_merged(case: &Value, answers: &mut Answers) {
    if case["policies"].is_null() {
        ask_merged_pairs(case, answers);
        return;
    }
    let documents = documents(policies(case));
    let is_target = |it: &&Value| it["kind"] == "TrafficTarget";
    let targets: Vec<&Value> = documents.iter().filter(is_target).collect();
    for dialect in dialects(case) {
        for missing in std::iter::once(None).chain(targets.iter().map(Some)) {
            let kept: Vec<&Value> = documents.iter().filter(|it| Some(it) != missing).collect();
            let policy: String = kept.iter().map(|it| format!("---\n{it}\n")).collect();
            let loaded = Loaded::new(dialect, &policy);
            for rule in list(&case["expected"]["rules"]) {
                for source in texts(&rule["sources"]) {
                    // Without its own target, a source has lost its way in.
                    let is_kept = kept.iter().any(|it| is_of(it, source));
                    let method = texts(&rule["methods"])[0];
                    let connection = connection(account(source), destination(targets[0]));
                    let request = http(connection, method, text(&rule["path"]));
                    answers.allows(&loaded, &request, is_kept);
                }
            }
        }
    }
}

fn destination(target: &Value) -> Identity {
    let it = &target["spec"]["destination"];
    account(&format!("{}.{}", text(&it["name"]), text(&it["namespace"])))
}

fn is_of(target: &Value, source: &str) -> bool {
    list(&target["spec"]["sources"])
        .iter()
        .any(|it| source == format!("{}.{}", text(&it["name"]), text(&it["namespace"])))
}

/// Pairs of a route and a principal: each is a target of its own. As many routes
/// are open as there are rules in the end, each to so many principals.
fn ask_merged_pairs(case: &Value, answers: &mut Answers) {
    let pairs: Vec<Vec<&str>> = list(&case["request"]["rules"]).iter().map(texts).collect();
    let (mut policy, mut routes, mut principals) =
        (String::new(), BTreeSet::new(), BTreeSet::new());
    for (at, pair) in pairs.iter().enumerate() {
        let (route, principal) = (pair[0], pair[1]);
        let rule = format!("{{kind: HTTPRouteGroup, name: {route}, matches: [one]}}");
        policy += &format!("{}---\n", target(&format!("target-{at}"), principal, &rule));
        principals.insert(principal);
        if routes.insert(route) {
            policy += &format!(
                "apiVersion: specs.smi-spec.io/v1alpha4\nkind: HTTPRouteGroup\n\
                 metadata: {{name: {route}, namespace: test}}\n\
                 spec: {{matches: [{{name: one, pathRegex: /{route}}}]}}\n---\n"
            );
        }
    }
    let each = list(&case["expected"]["principals_each"]);
    for dialect in dialects(case) {
        let loaded = Loaded::new(dialect, &policy);
        answers.note(dialect, case["expected"]["rules"] == routes.len(), || format!("{routes:?}"));
        for (route, count) in routes.iter().zip(each) {
            let path = format!("/{route}");
            for principal in &principals {
                let request = http(from(principal), "GET", &path);
                answers.allows(&loaded, &request, pairs.contains(&vec![route, principal]));
            }
            answers.note(dialect, *count == principals.len(), || format!("{principals:?}"));
            answers.allows(&loaded, &http(from("nobody"), "GET", &path), false);
        }
        answers.allows(&loaded, &http(from(pairs[0][1]), "GET", "/other"), false);
    }
}
