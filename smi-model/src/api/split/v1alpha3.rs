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

use super::{backends, whole_weight};
use crate::{
    api::{
        Resource, SPECS,
        cursor::{Object, Value},
        metadata::{metadata, spec},
        values::{object_name, one_of, service_name},
    },
    canonical::TrafficSplit,
    source::Spanned,
};

const NO_MATCHES: &str = "remove `matches` if all requests are to be shared";

pub(in crate::api) fn traffic_split(object: &mut Object<'_>) -> Option<Resource> {
    let meta = metadata(object);
    let spec = spec(object, &["service", "backends", "matches"], |spec| {
        let service = spec.required("service", service_name);
        let backends = spec.required("backends", |it| backends(it, whole_weight));
        let matches = spec.optional("matches", matches);
        Some((service?, backends?, matches?))
    });
    let (service, backends, matches) = spec?;
    let (meta, matches) = (meta?, matches.unwrap_or_default());
    Some(Resource::TrafficSplit(TrafficSplit { meta, service, backends, matches }))
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
