//! `split.smi-spec.io/v1alpha3`: a split can be limited to the requests that
//! HTTPRouteGroups cover.
//!
//! ```yaml
//! spec:
//!   service: name
//!   backends:
//!   - {service, weight: number}
//!   matches?:
//!   - {apiGroup?: specs.smi-spec.io, kind: HTTPRouteGroup, name}
//! ```

use schemars::JsonSchema;
use serde::Serialize;

pub use super::Backend;
use super::{SPLIT_FIELDS, backends, whole_weight};
use crate::{
    api::{
        Resource, SPECS,
        cursor::{Object, Value},
        metadata::{metadata, spec},
        schema,
        shape::{Losses, ObjectMeta, Shape},
        values::{object_name, one_of, service_name},
    },
    canonical,
    source::Spanned,
};

/// Shares the requests for a root Service among backends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TrafficSplit {
    /// Name and namespace.
    pub metadata: ObjectMeta,
    /// What is shared among whom.
    pub spec: TrafficSplitSpec,
}

/// The root and its backends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TrafficSplitSpec {
    /// The root: the Service that clients call.
    #[schemars(schema_with = "schema::service_name")]
    pub service: String,
    /// The Services that receive the requests.
    #[schemars(length(min = 1))]
    pub backends: Vec<Backend>,
    /// Which requests are shared: those of any of these groups, or all when
    /// absent. The others go to the root.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default, length(min = 1))]
    pub matches: Vec<GroupRef>,
}

/// A reference to an HTTPRouteGroup of the same namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct GroupRef {
    /// `specs.smi-spec.io`, when it is written.
    #[serde(rename = "apiGroup", skip_serializing_if = "Option::is_none")]
    #[schemars(default, schema_with = "schema::specs_group")]
    pub api_group: Option<String>,
    /// The kind of the group.
    pub kind: HttpRouteGroup,
    /// Its name.
    #[schemars(schema_with = "schema::object_name")]
    pub name: String,
}

/// The kind of groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub enum HttpRouteGroup {
    /// An HTTPRouteGroup.
    HTTPRouteGroup,
}

impl Shape for TrafficSplit {
    type Canonical = canonical::TrafficSplit;

    fn of(split: &canonical::TrafficSplit, _: &mut Losses) -> Self {
        let group = |name: &Spanned<String>| GroupRef {
            api_group: None,
            kind: HttpRouteGroup::HTTPRouteGroup,
            name: name.value.clone(),
        };
        let spec = TrafficSplitSpec {
            service: split.service.value.clone(),
            backends: split.backends.iter().map(Backend::of).collect(),
            matches: split.matches.iter().map(group).collect(),
        };
        Self { metadata: ObjectMeta::of(&split.meta), spec }
    }
}

const NO_MATCHES: &str = "remove `matches` if all requests are to be shared";

pub(in crate::api) fn traffic_split(object: &mut Object<'_>) -> Option<Resource> {
    let meta = metadata(object);
    let spec = spec(object, SPLIT_FIELDS, |spec| {
        let service = spec.required("service", service_name);
        let backends = spec.required("backends", |it| backends(it, whole_weight));
        let matches = spec.optional("matches", matches);
        Some((service?, backends?, matches?))
    });
    let (service, backends, matches) = spec?;
    let (meta, matches) = (meta?, matches.unwrap_or_default());
    Some(Resource::TrafficSplit(canonical::TrafficSplit { meta, service, backends, matches }))
}

fn matches(value: Value<'_>) -> Option<Vec<Spanned<String>>> {
    value.filled_list(NO_MATCHES, |item| item.object(route_group))
}

fn route_group(fields: &mut Object<'_>) -> Option<Spanned<String>> {
    let group = fields.optional("apiGroup", |group| one_of(group, &[(SPECS, ())]));
    let kind = fields.required("kind", |kind| one_of(kind, &[("HTTPRouteGroup", ())]));
    let name = fields.required("name", object_name);
    group.and(kind)?;
    name
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    const SPLIT: &str = "\
apiVersion: split.smi-spec.io/v1alpha3
kind: TrafficSplit
metadata: {name: t}
spec:
  service: web
  matches:
  - {kind: HTTPRouteGroup, name: g, apiGroup: specs.smi-spec.io}
  - {kind: HTTPRouteGroup, name: h}
  backends:
  - {service: web-v1, weight: 1}
";

    #[test]
    fn every_field_is_kept() {
        for version in ["v1alpha3", "v1alpha4"] {
            let split = accept(&SPLIT.replace("v1alpha3", version)).traffic_splits.remove(0);
            let groups: Vec<_> = split.matches.iter().map(|group| group.value.as_str()).collect();
            assert_eq!(groups, ["g", "h"]);
            assert_eq!((split.service.value.as_str(), split.backends.len()), ("web", 1));
        }
    }

    #[test]
    fn matches_name_http_route_groups() {
        assert_eq!(
            reject(&SPLIT.replace("Group, name: h", "s, nam: h")),
            [
                "SMI215 8:12 `spec.matches[1].kind` cannot be `HTTPRoutes`",
                "SMI206 8:24 `spec.matches[1]` has no field `nam`",
            ]
        );
    }
}
