//! Questions that cases lead to, and what came out of them.

use std::collections::BTreeMap;

use conformance::engine::{Answer, Decision, Enforcer, Engine, Oracle, Policies, Tables};
use conformance::request::{Bytes, Identity, Protocol, Request};
use decision_table::{Dialect, Mode};
use serde_json::Value;

/// What was answered as the cases say, and what was not.
#[derive(Default)]
pub(super) struct Answers {
    pub(super) asked: usize,
    /// What was answered otherwise, by case.
    pub(super) differing: BTreeMap<String, Vec<String>>,
    /// The case that is asked about now.
    case: String,
    /// What its host does with verdicts.
    mode: Mode,
}

/// Policies in force, in every engine.
pub(super) struct Loaded {
    dialect: Dialect,
    engines: Vec<(&'static str, Box<dyn Enforcer>)>,
}

impl Loaded {
    pub(super) fn new(dialect: Dialect, text: &str) -> Self {
        let policies = Policies::of(dialect, text);
        let engines: [&dyn Engine; 3] = [&Oracle, &Tables::OfWorkloads, &Tables::OfMesh];
        let load = |engine: &dyn Engine| (engine.name(), engine.load(&policies));
        Self { dialect, engines: engines.into_iter().map(load).collect() }
    }
}

impl Answers {
    pub(super) fn begin(&mut self, case: &Value) {
        self.case = case["id"].as_str().expect("cases have names").to_owned();
        let mode = case["context"]["mode"].as_str().map(str::parse);
        self.mode = mode.map_or_else(Mode::default, |mode| mode.expect("a mode"));
    }

    pub(super) fn decide(&mut self, loaded: &Loaded, request: &Request, expected: &Decision) {
        for (name, enforcer) in &loaded.engines {
            // A host that enforces nothing asks nobody.
            let asked = self.mode.decides().then(|| enforcer.decide(request));
            let decision = asked.unwrap_or(Decision::Allow);
            let agrees = decision.agrees_with(expected);
            let answer = || format!("{expected} is expected; {name}: {decision}; {request:?}");
            self.note(loaded.dialect, agrees, answer);
        }
    }

    /// That a request may pass, or not.
    pub(super) fn allows(&mut self, loaded: &Loaded, request: &Request, expected: bool) {
        let expected = if expected { Decision::Allow } else { Decision::Deny(None) };
        self.decide(loaded, request, &expected);
    }

    /// Where requests go. Engines that cannot tell are not asked.
    pub(super) fn share(
        &mut self,
        loaded: &Loaded,
        (namespace, service): (&str, &str),
        request: &Request,
        is_expected: impl Fn(&Answer) -> bool,
    ) {
        for (name, enforcer) in &loaded.engines {
            let Some(shares) = enforcer.shares(namespace, service, request) else { continue };
            let answer = || format!("{name}: {service} in {namespace} goes to {shares:?}");
            self.note(loaded.dialect, is_expected(&shares), answer);
        }
    }

    /// Whether an answer is the one that the case expects.
    pub(super) fn note(&mut self, dialect: Dialect, agrees: bool, answer: impl Fn() -> String) {
        self.asked += 1;
        if !agrees {
            let answer = format!("{dialect}: {}", answer());
            self.differing.entry(self.case.clone()).or_default().push(answer);
        }
    }

    pub(super) fn summary(&self) -> String {
        format!("{} answers, {} cases differ as listed", self.asked, self.differing.len())
    }
}

/// The dialects that a case is about.
pub(super) fn dialects(case: &Value) -> Vec<Dialect> {
    let named = case["dialect"].as_str().expect("cases name a dialect");
    match named {
        "any" => Dialect::ALL.to_vec(),
        // What OSM's tools say of OSM's policies.
        "osm-cli" => vec![Dialect::Osm],
        // A mesh of which we have no dialect is one reading of the specification.
        _ => vec![named.parse().unwrap_or(Dialect::Spec)],
    }
}

pub(super) fn policies(case: &Value) -> &str {
    case["policies"].as_str().unwrap_or_default()
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

pub(super) fn texts(value: &Value) -> Vec<&str> {
    list(value).iter().map(text).collect()
}

/// `account.namespace`, as OSM writes identities, perhaps with a trust domain.
pub(super) fn account(written: &str) -> Identity {
    let (name, rest) = written.split_once('.').expect("an account has a namespace");
    let namespace = rest.split('.').next().unwrap_or(rest);
    Identity::service_account(namespace, name)
}

/// A connection on which nothing is known yet.
pub(super) fn connection(source: Identity, destination: Identity) -> Request {
    Request {
        source: Some(source),
        destination,
        protocol: Protocol::Tcp,
        method: None,
        path: None,
        host: None,
        port: None,
        headers: Vec::new(),
    }
}

/// An HTTP request on a connection.
pub(super) fn http(connection: Request, method: &str, path: &str) -> Request {
    Request {
        protocol: Protocol::Http,
        method: Some(method.into()),
        path: Some(path.into()),
        ..connection
    }
}

/// With values that the expressions of `headers`, which are literals, describe.
pub(super) fn with_headers(mut request: Request, headers: &Value) -> Request {
    for (name, value) in headers.as_object().into_iter().flatten() {
        request.headers.push((name.clone(), Bytes::from(text(value))));
    }
    request
}

/// One group with one match, whose fields are given, and a target that opens it
/// to `client` of namespace `test` at `server`.
pub(super) fn policy_with_match(fields: &str) -> String {
    format!(
        "apiVersion: specs.smi-spec.io/v1alpha4\nkind: HTTPRouteGroup\n\
         metadata: {{name: group, namespace: test}}\nspec: {{matches: [{{name: one, {fields}}}]}}\n\
         ---\n{}",
        target("target", "client", "{kind: HTTPRouteGroup, name: group, matches: [one]}")
    )
}

/// A target in namespace `test` that lets `source` call `server`.
pub(super) fn target(name: &str, source: &str, rule: &str) -> String {
    format!(
        "apiVersion: access.smi-spec.io/v1alpha3\nkind: TrafficTarget\n\
         metadata: {{name: {name}, namespace: test}}\nspec:\n\
         \x20 destination: {{kind: ServiceAccount, name: server, namespace: test}}\n\
         \x20 sources: [{{kind: ServiceAccount, name: {source}, namespace: test}}]\n\
         \x20 rules: [{rule}]\n"
    )
}

/// A connection from `source` to `server`, both of namespace `test`.
pub(super) fn from(source: &str) -> Request {
    let account = |name| Identity::service_account("test", name);
    connection(account(source), account("server"))
}
