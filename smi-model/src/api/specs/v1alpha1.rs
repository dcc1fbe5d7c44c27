//! `specs.smi-spec.io/v1alpha1`: everything stands at the top, and there are no
//! header conditions.
//!
//! ```yaml
//! # HTTPRouteGroup
//! matches:
//! - {name, pathRegex?, methods?: [method]}
//! # TCPRoute has nothing but a name, and covers every port
//! ```

use schemars::JsonSchema;
use serde::Serialize;

use super::{http_matches, methods};
use crate::{
    api::{
        Resource,
        cursor::Object,
        metadata::metadata,
        schema,
        shape::{Losses, ObjectMeta, Shape, plain},
        values::filled_text,
    },
    canonical::{self, L4Route},
};

/// Named matches over HTTP requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct HttpRouteGroup {
    /// Name and namespace.
    pub metadata: ObjectMeta,
    /// The matches, of which rules name some or all.
    #[schemars(length(min = 1))]
    pub matches: Vec<HttpMatch>,
}

/// The requests that fulfil all of its conditions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct HttpMatch {
    /// Its name, unique in the group.
    #[schemars(length(min = 1))]
    pub name: String,
    /// A regular expression over the path; any path when absent.
    #[serde(rename = "pathRegex", skip_serializing_if = "Option::is_none")]
    #[schemars(default, with = "String")]
    pub path_regex: Option<String>,
    /// Methods, `*` for all of them; all when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default, schema_with = "schema::methods")]
    pub methods: Option<Vec<String>>,
}

/// Every TCP connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TcpRoute {
    /// Name and namespace.
    pub metadata: ObjectMeta,
}

impl Shape for HttpRouteGroup {
    type Canonical = canonical::HttpRouteGroup;

    fn of(group: &canonical::HttpRouteGroup, losses: &mut Losses) -> Self {
        let matches = group.matches.iter().map(|one| HttpMatch::of(one, losses));
        Self { matches: matches.collect(), metadata: ObjectMeta::of(&group.meta) }
    }
}

impl HttpMatch {
    fn of(one: &canonical::HttpMatch, losses: &mut Losses) -> Self {
        for header in &one.headers {
            losses
                .add(header.name.span, &format!("the condition on header `{}`", header.name.value));
        }
        let super::HttpMatch { name, path_regex, methods, .. } = super::HttpMatch::of(one);
        Self { name, path_regex, methods }
    }
}

impl Shape for TcpRoute {
    type Canonical = L4Route;

    fn of(route: &L4Route, losses: &mut Losses) -> Self {
        report_ports(route, losses);
        Self { metadata: ObjectMeta::of(&route.meta) }
    }
}

/// The versions before v1alpha4 cannot limit a TCPRoute to ports.
pub(super) fn report_ports(route: &L4Route, losses: &mut Losses) {
    if let Some(port) = route.ports.first() {
        let numbers: Vec<String> = plain(&route.ports).iter().map(u16::to_string).collect();
        let noun = if numbers.len() == 1 { "port" } else { "ports" };
        losses.add(port.span, &format!("its limitation to {noun} {}", numbers.join(", ")));
    }
    if let Some(name) = &route.match_name {
        losses.add(name.span, "a name of its matches");
    }
}

pub(in crate::api) fn http_route_group(object: &mut Object<'_>) -> Option<Resource> {
    let meta = metadata(object);
    let matches = object.required("matches", |it| http_matches(it, http_match));
    let group = canonical::HttpRouteGroup { meta: meta?, matches: matches? };
    Some(Resource::HttpRouteGroup(group))
}

fn http_match(fields: &mut Object<'_>) -> Option<canonical::HttpMatch> {
    fields.mistakes(["headers"], "`headers` have come with `specs.smi-spec.io/v1alpha2`");
    let name = fields.required("name", filled_text);
    let path_regex = fields.optional("pathRegex", |it| it.text());
    let methods = fields.optional("methods", methods);
    Some(canonical::HttpMatch {
        name: name?,
        path_regex: path_regex?,
        methods: methods?,
        headers: Vec::new(),
        span: fields.span(),
    })
}

pub(in crate::api) fn tcp_route(object: &mut Object<'_>) -> Option<Resource> {
    Some(Resource::TcpRoute(L4Route::of_every_port(metadata(object)?)))
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    const GROUP: &str = "\
apiVersion: specs.smi-spec.io/v1alpha1
kind: HTTPRouteGroup
metadata: {name: g}
matches:
- {name: m, pathRegex: /a, methods: [GET, '*']}
- {name: all}
";

    #[test]
    fn every_field_is_kept() {
        let group = accept(GROUP).http_route_groups.remove(0);
        let [first, second] = group.matches.as_slice() else { panic!("{group:?}") };
        assert_eq!(first.path_regex.as_ref().unwrap().value, "/a");
        assert_eq!(first.methods.as_ref().unwrap()[1].value, "*");
        assert_eq!((&second.path_regex, &second.methods), (&None, &None));
    }

    #[test]
    fn headers_are_of_a_later_version() {
        assert_eq!(
            reject(&GROUP.replace("{name: all}", "{name: all, headers: {a: b}}")),
            ["SMI206 6:15 `matches[1]` has no field `headers`"]
        );
    }

    #[test]
    fn a_tcp_route_covers_every_port() {
        let text = "apiVersion: specs.smi-spec.io/v1alpha1\nkind: TCPRoute\nmetadata: {name: r}\n";
        assert_eq!(accept(text).tcp_routes[0].ports, []);
        assert_eq!(
            reject(&format!("{text}spec: {{matches: {{ports: [80]}}}}\n")),
            ["SMI206 4:1 `TCPRoute` has no field `spec`"]
        );
    }
}
