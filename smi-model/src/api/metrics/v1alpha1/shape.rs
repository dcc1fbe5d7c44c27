//! The version as plain types.

use std::{fmt::Write, time::Duration};

use schemars::{JsonSchema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::OTHERS;
use crate::{
    api::{
        schema,
        shape::{Losses, Pairs, Shape},
    },
    canonical,
    source::Spanned,
};

/// What was measured about the traffic of one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TrafficMetrics {
    /// Anything: `resource` says whose traffic it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default, with = "Value")]
    pub metadata: Option<Value>,
    /// Whose traffic.
    pub resource: ObjectReference,
    /// In which direction, and with whom.
    pub edge: Edge,
    /// The backend, when the resource is a TrafficSplit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default, with = "MeasuredBackend")]
    pub backend: Option<MeasuredBackend>,
    /// When, as RFC 3339 writes it.
    #[schemars(schema_with = "timestamp")]
    pub timestamp: String,
    /// Over which time up to then, such as `30s` or `1m30s`.
    #[schemars(schema_with = "duration")]
    pub window: String,
    /// What came out.
    pub metrics: Vec<Metric>,
}

/// The metrics of all resources of a kind, or all edges of one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TrafficMetricsList {
    /// Where on the server the list was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default, with = "Value")]
    pub metadata: Option<Value>,
    /// Whose traffic; without a name, that of all resources of the kind.
    pub resource: ObjectReference,
    /// Labels that the resources have.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default, with = "Selector")]
    pub selector: Option<Selector>,
    /// The metrics of each.
    #[schemars(schema_with = "items")]
    pub items: Vec<TrafficMetrics>,
}

/// A reference to an object of any kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, transform = with_identification)]
pub struct ObjectReference {
    /// Its kind.
    #[schemars(length(min = 1))]
    pub kind: String,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default, with = "String", length(min = 1))]
    pub name: Option<String>,
    /// Its namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default, with = "String", length(min = 1))]
    pub namespace: Option<String>,
    /// Its group and version.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default, with = "String", length(min = 1))]
    pub api_version: Option<String>,
    /// The fields by which Kubernetes tells objects of one name apart.
    #[serde(flatten)]
    #[schemars(skip)]
    pub others: Map<String, Value>,
}

/// Lets pass what Kubernetes has in references and nobody reads here.
fn with_identification(schema: &mut schemars::Schema) {
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
        return;
    };
    properties.extend(OTHERS.map(|name| (name.to_owned(), json!(true))));
}

/// Which part of a resource's traffic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Edge {
    /// To or from the resource.
    pub direction: Direction,
    /// Who measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default, with = "Side")]
    pub side: Option<Side>,
    /// The peer; all of them together when absent, null or empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default, schema_with = "peers")]
    pub resource: Option<ObjectReference>,
}

/// Directions of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the resource to its peers.
    To,
    /// From its peers to the resource.
    From,
}

/// The end of a connection at which is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The end that connects.
    Client,
    /// The end that is connected to.
    Server,
}

/// The backend of a TrafficSplit that metrics are about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct MeasuredBackend {
    /// The root Service of the split.
    #[schemars(schema_with = "schema::service_name")]
    pub apex: String,
    /// The backend's Service.
    #[schemars(schema_with = "schema::service_name")]
    pub name: String,
    /// Its weight.
    pub weight: u32,
}

/// Labels that all have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Selector {
    /// The labels.
    #[schemars(schema_with = "schema::some_labels")]
    pub match_labels: Pairs,
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Metric {
    /// What it is, such as `success_count`.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Its unit, such as `ms`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default, with = "String", length(min = 1))]
    pub unit: Option<String>,
    /// A quantity of Kubernetes: `10m` is a hundredth.
    #[schemars(schema_with = "schema::any_quantity")]
    pub value: String,
}

impl Shape for TrafficMetrics {
    type Canonical = canonical::TrafficMetrics;

