//! `specs.smi-spec.io/v1alpha3`: everything has moved below `spec`.
//!
//! ```yaml
//! # HTTPRouteGroup
//! spec:
//!   matches:
//!   - {name, pathRegex?, methods?: [method], headers?: {name: regex}}
//! # TCPRoute: covers every port
//! spec?: {}
//! ```

use schemars::JsonSchema;
use serde::Serialize;

pub use super::HttpMatch;
use super::{http_match, http_matches, v1alpha1};
use crate::{
    api::{
        Resource,
        cursor::Object,
        metadata::{metadata, spec},
        shape::{Losses, ObjectMeta, Shape},
    },
    canonical::{self, L4Route},
};

/// Named matches over HTTP requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct HttpRouteGroup {
    /// Name and namespace.
    pub metadata: ObjectMeta,
    /// Which requests.
    pub spec: HttpRouteGroupSpec,
}

/// The matches of an HTTPRouteGroup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct HttpRouteGroupSpec {
    /// The matches, of which rules name some or all.
    #[schemars(length(min = 1))]
    pub matches: Vec<HttpMatch>,
}

/// Every TCP connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TcpRoute {
    /// Name and namespace.
    pub metadata: ObjectMeta,
    /// Nothing yet.
    #[schemars(default)]
    pub spec: TcpRouteSpec,
}

/// Nothing: ports came with v1alpha4.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TcpRouteSpec {}

impl Shape for HttpRouteGroup {
    type Canonical = canonical::HttpRouteGroup;

    fn of(group: &canonical::HttpRouteGroup, _: &mut Losses) -> Self {
        let matches = group.matches.iter().map(HttpMatch::of).collect();
        Self { metadata: ObjectMeta::of(&group.meta), spec: HttpRouteGroupSpec { matches } }
    }
}

impl Shape for TcpRoute {
    type Canonical = L4Route;

    fn of(route: &L4Route, losses: &mut Losses) -> Self {
        v1alpha1::report_ports(route, losses);
        Self { metadata: ObjectMeta::of(&route.meta), spec: TcpRouteSpec {} }
    }
}

pub(in crate::api) fn http_route_group(object: &mut Object<'_>) -> Option<Resource> {
    let meta = metadata(object);
    let matches = spec(object, &[("matches", "matches")], |spec| {
        spec.required("matches", |it| http_matches(it, http_match))
    });
    let group = canonical::HttpRouteGroup { meta: meta?, matches: matches? };
    Some(Resource::HttpRouteGroup(group))
}

pub(in crate::api) fn tcp_route(object: &mut Object<'_>) -> Option<Resource> {
    let meta = metadata(object);
    object.optional("spec", |spec| spec.object(nothing))?;
    Some(Resource::TcpRoute(L4Route::of_every_port(meta?)))
}

fn nothing(spec: &mut Object<'_>) -> Option<()> {
    spec.mistakes(["matches"], "ports have come with `specs.smi-spec.io/v1alpha4`");
    Some(())
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    const GROUP: &str = "\
apiVersion: specs.smi-spec.io/v1alpha3
kind: HTTPRouteGroup
metadata: {name: g, namespace: ns}
spec:
  matches:
  - name: m
    pathRegex: /a
    methods: [GET]
    headers:
    - User-Agent: .*Firefox.*
    - x-debug: 1
  - name: by-map
    headers: {User-Agent: .*, x-empty: ''}
";

    #[test]
    fn every_field_is_kept() {
        let group = accept(GROUP).http_route_groups.remove(0);
        let [listed, mapped] = group.matches.as_slice() else { panic!("{group:?}") };
        let header = |matched: &crate::canonical::HttpMatch, index: usize| {
            let header = &matched.headers[index];
            (header.name.value.clone(), header.value.value.clone())
        };
        assert_eq!(header(listed, 0), ("User-Agent".into(), ".*Firefox.*".into()));
        assert_eq!(header(listed, 1), ("x-debug".into(), "1".into()));
        assert_eq!(header(mapped, 1), ("x-empty".into(), String::new()));
    }

    #[test]
    fn one_condition_on_each_header() {
        assert_eq!(
            reject(&GROUP.replace("x-debug", "user-agent")),
            ["SMI217 11:7 two conditions on the header `user-agent` in one match"]
        );
        assert_eq!(
            reject(&GROUP.replace("    - x-debug", "      x-debug")),
            ["SMI208 11:7 `spec.matches[0].headers[0]` must have exactly one header"]
        );
        assert_eq!(
            reject(&GROUP.replace("x-debug", "\":path\"")),
            ["SMI216 11:8 `:path` is not the name of an HTTP header"]
        );
    }

    #[test]
    fn match_names_are_unique() {
        assert_eq!(
            reject(&GROUP.replace("by-map", "m")),
            ["SMI218 12:11 two matches of the group are named `m`"]
        );
    }

    #[test]
    fn methods_are_those_of_the_specification() {
        assert_eq!(
            reject(&GROUP.replace("[GET]", "[get, BREW]")),
            [
                "SMI215 8:15 `spec.matches[0].methods[0]` cannot be `get`",
                "SMI215 8:20 `spec.matches[0].methods[1]` cannot be `BREW`",
            ]
        );
    }

    #[test]
    fn a_tcp_route_covers_every_port() {
        let text = "apiVersion: specs.smi-spec.io/v1alpha3\nkind: TCPRoute\nmetadata: {name: r}\n";
        assert_eq!(accept(text).tcp_routes[0].ports, []);
        assert_eq!(accept(&format!("{text}spec: {{}}\n")).tcp_routes.len(), 1);
        assert_eq!(
            reject(&format!("{text}spec: {{matches: {{ports: [80]}}}}\n")),
            ["SMI206 4:8 `spec` has no field `matches`"]
        );
    }
}
