//! `specs.smi-spec.io/v1alpha4`: TCPRoute has got ports, and UDPRoute has come.
//!
//! ```yaml
//! # HTTPRouteGroup
//! spec:
//!   matches:
//!   - {name, pathRegex?, methods?: [method], headers?: {name: regex}}
//! # TCPRoute, UDPRoute
//! spec:
//!   matches: {name?, ports?: [port]}
//! ```

use schemars::JsonSchema;
use serde::Serialize;

pub(in crate::api) use super::v1alpha3::http_route_group;
pub use super::{
    HttpMatch,
    v1alpha3::{HttpRouteGroup, HttpRouteGroupSpec},
};
use crate::{
    api::{
        Resource,
        cursor::Object,
        metadata::{metadata, spec},
        schema,
        shape::{Losses, ObjectMeta, Shape, plain},
        values::port,
    },
    canonical,
    source::Spanned,
};

/// Connections (TCPRoute) or datagrams (UDPRoute) to some ports or to all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct L4Route {
    /// Name and namespace.
    pub metadata: ObjectMeta,
    /// Which ports.
    pub spec: L4RouteSpec,
}

/// The conditions of a TCPRoute or UDPRoute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct L4RouteSpec {
    /// The only match that there is.
    pub matches: L4Match,
}

/// The ports of a TCPRoute or UDPRoute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct L4Match {
    /// A name, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default, with = "String")]
    pub name: Option<String>,
    /// Ports of the destination; every port when absent or empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default, schema_with = "schema::ports")]
    pub ports: Vec<u16>,
}

impl Shape for L4Route {
    type Canonical = canonical::L4Route;

    fn of(route: &canonical::L4Route, _: &mut Losses) -> Self {
        let name = route.match_name.as_ref().map(|name| name.value.clone());
        let matches = L4Match { name, ports: plain(&route.ports) };
        Self { metadata: ObjectMeta::of(&route.meta), spec: L4RouteSpec { matches } }
    }
}

pub(in crate::api) fn tcp_route(object: &mut Object<'_>) -> Option<Resource> {
    l4_route(object).map(Resource::TcpRoute)
}

pub(in crate::api) fn udp_route(object: &mut Object<'_>) -> Option<Resource> {
    l4_route(object).map(Resource::UdpRoute)
}

fn l4_route(object: &mut Object<'_>) -> Option<canonical::L4Route> {
    let meta = metadata(object);
    let matches = spec(object, &[("matches", "matches")], |spec| {
        spec.required("matches", |matches| matches.object(l4_match))
    });
    let (match_name, ports) = matches?;
    Some(canonical::L4Route { meta: meta?, match_name, ports })
}

/// A name, and ports.
type Match = (Option<Spanned<String>>, Vec<Spanned<u16>>);

/// Absent ports and an empty list both mean every port.
fn l4_match(matches: &mut Object<'_>) -> Option<Match> {
    let name = matches.optional("name", |name| name.text());
    let ports = matches.optional("ports", |ports| ports.list(port));
    Some((name?, ports?.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    const ROUTE: &str = "\
apiVersion: specs.smi-spec.io/v1alpha4
kind: TCPRoute
metadata: {name: r}
spec:
  matches:
    name: any-name
    ports: [80, 65535]
";

    #[test]
    fn every_field_is_kept() {
        let ports = |bundle: &[crate::canonical::L4Route]| -> Vec<u16> {
            bundle[0].ports.iter().map(|port| port.value).collect()
        };
        assert_eq!(ports(&accept(ROUTE).tcp_routes), [80, 65535]);
        assert_eq!(ports(&accept(&ROUTE.replace("TCP", "UDP")).udp_routes), [80, 65535]);
        assert_eq!(ports(&accept(&ROUTE.replace("80, 65535", "")).tcp_routes), [0; 0]);
    }

    #[test]
    fn ports_are_ports() {
        assert_eq!(
            reject(&ROUTE.replace("80, 65535", "0, 65536, '80', 0x50, http, ~")),
            [
                "SMI213 7:13 `0` is not a port",
                "SMI213 7:16 `65536` is not a port",
                "SMI208 7:24 `spec.matches.ports[2]` must be a whole number",
                "SMI212 7:29 `0x50` is not written as a plain decimal number",
                "SMI208 7:35 `spec.matches.ports[4]` must be a whole number",
                "SMI210 7:41 `spec.matches.ports[5]` has no value",
            ]
        );
    }

    #[test]
    fn matches_are_one_mapping() {
        assert_eq!(
            reject(&ROUTE.replace("    name: any-name\n    ports", "  - ports")),
            ["SMI208 5:3 `spec.matches` must be a mapping"]
        );
    }

    #[test]
    fn gateway_api_has_routes_of_its_own() {
        let other = ROUTE.replace("specs.smi-spec.io/v1alpha4", "gateway.networking.k8s.io/v1");
        assert!(accept(&other).tcp_routes.is_empty());
    }
}
