//! `split.smi-spec.io/v1alpha2`: weights have become whole numbers.
//!
//! ```yaml
//! spec:
//!   service: name
//!   backends:
//!   - {service, weight: number}
//! ```

use schemars::JsonSchema;
use serde::Serialize;

pub use super::Backend;
use super::{SPLIT_FIELDS, backends, whole_weight};
use crate::{
    api::{
        Resource,
        cursor::Object,
        metadata::{metadata, spec},
        schema,
        shape::{Losses, ObjectMeta, Shape},
        values::service_name,
    },
    canonical,
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
}

impl Shape for TrafficSplit {
    type Canonical = canonical::TrafficSplit;

    fn of(split: &canonical::TrafficSplit, losses: &mut Losses) -> Self {
        for group in &split.matches {
            losses.add(group.span, "that only some requests are shared");
        }
        let service = split.service.value.clone();
        let backends = split.backends.iter().map(Backend::of).collect();
        let metadata = ObjectMeta::of(&split.meta);
        Self { metadata, spec: TrafficSplitSpec { service, backends } }
    }
}

pub(in crate::api) fn traffic_split(object: &mut Object<'_>) -> Option<Resource> {
    let meta = metadata(object);
    let spec = spec(object, SPLIT_FIELDS, |spec| {
        spec.mistakes(["matches"], "`matches` has come with `split.smi-spec.io/v1alpha3`");
        let service = spec.required("service", service_name);
        let backends = spec.required("backends", |it| backends(it, whole_weight));
        Some((service?, backends?))
    });
    let (service, backends) = spec?;
    let (meta, matches) = (meta?, Vec::new());
    Some(Resource::TrafficSplit(canonical::TrafficSplit { meta, service, backends, matches }))
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    const SPLIT: &str = "\
apiVersion: split.smi-spec.io/v1alpha2
kind: TrafficSplit
metadata: {name: t, namespace: ns}
spec:
  service: web.ns.svc.cluster.local
  backends:
  - service: web-v1
    weight: 90
  - service: web-v2
    weight: 0
";

    #[test]
    fn every_field_is_kept() {
        let split = accept(SPLIT).traffic_splits.remove(0);
        assert_eq!(split.service.value, "web.ns.svc.cluster.local");
        let backends = split.backends.iter();
        let backends: Vec<_> =
            backends.map(|it| (it.service.value.as_str(), it.weight.value)).collect();
        assert_eq!(backends, [("web-v1", 90), ("web-v2", 0)]);
        assert!(split.matches.is_empty());
    }

    #[test]
    fn weights_are_whole_numbers_with_a_positive_sum() {
        let weight = |weight: &str| reject(&SPLIT.replace("90", weight));
        assert_eq!(weight("-1"), ["SMI219 8:13 `-1` is not a weight"]);
        assert_eq!(weight("4294967296"), ["SMI219 8:13 `4294967296` is not a weight"]);
        assert_eq!(weight("500m"), ["SMI219 8:13 `500m` is not a weight"]);
        assert_eq!(weight("0.5"), ["SMI208 8:13 `spec.backends[0].weight` must be a whole number"]);
        assert_eq!(
            weight("0"),
            ["SMI220 6:3 all backends have weight 0, so that no request has anywhere to go"]
        );
    }

    #[test]
    fn matches_are_of_a_later_version() {
        assert_eq!(
            reject(&format!("{SPLIT}  matches:\n  - {{kind: HTTPRouteGroup, name: g}}\n")),
            ["SMI206 11:3 `spec` has no field `matches`"]
        );
    }
}
