//! `split.smi-spec.io/v1alpha1`: weights are quantities of Kubernetes.
//!
//! ```yaml
//! spec:
//!   service: name
//!   backends:
//!   - {service, weight: quantity}   # such as 1, 500m or "1.5"
//! ```

use schemars::JsonSchema;
use serde::Serialize;

use super::{SPLIT_FIELDS, backends, report_weight, v1alpha2};
use crate::{
    api::{
        Resource,
        cursor::{Object, Value},
        metadata::{metadata, spec},
        quantity::Quantity,
        schema,
        shape::{Losses, ObjectMeta, Shape},
        values::service_name,
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
}

/// A Service that receives a part of the requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Backend {
    /// The Service.
    #[schemars(schema_with = "schema::service_name")]
    pub service: String,
    /// Its share in proportion to the other weights, such as `1` or `500m`; one
    /// must be positive.
    #[schemars(schema_with = "schema::quantity")]
    pub weight: Weight,
}

/// A weight that is a quantity of Kubernetes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Weight {
    /// A whole number.
    Whole(u32),
    /// Thousandths, such as `500m`.
    Thousandths(String),
}

impl Shape for TrafficSplit {
    type Canonical = canonical::TrafficSplit;

    fn of(split: &canonical::TrafficSplit, losses: &mut Losses) -> Self {
        let v1alpha2::TrafficSplit { metadata, spec } = v1alpha2::TrafficSplit::of(split, losses);
        let backends = spec.backends.into_iter().map(|backend| Backend {
            service: backend.service,
            weight: in_thousandths(backend.weight),
        });
        let spec = TrafficSplitSpec { service: spec.service, backends: backends.collect() };
        Self { metadata, spec }
    }
}

/// A weight as a quantity of so many thousandths, which keeps all proportions.
fn in_thousandths(weight: u32) -> Weight {
    if weight.is_multiple_of(1000) {
        Weight::Whole(weight / 1000)
    } else {
        Weight::Thousandths(format!("{weight}m"))
    }
}

pub(in crate::api) fn traffic_split(object: &mut Object<'_>) -> Option<Resource> {
    let meta = metadata(object);
    let spec = spec(object, SPLIT_FIELDS, |spec| {
        spec.mistakes(["matches"], "`matches` has come with `split.smi-spec.io/v1alpha3`");
        let service = spec.required("service", service_name);
        let backends = spec.required("backends", |it| backends(it, quantity));
        Some((service?, backends?))
    });
    let (service, backends) = spec?;
    let (meta, matches) = (meta?, Vec::new());
    Some(Resource::TrafficSplit(canonical::TrafficSplit { meta, service, backends, matches }))
}

/// Reads a quantity as a number of thousandths, which is exact.
fn quantity(value: Value<'_>) -> Option<Spanned<u32>> {
    if value.is_integer() {
        // Whoever wrote `010` may have meant 8.
        value.integer(|number| thousandths(&number.to_string()).is_some())?;
    }
    let text = value.any_scalar()?;
    let Some(weight) = thousandths(&text.value) else {
        report_weight(value, &text.value, "weights are quantities such as `1` or `500m`, up to 4M");
        return None;
    };
    Some(Spanned::new(weight, text.span))
}

fn thousandths(text: &str) -> Option<u32> {
    Quantity::parse(text)?.thousandths()
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn every_field_is_kept() {
        let bundle = accept(
            "apiVersion: split.smi-spec.io/v1alpha1\nkind: TrafficSplit\nmetadata: {name: t}\n\
             spec:\n  service: web\n  backends:\n  - {service: a, weight: 1}\n\
             \x20 - {service: b, weight: 500m}\n  - {service: c, weight: '5'}\n",
        );
        let split = &bundle.traffic_splits[0];
        assert_eq!(split.service.value, "web");
        let weights: Vec<u32> = split.backends.iter().map(|it| it.weight.value).collect();
        assert_eq!(weights, [1000, 500, 5000]);
    }

    #[test]
    fn weights_are_whole_thousandths() {
        let weight = |weight: &str| {
            reject(&format!(
                "apiVersion: split.smi-spec.io/v1alpha1\nkind: TrafficSplit\nmetadata: {{name: t}}\n\
                 spec:\n  service: web\n  backends:\n  - {{service: a, weight: {weight}}}\n"
            ))
        };
        for wrong in ["0.5m", "5M", "-1", "one"] {
            assert_eq!(weight(wrong), [format!("SMI219 7:26 `{wrong}` is not a weight")]);
        }
    }
}