    fn of(metrics: &canonical::TrafficMetrics, _: &mut Losses) -> Self {
        Self {
            metadata: metrics.metadata.clone(),
            resource: ObjectReference::of(&metrics.resource),
            edge: Edge::of(&metrics.edge),
            backend: metrics.backend.as_ref().map(MeasuredBackend::of),
            timestamp: metrics.timestamp.value.clone(),
            window: written(metrics.window.value),
            metrics: metrics.metrics.iter().map(Metric::of).collect(),
        }
    }
}

impl Shape for TrafficMetricsList {
    type Canonical = canonical::TrafficMetricsList;

    fn of(list: &canonical::TrafficMetricsList, losses: &mut Losses) -> Self {
        let selector = list.selector.as_ref();
        Self {
            metadata: list.metadata.clone(),
            resource: ObjectReference::of(&list.resource),
            selector: selector.map(|labels| Selector { match_labels: Pairs::of(labels) }),
            items: list.items.iter().map(|item| TrafficMetrics::of(item, losses)).collect(),
        }
    }
}

impl ObjectReference {
    fn of(reference: &canonical::ObjectReference) -> Self {
        let text = |text: &Option<Spanned<String>>| text.as_ref().map(|text| text.value.clone());
        Self {
            kind: reference.kind.value.clone(),
            name: text(&reference.name),
            namespace: text(&reference.namespace),
            api_version: text(&reference.api_version),
            others: reference.others.clone(),
        }
    }
}

impl Edge {
    fn of(edge: &canonical::Edge) -> Self {
        Self {
            direction: match edge.direction {
                canonical::Direction::To => Direction::To,
                canonical::Direction::From => Direction::From,
            },
            side: edge.side.map(|side| match side {
                canonical::Side::Client => Side::Client,
                canonical::Side::Server => Side::Server,
            }),
            resource: edge.resource.as_ref().map(ObjectReference::of),
        }
    }
}

impl MeasuredBackend {
    fn of(backend: &canonical::MeasuredBackend) -> Self {
        Self {
            apex: backend.apex.value.clone(),
            name: backend.name.value.clone(),
            weight: backend.weight.value,
        }
    }
}

impl Metric {
    fn of(metric: &canonical::Metric) -> Self {
        Self {
            name: metric.name.value.clone(),
            unit: metric.unit.as_ref().map(|unit| unit.value.clone()),
            value: metric.value.value.clone(),
        }
    }
}

/// A length of time in the units of Go, such as `1m30s`.
fn written(window: Duration) -> String {
    let (seconds, nanoseconds) = (window.as_secs(), window.subsec_nanos());
    let mut text = String::new();
    for (count, unit) in [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")] {
        if count > 0 {
            // Writing to a string cannot fail.
            let _ = write!(text, "{count}{unit}");
        }
    }
    if nanoseconds > 0 {
        let _ = write!(text, "{nanoseconds}ns");
    }
    text
}

fn timestamp(_: &mut SchemaGenerator) -> schemars::Schema {
    let date = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])";
    let (hour, sixtieth) = ("([01][0-9]|2[0-3])", "[0-5][0-9]");
    let time = format!(r"{hour}:{sixtieth}:{sixtieth}(\.[0-9]+)?");
    let pattern = format!("^{date}T{time}(Z|[+-]{hour}:{sixtieth})$");
    json_schema!({"type": "string", "format": "date-time", "pattern": pattern})
}

/// Numbers with units, which are not zero together.
fn duration(_: &mut SchemaGenerator) -> schemars::Schema {
    let pattern = r"^(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$";
    json_schema!({"type": "string", "pattern": pattern, "allOf": [{"pattern": "[1-9]"}]})
}

/// Nothing and no fields mean all peers.
fn peers(generator: &mut SchemaGenerator) -> schemars::Schema {
    let one = ObjectReference::json_schema(generator);
    json_schema!({"anyOf": [{"type": "null"}, {"type": "object", "maxProperties": 0}, one]})
}

/// Objects, which may say so; Go writes an empty list as null.
fn items(generator: &mut SchemaGenerator) -> schemars::Schema {
    let mut item = TrafficMetrics::json_schema(generator).to_value();
    if let Some(properties) = item.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("apiVersion".to_owned(), json!(true));
        properties.insert("kind".to_owned(), json!({"const": "TrafficMetrics"}));
    }
    json_schema!({"type": ["array", "null"], "items": item})
}
