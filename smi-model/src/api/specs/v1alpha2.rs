//! `specs.smi-spec.io/v1alpha2`: header conditions have come.
//!
//! ```yaml
//! # HTTPRouteGroup
//! matches:
//! - {name, pathRegex?, methods?: [method], headers?: {name: regex}}
//! # TCPRoute has nothing but a name, and covers every port
//! ```

use schemars::JsonSchema;
use serde::Serialize;

pub(in crate::api) use super::v1alpha1::tcp_route;
pub use super::{HttpMatch, v1alpha1::TcpRoute};
use super::{http_match, http_matches};
use crate::{
    api::{
        Resource,
        cursor::Object,
        metadata::metadata,
        shape::{Losses, ObjectMeta, Shape},
    },
    canonical,
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

impl Shape for HttpRouteGroup {
    type Canonical = canonical::HttpRouteGroup;

    fn of(group: &canonical::HttpRouteGroup, _: &mut Losses) -> Self {
        Self {
            metadata: ObjectMeta::of(&group.meta),
            matches: group.matches.iter().map(HttpMatch::of).collect(),
        }
    }
}

pub(in crate::api) fn http_route_group(object: &mut Object<'_>) -> Option<Resource> {
    let meta = metadata(object);
    let matches = object.required("matches", |it| http_matches(it, http_match));
    let group = canonical::HttpRouteGroup { meta: meta?, matches: matches? };
    Some(Resource::HttpRouteGroup(group))
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
        assert_eq!(only.path_regex.as_ref().unwrap().value, "/a");
        assert_eq!(only.methods.as_ref().unwrap()[0].value, "PATCH");
        assert_eq!(only.headers[0].value.value, "b");
    }
}
