//! `access.smi-spec.io/v1alpha3`: ports have moved into routes, and UDPRoute
//! has come.
//!
//! ```yaml
//! spec:
//!   destination: {kind: ServiceAccount, name, namespace?}
//!   sources:
//!   - {kind: ServiceAccount, name, namespace?}
//!   rules:
//!   - {kind: HTTPRouteGroup | TCPRoute | UDPRoute, name, matches?: [name]}
//! ```

use schemars::JsonSchema;
use serde::Serialize;

use super::{Rule, Subject, TARGET_FIELDS, lose_bindings, rules, sources, subject};
use crate::{
    api::{
        Resource,
        cursor::Object,
        metadata::{metadata, spec},
        shape::{Losses, ObjectMeta, Shape},
    },
    canonical::{self, RouteKind},
};

/// Lets its sources call its destination on the routes of its rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TrafficTarget {
    /// Name and namespace.
    pub metadata: ObjectMeta,
    /// Who may call whom on which routes.
    pub spec: TrafficTargetSpec,
}

/// What a TrafficTarget allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TrafficTargetSpec {
    /// Who is called.
    pub destination: Subject,
    /// Who calls.
    #[schemars(length(min = 1))]
    pub sources: Vec<Subject>,
    /// On which routes. TCPRoutes limit the HTTPRouteGroups beside them to their
    /// ports.
    #[schemars(length(min = 1))]
    pub rules: Vec<Rule<RuleKind>>,
}

/// The kinds of routes of `specs.smi-spec.io/v1alpha4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub enum RuleKind {
    /// HTTP requests.
    HTTPRouteGroup,
    /// TCP connections.
    TCPRoute,
    /// UDP datagrams.
    UDPRoute,
}

impl Shape for TrafficTarget {
    type Canonical = canonical::TrafficTarget;

    fn of(target: &canonical::TrafficTarget, losses: &mut Losses) -> Self {
        lose_bindings(target, losses);
        if let Some(port) = &target.port {
            losses.add(port.span, "the port of a destination");
        }
        let spec = TrafficTargetSpec {
            destination: Subject::of(&target.destination),
            sources: target.sources.iter().map(Subject::of).collect(),
            rules: target.rules.iter().map(|it| Rule::of(it, RuleKind::of(it.kind))).collect(),
        };
        Self { metadata: ObjectMeta::of(&target.meta), spec }
    }
}

impl RuleKind {
    pub(super) const fn of(kind: RouteKind) -> Self {
        match kind {
            RouteKind::Http => Self::HTTPRouteGroup,
            RouteKind::Tcp => Self::TCPRoute,
            RouteKind::Udp => Self::UDPRoute,
        }
    }
}

/// The routes of `specs.smi-spec.io/v1alpha4`.
pub(super) const RULE_KINDS: [(&str, RouteKind); 3] = [
    ("HTTPRouteGroup", RouteKind::Http),
    ("TCPRoute", RouteKind::Tcp),
    ("UDPRoute", RouteKind::Udp),
];

pub(in crate::api) fn traffic_target(object: &mut Object<'_>) -> Option<Resource> {
    let meta = metadata(object);
    let spec = spec(object, TARGET_FIELDS, |spec| {
        let destination = spec.required("destination", |it| it.object(destination));
        let sources = spec.required("sources", sources);
        let rules = spec.required("rules", |it| rules(it, &RULE_KINDS));
        Some((destination?, sources?, rules?))
    });
    let (destination, sources, rules) = spec?;
    let (meta, port) = (meta?, None);
    let target = canonical::TrafficTarget { meta, destination, port, sources, rules };
    Some(Resource::TrafficTarget(target))
}

fn destination(fields: &mut Object<'_>) -> Option<canonical::Subject> {
    fields.mistakes(["port"], "since v1alpha3, a TCPRoute among the rules says which ports");
    subject(fields)
}

#[cfg(test)]
mod tests {
    use crate::{canonical::RouteKind, testing::*};

    const TARGET: &str = "\
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata:
  name: t
  namespace: ns
  labels: {anything: goes}
spec:
  destination:
    kind: ServiceAccount
    name: d
    namespace: ns
  sources:
  - kind: ServiceAccount
    name: s
    namespace: m
  rules:
  - kind: HTTPRouteGroup
    name: g
  - kind: UDPRoute
    name: u
";

    #[test]
    fn every_field_is_kept() {
        let target = accept(TARGET).traffic_targets.remove(0);
        assert_eq!(target.meta.qualified_name(), "ns/t");
        assert_eq!(target.port, None);
        assert_eq!(target.sources[0].namespace.as_ref().unwrap().value, "m");
        assert_eq!(target.rules[0].matches, None);
        assert_eq!(target.rules[1].kind, RouteKind::Udp);
    }

    #[test]
    fn a_port_is_of_an_earlier_version() {
        let with_port = TARGET.replace("name: d", "port: 80\n    name: d");
        let errors = reject(&with_port);
        assert_eq!(errors, ["SMI206 10:5 `spec.destination` has no field `port`"]);
    }

    #[test]
    fn nothing_may_be_empty() {
        let empty = TARGET.split_inclusive('\n').take(11).collect::<String>();
        assert_eq!(
            reject(&format!("{empty}  sources: []\n  rules: []\n")),
            ["SMI211 12:3 `spec.sources` is empty", "SMI211 13:3 `spec.rules` is empty"]
        );
        assert_eq!(
            reject(&empty),
            ["SMI207 7:1 `spec` has no `rules`", "SMI207 7:1 `spec` has no `sources`"]
        );
        assert_eq!(
            reject(&TARGET.replace("name: g", "name: g\n    matches: []")),
            ["SMI211 19:5 `spec.rules[0].matches` is empty"]
        );
    }

    #[test]
    fn all_mistakes_are_reported_and_the_target_grants_nothing() {
        let findings =
            read(&TARGET.replace("ServiceAccount", "Group").replace("name: s", "nam: s"));
        assert_eq!(findings.diagnostics.len(), 3);
        assert!(findings.value.traffic_targets.is_empty());
        let broken = &findings.value.broken[0];
        assert_eq!(broken.kind, "TrafficTarget");
        assert_eq!((broken.namespace.as_str(), broken.name.as_deref()), ("ns", Some("t")));
    }
}
