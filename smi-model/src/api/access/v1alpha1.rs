//! `access.smi-spec.io/v1alpha1`: everything stands at the top, and rules are
//! called `specs`.
//!
//! ```yaml
//! destination: {kind: ServiceAccount, name, namespace?, port?}
//! sources:
//! - {kind: ServiceAccount, name, namespace?}
//! specs:
//! - {kind: HTTPRouteGroup | TCPRoute, name, matches?: [name]}
//! ```

use schemars::JsonSchema;
use serde::Serialize;

use super::{PortedSubject, Rule, Subject, destination_with_port, lose_bindings, rules, sources};
use crate::{
    api::{
        Resource,
        cursor::Object,
        metadata::metadata,
        shape::{Losses, ObjectMeta, Shape},
    },
    canonical::{self, RouteKind, RuleRef},
};

/// Lets its sources call its destination on the routes of its rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TrafficTarget {
    /// Name and namespace.
    pub metadata: ObjectMeta,
    /// Who is called.
    pub destination: PortedSubject,
    /// Who calls.
    #[schemars(length(min = 1))]
    pub sources: Vec<Subject>,
    /// On which routes.
    #[schemars(length(min = 1))]
    pub specs: Vec<Rule<RuleKind>>,
}

/// The kinds of routes of `specs.smi-spec.io/v1alpha1` to v1alpha3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub enum RuleKind {
    /// HTTP requests.
    HTTPRouteGroup,
    /// TCP connections.
    TCPRoute,
}

impl Shape for TrafficTarget {
    type Canonical = canonical::TrafficTarget;

    fn of(target: &canonical::TrafficTarget, losses: &mut Losses) -> Self {
        lose_bindings(target, losses);
        let port = target.port.as_ref();
        Self {
            metadata: ObjectMeta::of(&target.meta),
            destination: Subject::of(&target.destination).with_port(port),
            sources: target.sources.iter().map(Subject::of).collect(),
            specs: RuleKind::rules(&target.rules, losses),
        }
    }
}

impl RuleKind {
    /// The rules, as far as this version knows their kinds.
    pub(super) fn rules(rules: &[RuleRef], losses: &mut Losses) -> Vec<Rule<Self>> {
        let rules = rules.iter().filter_map(|rule| {
            let kind = match rule.kind {
                RouteKind::Http => Self::HTTPRouteGroup,
                RouteKind::Tcp => Self::TCPRoute,
                RouteKind::Udp => {
                    losses.add(rule.span, "a rule that refers to a UDPRoute");
                    return None;
                }
            };
            Some(Rule::of(rule, kind))
        });
        rules.collect()
    }
}

/// The routes of `specs.smi-spec.io/v1alpha1` to v1alpha3.
pub(super) const RULE_KINDS: [(&str, RouteKind); 2] =
    [("HTTPRouteGroup", RouteKind::Http), ("TCPRoute", RouteKind::Tcp)];

pub(in crate::api) fn traffic_target(object: &mut Object<'_>) -> Option<Resource> {
    let meta = metadata(object);
    let destination = object.required("destination", |it| it.object(destination_with_port));
    let sources = object.required("sources", sources);
    let rules = object.required("specs", |it| rules(it, &RULE_KINDS));
    let (destination, port) = destination?;
    let (meta, sources, rules) = (meta?, sources?, rules?);
    let target = canonical::TrafficTarget { meta, destination, port, sources, rules };
    Some(Resource::TrafficTarget(target))
}

#[cfg(test)]
mod tests {
    use crate::{canonical::RouteKind, testing::*};

    const TARGET: &str = "\
apiVersion: access.smi-spec.io/v1alpha1
kind: TrafficTarget
metadata: {name: t, namespace: ns}
destination: {kind: ServiceAccount, name: d, namespace: ns, port: 8080}
sources:
- {kind: ServiceAccount, name: s}
specs:
- {kind: HTTPRouteGroup, name: g, matches: [m]}
- {kind: TCPRoute, name: r}
";

    #[test]
    fn every_field_is_kept() {
        let target = accept(TARGET).traffic_targets.remove(0);
        assert_eq!(target.meta.qualified_name(), "ns/t");
        assert_eq!(target.destination.name.value, "d");
        assert_eq!(target.port.unwrap().value, 8080);
        assert_eq!(target.sources[0].name.value, "s");
        assert_eq!(target.sources[0].namespace, None);
        assert_eq!(target.rules[0].matches.as_ref().unwrap()[0].value, "m");
        assert_eq!(target.rules[1].kind, RouteKind::Tcp);
    }

    #[test]
    fn udp_routes_are_of_a_later_version() {
        assert_eq!(
            reject(&TARGET.replace("TCPRoute", "UDPRoute")),
            ["SMI215 9:10 `specs[1].kind` cannot be `UDPRoute`"]
        );
    }
}
