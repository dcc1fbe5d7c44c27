//! `specs.smi-spec.io/v1alpha1`: everything stands at the top, and there are no
//! header conditions.
//!
//! ```yaml
//! # HTTPRouteGroup
//! matches:
//! - {name, pathRegex?, methods?: [method]}
//! # TCPRoute has nothing but a name, and covers every port
//! ```

use super::{http_matches, methods};
use crate::{
    api::{
        Resource, cursor::Object, expression::expression, metadata::metadata, values::filled_text,
    },
    canonical::{HttpMatch, HttpRouteGroup, L4Route},
};

pub(in crate::api) fn http_route_group(object: &mut Object<'_>) -> Option<Resource> {
    let meta = metadata(object);
    let matches = object.required("matches", |it| http_matches(it, http_match));
    Some(Resource::HttpRouteGroup(HttpRouteGroup { meta: meta?, matches: matches? }))
}

fn http_match(fields: &mut Object<'_>) -> Option<HttpMatch> {
    fields.mistakes(&["headers"], "`headers` have come with `specs.smi-spec.io/v1alpha2`");
    let name = fields.required("name", filled_text);
    let path_regex = fields.optional("pathRegex", expression);
    let methods = fields.optional("methods", methods);
    Some(HttpMatch {
        name: name?,
        path_regex: path_regex?,
        methods: methods?,
        headers: Vec::new(),
        span: fields.span(),
    })
}

pub(in crate::api) fn tcp_route(object: &mut Object<'_>) -> Option<Resource> {
    Some(Resource::TcpRoute(L4Route { meta: metadata(object)?, ports: Vec::new() }))
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
        assert_eq!(first.path_regex.as_ref().unwrap().value.as_str(), "/a");
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
