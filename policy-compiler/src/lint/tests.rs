//! Whether requests that findings show are what they are said to be: tables are
//! asked.

use decision_table::{Destination, Protocol, Request, Table};
use smi_model::canonical::Bundle;
use smi_model::source::{SourceMap, Span};

use super::claim::{Claim, Says};
use super::{Level, Levels};
use crate::example::Example;
use crate::identity::Names;
use crate::ir::{Condition, PolicySet, Rule};
use crate::{Dialect, Options, Scope, compile, resolve};

/// Policies with findings of every lint.
const POLICIES: [&str; 9] = [
    include_str!("../../tests/lints/block-scalar-pattern.yaml"),
    include_str!("../../tests/lints/comments.yaml"),
    include_str!("../../tests/lints/covered-rule.yaml"),
    include_str!("../../tests/lints/cross-namespace-source.yaml"),
    include_str!("../../tests/lints/dialect-dependent-rule.yaml"),
    include_str!("../../tests/lints/glob-pattern.yaml"),
    include_str!("../../tests/lints/grants-every-route.yaml"),
    include_str!("../../tests/lints/impossible-rule.yaml"),
    include_str!("../../tests/lints/open-ended-path.yaml"),
];

/// Expressions of which lints have something to say, and some of which they have not.
const EXPRESSIONS: [&str; 28] = [
    "/a",
    "/a$",
    "^/a",
    "^/a$",
    "a",
    "/a/",
    "/a.*",
    "/a(/.*)?",
    "/a|/b",
    "/a?b",
    "/v1.0/x",
    "/a.b",
    "/a*",
    "/a/*",
    "/*.b",
    "/a//b",
    "",
    ".*",
    "/[^/]+",
    "/[a-z]+[.]html",
    r"/a\b",
    "/a\\n",
    "A",
    "(?i)A",
    "a b",
    " a",
    "/a$b",
    "/é",
];

/// Policies as one of the tests wants them.
struct Given {
    sources: SourceMap,
    bundle: Bundle,
}

impl Given {
    fn new(text: &str) -> Self {
        let mut sources = SourceMap::new();
        sources.add("policies.yaml", text).unwrap();
        let read = smi_model::read(&sources, &smi_model::Limits::default());
        assert!(!read.has_errors(), "{:?}", read.diagnostics);
        Self { sources, bundle: read.value }
    }

    fn policies(&self, dialect: Dialect) -> PolicySet {
        resolve(&self.bundle, &Options { dialect, ..Options::default() }).value
    }

    /// Checks everything that lints say in a dialect; how much it was.
    fn check(&self, dialect: Dialect) -> usize {
        let policies = self.policies(dialect);
        let mut levels = Levels::default();
        levels.set("all", Level::Warn).unwrap();
        let found = super::found(&self.bundle, &policies, &self.sources, &levels);
        let claims = found.iter().flat_map(|finding| {
            let message = &finding.diagnostic.message;
            finding.claims.iter().map(move |claim| (message, claim))
        });
        claims
            .map(|(message, claim)| {
                assert!(self.holds(claim, &policies), "{dialect}: {message}: {}", claim.line());
            })
            .count()
    }

    fn holds(&self, claim: &Claim, policies: &PolicySet) -> bool {
        let Claim { request, passes, says } = claim;
        match says {
            Says::Rule(place) => self.rule_holds(*place, request, *passes, policies),
            Says::Both(one, other) => [one, other]
                .iter()
                .all(|place| self.rule_holds(**place, request, *passes, policies)),
            Says::Dialect(dialect, place) => {
                self.rule_holds(*place, request, *passes, &self.policies(*dialect))
            }
            Says::Policies { peer, destination, port } => {
                self.admits(policies, request, peer, destination, *port) == *passes
            }
        }
    }

    /// Whether all rules that are written at a place say this about a request.
    fn rule_holds(
        &self,
        place: Span,
        request: &Example,
        passes: bool,
        policies: &PolicySet,
    ) -> bool {
        let is_http = |rule: &&Rule| matches!(rule.condition, Condition::Http(_));
        let rules = policies.rules.iter().filter(|rule| rule.span == place).filter(is_http);
        let alone = |rule: &Rule| {
            let rules = vec![rule.clone()];
            let options = policies.options.clone();
            PolicySet::new(options, rules, Vec::new(), Default::default(), Names::default())
        };
        let mut rules = rules.map(|rule| {
            let Rule { destination, sources, ports, .. } = rule;
            let port = ports.as_ref().and_then(|ports| ports.first()).copied();
            let peer = sources.iter().next().unwrap();
            self.admits(&alone(rule), request, peer, destination, port)
        });
        rules.all(|admits| admits == passes)
    }

    fn admits(
        &self,
        policies: &PolicySet,
        example: &Example,
        peer: &str,
        destination: &str,
        port: Option<u16>,
    ) -> bool {
        let table = compile(policies, &self.sources, Scope::Mesh).value.unwrap();
        let table = Table::from_bytes(table).unwrap();
        let headers = example.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let headers: Vec<(&str, &str)> = headers.collect();
        let verdict = table.decide(&Request {
            protocol: Protocol::Http,
            peer: Some(peer.as_bytes()),
            destination: Destination::Workload(destination.as_bytes()),
            port,
            method: Some(example.method.as_bytes()),
            path: Some(example.path.as_bytes()),
            authority: example.host.as_deref().map(str::as_bytes),
            headers: &headers.as_slice(),
        });
        matches!(verdict, decision_table::Verdict::Allowed(_))
    }
}

#[test]
fn what_findings_say_of_requests_is_true() {
    for text in POLICIES {
        let given = Given::new(text);
        let said: usize = Dialect::ALL.into_iter().map(|dialect| given.check(dialect)).sum();
        assert!(said > 0, "{text}");
    }
}

/// Pairs of expressions as the path and as a header or the host of a match: each
/// expression in both places.
#[test]
fn what_findings_say_is_true_of_any_expressions() {
    let mut said = 0;
    for (number, path) in EXPRESSIONS.iter().enumerate() {
        let name = if number % 2 == 0 { "host" } else { "client-app" };
        let matches: String = EXPRESSIONS
            .iter()
            .enumerate()
            .filter(|(index, _)| (index + number) % 7 == 0)
            .map(|(index, value)| {
                format!(
                    "  - name: m{index}\n    pathRegex: {}\n    methods: [GET]\n    headers: [{{{name}: {}}}]\n",
                    serde_json::to_string(path).unwrap(),
                    serde_json::to_string(value).unwrap()
                )
            })
            .collect();
        let given = Given::new(&format!("{HEAD}{matches}{TARGET}"));
        for dialect in Dialect::ALL {
            said += given.check(dialect);
        }
    }
    assert!(said > 500, "only {said}");
}

const HEAD: &str = "apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: {name: routes, namespace: shop}
spec:
  matches:
";

const TARGET: &str = "---
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: {name: store, namespace: shop}
spec:
  destination: {kind: ServiceAccount, name: store, namespace: shop}
  sources: [{kind: ServiceAccount, name: buyer, namespace: shop}]
  rules: [{kind: HTTPRouteGroup, name: routes}]
";
