//! `split.smi-spec.io`: how traffic is shared. What the versions share is here.

pub mod v1alpha1;
pub mod v1alpha2;
pub mod v1alpha3;
pub mod v1alpha4;

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    cursor::{Object, Value},
    quantity::Quantity,
    schema,
    values::service_name,
};
use crate::{canonical, convert::Fields, diagnostic::code, source::Spanned};

/// The body of a TrafficSplit.
const SPLIT_FIELDS: &Fields =
    &[("service", "service"), ("backends", "backends"), ("matches", "matches")];

/// A Service that receives a part of the requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Backend {
    /// The Service.
    #[schemars(schema_with = "schema::service_name")]
    pub service: String,
    /// Its share in proportion to the other weights; one must be positive.
    pub weight: u32,
}

impl Backend {
    fn of(backend: &canonical::Backend) -> Self {
        Self { service: backend.service.value.clone(), weight: backend.weight.value }
    }
}

const NO_BACKENDS: &str = "name at least one backend with `service` and `weight`";

/// Reads the backends, of which there must be one, with weights that do not
/// add up to nothing.
fn backends(
    value: Value<'_>,
    weight: fn(Value<'_>) -> Option<Spanned<u32>>,
) -> Option<Vec<canonical::Backend>> {
    let backends = value.filled_list(NO_BACKENDS, |it| it.object(|it| backend(it, weight)))?;
    if backends.iter().all(|backend| backend.weight.value == 0) {
        let message = "all backends have weight 0, so that no request has anywhere to go";
        let mut diagnostic = value.error(code::ZERO_WEIGHTS, message);
        for backend in &backends {
            diagnostic = diagnostic.related(backend.weight.span, "");
        }
        value.report(diagnostic.help("give at least one backend a positive weight"));
        return None;
    }
    Some(backends)
}

fn backend(
    fields: &mut Object<'_>,
    weight: fn(Value<'_>) -> Option<Spanned<u32>>,
) -> Option<canonical::Backend> {
    let service = fields.required("service", service_name);
    let weight = fields.required("weight", weight);
    Some(canonical::Backend { service: service?, weight: weight?, span: fields.span() })
}

/// Reads a weight that is a whole number.
pub(super) fn whole_weight(value: Value<'_>) -> Option<Spanned<u32>> {
    if let Some(quantity) = value.scalar_text().filter(|text| is_quantity(text)) {
        let rule = "write a whole number: quantities belong to `split.smi-spec.io/v1alpha1`";
        report_weight(value, quantity, rule);
        return None;
    }
    let number = value.integer(|number| u32::try_from(number).is_ok())?;
    let Ok(weight) = u32::try_from(number.value) else {
        let rule = format!("weights are whole numbers from 0 to {}", u32::MAX);
        report_weight(value, &number.value.to_string(), &rule);
        return None;
    };
    Some(Spanned::new(weight, number.span))
}

/// Whether a text is a quantity that cannot be anything else.
fn is_quantity(text: &str) -> bool {
    text.ends_with(['m', 'k', 'M']) && Quantity::parse(text).is_some()
}

fn report_weight(value: Value<'_>, found: &str, rule: &str) {
    let message = format!("`{found}` is not a weight");
    value.report(value.error(code::INVALID_WEIGHT, message).help(rule));
}
