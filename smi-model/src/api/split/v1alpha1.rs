//! `split.smi-spec.io/v1alpha1`: weights are quantities of Kubernetes.
//!
//! ```yaml
//! spec:
//!   service: name
//!   backends:
//!   - {service, weight: quantity}   # such as 1, 500m or "1.5"
//! ```

use super::{backends, report_weight};
use crate::{
    api::{
        Resource,
        cursor::{Object, Value},
        metadata::{metadata, spec},
        quantity::Quantity,
        values::service_name,
    },
    canonical::TrafficSplit,
    source::Spanned,
};

pub(in crate::api) fn traffic_split(object: &mut Object<'_>) -> Option<Resource> {
    let meta = metadata(object);
    let spec = spec(object, &["service", "backends"], |spec| {
        spec.mistakes(&["matches"], "`matches` has come with `split.smi-spec.io/v1alpha3`");
        let service = spec.required("service", service_name);
        let backends = spec.required("backends", |it| backends(it, quantity));
        Some((service?, backends?))
    });
    let (service, backends) = spec?;
    let (meta, matches) = (meta?, Vec::new());
    Some(Resource::TrafficSplit(TrafficSplit { meta, service, backends, matches }))
}

/// Reads a quantity as a number of thousandths, which is exact.
fn quantity(value: Value<'_>) -> Option<Spanned<u32>> {
    let text = value.any_scalar()?;
    let weight = Quantity::parse(&text.value).and_then(|quantity| quantity.thousandths());
    let Some(weight) = weight else {
        report_weight(value, &text.value, "weights are quantities such as `1` or `500m`, up to 4M");
        return None;
    };
    Some(Spanned::new(weight, text.span))
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
