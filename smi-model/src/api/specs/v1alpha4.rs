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

pub(in crate::api) use super::v1alpha3::http_route_group;
use crate::{
    api::{
        Resource,
        cursor::Object,
        metadata::{metadata, spec},
        values::port,
    },
    canonical::L4Route,
    source::Spanned,
};

pub(in crate::api) fn tcp_route(object: &mut Object<'_>) -> Option<Resource> {
    l4_route(object).map(Resource::TcpRoute)
}

pub(in crate::api) fn udp_route(object: &mut Object<'_>) -> Option<Resource> {
    l4_route(object).map(Resource::UdpRoute)
}

fn l4_route(object: &mut Object<'_>) -> Option<L4Route> {
    let meta = metadata(object);
    let ports = spec(object, &["matches"], |spec| {
        spec.required("matches", |matches| matches.object(ports))
    });
    Some(L4Route { meta: meta?, ports: ports? })
}

/// Absent ports and an empty list both mean every port.
fn ports(matches: &mut Object<'_>) -> Option<Vec<Spanned<u16>>> {
    let name = matches.optional("name", |name| name.text());
    let ports = matches.optional("ports", |ports| ports.list(port));
    name?;
    Some(ports?.unwrap_or_default())
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
