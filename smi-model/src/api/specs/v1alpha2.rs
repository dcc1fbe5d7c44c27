//! `specs.smi-spec.io/v1alpha2`: header conditions have come.
//!
//! ```yaml
//! # HTTPRouteGroup
//! matches:
//! - {name, pathRegex?, methods?: [method], headers?: {name: regex}}
//! # TCPRoute has nothing but a name, and covers every port
//! ```

pub(in crate::api) use super::v1alpha1::tcp_route;
use super::{http_match, http_matches};
use crate::{
    api::{Resource, cursor::Object, metadata::metadata},
    canonical::HttpRouteGroup,
};

pub(in crate::api) fn http_route_group(object: &mut Object<'_>) -> Option<Resource> {
    let meta = metadata(object);
    let matches = object.required("matches", |it| http_matches(it, http_match));
    Some(Resource::HttpRouteGroup(HttpRouteGroup { meta: meta?, matches: matches? }))
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn every_field_is_kept() {
        let bundle = accept(
            "apiVersion: specs.smi-spec.io/v1alpha2\nkind: HTTPRouteGroup\nmetadata: {name: g}\n\
             matches:\n- {name: m, pathRegex: /a, methods: [PATCH], headers: {x-a: b}}\n",
        );
        let only = &bundle.http_route_groups[0].matches[0];
        assert_eq!(only.path_regex.as_ref().unwrap().value.as_str(), "/a");
        assert_eq!(only.methods.as_ref().unwrap()[0].value, "PATCH");
        assert_eq!(only.headers[0].value.value.as_str(), "b");
    }
}
