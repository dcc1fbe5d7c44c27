//! Why a request is allowed or denied: which rules allow it, or what exactly the
//! nearest ones miss.
//!
//! A table answers at once and names one rule. Here all rules of the workload are
//! asked one after the other, which is slow, and which tells everything: it is for
//! people, and, because it decides by other means than the table, for tests.

mod missing;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use decision_table::{Protocol, Request, normalise};
use serde::Serialize;
use smi_model::source::SourceMap;

pub use self::missing::{Missing, Stop};
use crate::automata::{Dfa, Domain, Pattern, automaton};
use crate::ir::{Condition, HttpCondition, PolicySet, Rule};
use crate::query::RuleName;

/// How many of the nearest rules are told.
const MOST_NEAR: usize = 3;

/// Explains decisions about the workloads of some policies.
#[derive(Debug)]
pub struct Explainer<'a> {
    policies: &'a PolicySet,
    sources: &'a SourceMap,
    known: Known,
}

/// The automata of patterns that explainers were asked about, which they can share.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// None for a pattern that is too large.
    automata: Rc<RefCell<HashMap<Pattern, Option<Dfa>>>>,
}

/// Why a request is allowed or denied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// All rules that allow it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_by: Vec<RuleName>,
    /// Of those that do not, the ones that miss the least.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub near: Vec<Near>,
    /// The byte of the path from which on it is not canonical, so that no rule is
    /// asked about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_canonical_at: Option<usize>,
}

/// A rule that does not allow a request, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Near {
    /// The rule.
    #[serde(flatten)]
    pub rule: RuleName,
    /// All that it misses, in the order in which tables look.
    pub missing: Vec<Missing>,
}

impl<'a> Explainer<'a> {
    /// `sources` are the texts that the policies were read from.
    #[must_use]
    pub fn new(policies: &'a PolicySet, sources: &'a SourceMap) -> Self {
        Self { policies, sources, known: Known::default() }
    }

    /// The same, with what other explainers of policies with the same limits know.
    #[must_use]
    pub fn knowing(self, known: &Known) -> Self {
        Self { known: known.clone(), ..self }
    }

    /// Explains what becomes of a request to a workload, by any of its identities.
    /// Of a request that is none, there is nothing to tell.
    #[must_use]
    pub fn explain(&self, workload: &str, request: &Request<'_>) -> Explanation {
        let peer = request.peer.and_then(|peer| std::str::from_utf8(peer).ok());
        let path = request.path.unwrap_or_default();
        if request.protocol == Protocol::Http && decision_table::path::canonical(path).is_none() {
            let not_canonical_at = Some(Domain::Path.stops_at(path));
            return Explanation { not_canonical_at, ..Explanation::default() };
        }
        if request.protocol == Protocol::Http && request.method.is_none_or(<[u8]>::is_empty) {
            return Explanation::default();
        }
        let mut allowed_by = Vec::new();
        let mut near: Vec<(&Rule, Vec<Missing>)> = Vec::new();
        for rule in self.policies.rules_of(Some(workload)) {
            let missing = self.missing(rule, peer, request);
            if missing.is_empty() {
                allowed_by.push(self.name(rule));
            } else {
                near.push((rule, missing));
            }
        }
        if !allowed_by.is_empty() {
            return Explanation { allowed_by, ..Explanation::default() };
        }
        near.sort_by_key(|(_, missing)| missing::distance(missing));
        let near = near.into_iter().take(MOST_NEAR);
        let near = near.map(|(rule, missing)| Near { rule: self.name(rule), missing });
        Explanation { near: near.collect(), ..Explanation::default() }
    }

    fn name(&self, rule: &Rule) -> RuleName {
        let place = self.sources.locate(rule.span);
        RuleName {
            target: rule.target.to_string(),
            route: rule.route.to_string(),
            file: place.as_ref().map(|place| place.file.to_owned()).unwrap_or_default(),
            line: place.map_or(0, |place| place.line),
        }
    }

