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

use super::{destination_with_port, rules, sources};
use crate::{
    api::{Resource, cursor::Object, metadata::metadata},
    canonical::{RouteKind, TrafficTarget},
};

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
    Some(Resource::TrafficTarget(TrafficTarget { meta, destination, port, sources, rules }))
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