    fn missing(&self, rule: &Rule, peer: Option<&str>, request: &Request<'_>) -> Vec<Missing> {
        let mut missing = Vec::new();
        if !peer.is_some_and(|peer| rule.sources.contains(peer)) {
            missing.push(Missing::source(&rule.sources));
        }
        let wanted = match rule.condition {
            Condition::Http(_) => Protocol::Http,
            Condition::Tcp => Protocol::Tcp,
            Condition::Udp => Protocol::Udp,
        };
        if wanted != request.protocol {
            missing.push(Missing::Protocol { wanted: wanted.into() });
        }
        if let Some(ports) = &rule.ports
            && !request.port.is_some_and(|port| ports.contains(&port))
        {
            let wanted = ports.iter().copied().collect();
            missing.push(Missing::Port { wanted, found: request.port });
        }
        if let (Condition::Http(http), Protocol::Http) = (&rule.condition, request.protocol) {
            self.missing_of_http(http, request, &mut missing);
        }
        missing
    }

    fn missing_of_http(
        &self,
        http: &HttpCondition,
        request: &Request<'_>,
        missing: &mut Vec<Missing>,
    ) {
        if let Some(pattern) = &http.path {
            let path = decision_table::path::canonical(request.path.unwrap_or_default());
            if let Some(stops) = self.stops(pattern, path.unwrap_or_default()) {
                let expression = pattern.expression().to_owned();
                missing.push(Missing::Path { expression, stops });
            }
        }
        if let Some(methods) = &http.methods {
            let method = request.method.and_then(|method| std::str::from_utf8(method).ok());
            if !method.is_some_and(|method| methods.contains(method)) {
                missing.push(Missing::Method { wanted: methods.iter().cloned().collect() });
            }
        }
        if let Some(pattern) = &http.host {
            let host = request.authority.and_then(normalise::host).map(<[u8]>::to_ascii_lowercase);
            let stops = host.as_ref().map(|host| self.stops(pattern, host));
            if stops != Some(None) {
                missing.push(Missing::Host {
                    expression: pattern.expression().to_owned(),
                    found: host.map(|host| String::from_utf8_lossy(&host).into_owned()),
                    stops: stops.flatten(),
                });
            }
        }
        for (name, pattern) in &http.headers {
            missing.extend(self.missing_header(name, pattern, request));
        }
    }

    /// All values have to match; the first that does not is told.
    fn missing_header(
        &self,
        name: &str,
        pattern: &Pattern,
        request: &Request<'_>,
    ) -> Option<Missing> {
        let mut is_there = false;
        let mut wrong: Option<(String, Stop)> = None;
        request.headers.visit(name.as_bytes(), &mut |value| {
            is_there = true;
            if let (None, Some(stops)) = (&wrong, self.stops(pattern, value)) {
                wrong = Some((String::from_utf8_lossy(value).into_owned(), stops));
            }
        });
        let (found, stops) = wrong.map_or((None, None), |(it, at)| (Some(it), Some(at)));
        (!is_there || found.is_some()).then(|| Missing::Header {
            name: name.to_owned(),
            expression: pattern.expression().to_owned(),
            found,
            stops,
        })
    }

    /// Where a text leaves all that a pattern matches; `None` when it matches.
    fn stops(&self, pattern: &Pattern, text: &[u8]) -> Option<Stop> {
        let mut known = self.known.automata.borrow_mut();
        let dfa = known.entry(pattern.clone()).or_insert_with(|| {
            automaton(&[pattern], self.policies.options.limits.automaton_bytes).ok()
        });
        // Without an automaton there is no table either, and nothing is allowed.
        let Some(dfa) = dfa else { return Some(Stop::AtByte(0)) };
        if let Err(error) = std::str::from_utf8(text) {
            return Some(Stop::AtByte(error.valid_up_to()));
        }
        let mut state = dfa.start;
        for (at, byte) in text.iter().enumerate() {
            state = dfa.next(state, *byte);
            if state == 0 {
                return Some(Stop::AtByte(at));
            }
        }
        dfa.patterns(state).is_empty().then_some(Stop::AtEnd)
    }
}

#[cfg(test)]
mod tests {
    use decision_table::{Destination, NoHeaders};

    use super::*;
    use crate::{Options, resolve};

    const POLICIES: &str = "\
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: {name: books, namespace: shop}
spec:
  matches:
  - {name: read, pathRegex: '/books/[0-9]+', methods: [GET]}
  - name: buy
    pathRegex: /buy
    methods: [POST]
    headers: {x-user: 'u.*', host: shop.example}
---
apiVersion: specs.smi-spec.io/v1alpha4
kind: TCPRoute
metadata: {name: web, namespace: shop}
spec: {matches: {ports: [80]}}
---
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: {name: buyers, namespace: shop}
spec:
  destination: {kind: ServiceAccount, name: store}
  sources: [{kind: ServiceAccount, name: buyer}]
  rules: [{kind: HTTPRouteGroup, name: books}, {kind: TCPRoute, name: web}]
";

    fn explain(change: impl Fn(&mut Request<'_>)) -> Explanation {
        let mut sources = SourceMap::new();
        sources.add("policies.yaml", POLICIES).unwrap();
        let read = smi_model::read(&sources, &smi_model::Limits::default());
        let policies = resolve(&read.value, &Options::default());
        assert_eq!((read.diagnostics, policies.diagnostics), (vec![], vec![]));
        let mut request = Request {
            protocol: Protocol::Http,
            peer: Some(b"spiffe://cluster.local/ns/shop/sa/buyer"),
            destination: Destination::OfTable,
            port: Some(80),
            method: Some(b"GET"),
            path: Some(b"/books/7"),
            authority: Some(b"Shop.example:80"),
            headers: &NoHeaders,
        };
        change(&mut request);
        let explainer = Explainer::new(&policies.value, &sources);
        explainer.explain("spiffe://cluster.local/ns/shop/sa/store", &request)
    }

    /// The match of the nearest rule, and what it misses, in words.
    fn nearest(change: impl Fn(&mut Request<'_>)) -> (String, Vec<String>) {
        let near = explain(change).near;
        let near = near.first().expect("a rule is near");
        let route = near.rule.route.rsplit_once('#').map_or("", |(_, name)| name).to_owned();
        (route, near.missing.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn what_allows_is_named_with_its_place() {
        let explanation = explain(|_| {});
        let [rule] = explanation.allowed_by.as_slice() else { panic!("{explanation:?}") };
        assert_eq!((rule.route.as_str(), rule.line), ("shop/books#read", 6));
        assert!(explanation.near.is_empty());
    }

    #[test]
    fn a_path_is_left_at_a_byte() {
        let (rule, missing) = nearest(|request| request.path = Some(b"/books/new"));
        assert_eq!(rule, "read");
        assert_eq!(missing, ["the path leaves `/books/[0-9]+` at byte 7"]);
        let (_, missing) = nearest(|request| request.path = Some(b"/books/"));
        assert_eq!(missing, ["the path ends before `/books/[0-9]+` is complete"]);
    }

    #[test]
    fn everything_that_is_missing_is_told() {
        let (rule, missing) = nearest(|request| {
            request.path = Some(b"/buy");
            request.method = Some(b"PUT");
            request.port = Some(8080);
            request.authority = Some(b"other.example");
        });
        assert_eq!(rule, "buy");
        assert_eq!(
            missing,
            [
                "port 8080 is not 80",
                "the method is not POST",
                "the host `other.example` leaves `shop.example` at byte 0",
                "there is no header `x-user`, which has to match `u.*`",
            ]
        );
    }

    #[test]
    fn every_value_of_a_header_is_looked_at() {
        let (_, missing) = nearest(|request| {
            request.path = Some(b"/buy");
            request.method = Some(b"POST");
            request.headers = &HEADERS;
        });
        assert_eq!(missing, ["the value `guest` of header `x-user` leaves `u.*` at byte 0"]);
    }

    const HEADERS: [(&str, &str); 2] = [("x-user", "u1"), ("X-User", "guest")];

    #[test]
    fn strangers_are_told_who_may_call() {
        let (_, missing) =
            nearest(|request| request.peer = Some(b"spiffe://cluster.local/ns/a/sa/b"));
        let expected = "only `spiffe://cluster.local/ns/shop/sa/buyer` may call";
        assert_eq!(missing.first().map(String::as_str), Some(expected));
        let (_, missing) = nearest(|request| request.protocol = Protocol::Udp);
        assert_eq!(missing, ["it is not HTTP"]);
    }

    #[test]
    fn a_path_that_is_not_canonical_is_pointed_at() {
        let explanation = explain(|request| request.path = Some(b"/books/../7"));
        assert_eq!(explanation.not_canonical_at, Some(9));
        let explanation = explain(|request| request.path = Some(b"/a%2fb"));
        assert_eq!(explanation.not_canonical_at, Some(4));
    }
}
