//! `metrics.smi-spec.io/v1alpha1`: what an API server answers when it is asked
//! for the traffic of a resource.
//!
//! ```yaml
//! # TrafficMetrics
//! resource: {kind, name?, namespace?, apiVersion?, …}
//! edge:
//!   direction: to | from
//!   side?: client | server
//!   resource?: {kind, name?, namespace?, apiVersion?, …}   # absent, null, {}: all peers
//! backend?: {apex, name, weight: number}                   # of a TrafficSplit
//! timestamp: RFC 3339
//! window: duration                                         # such as 30s
//! metrics:
//! - {name, unit?, value: quantity}
//! # TrafficMetricsList
//! resource: {kind, name?, namespace?, apiVersion?, …}
//! selector?: {matchLabels: {key: value}}
//! items: [TrafficMetrics]
//! ```

pub mod shape;

use super::time::{duration, timestamp};
use crate::{
    api::{
        Resource,
        cursor::{Object, Value},
        quantity::Quantity,
        split::whole_weight,
        values::{filled_text, labels, one_of, service_name},
    },
    canonical::{
        Direction, Edge, Labels, MeasuredBackend, Metric, ObjectReference, Side, TrafficMetrics,
        TrafficMetricsList,
    },
    diagnostic::{Diagnostic, code},
    source::{Span, Spanned},
};

const DIRECTIONS: [(&str, Direction); 2] = [("to", Direction::To), ("from", Direction::From)];
const SIDES: [(&str, Side); 2] = [("client", Side::Client), ("server", Side::Server)];

/// The only kind of resource whose metrics are about one backend.
const SPLIT_KIND: &str = "TrafficSplit";

const METADATA: &str = "metadata";

/// Fields of an ObjectReference that do not matter here.
const OTHERS: [&str; 3] = ["uid", "resourceVersion", "fieldPath"];

const NO_LABELS: &str = "remove `selector` if all resources of the kind are meant";

pub(in crate::api) fn traffic_metrics(object: &mut Object<'_>) -> Option<Resource> {
    metrics(object).map(Box::new).map(Resource::TrafficMetrics)
}

pub(in crate::api) fn traffic_metrics_list(object: &mut Object<'_>) -> Option<Resource> {
    object.ignore(&["apiVersion", "kind"]);
    let metadata = object.keep(&[METADATA]).remove(METADATA);
    let resource = object.required("resource", |it| it.object(reference));
    let selector = object.optional("selector", |it| it.object(match_labels));
    let items = object.required("items", items);
    let (resource, selector, items) = (resource?, selector?, items?);
    let span = object.span();
    let list = TrafficMetricsList { resource, selector, items, metadata, span };
    Some(Resource::TrafficMetricsList(list))
}

/// Go writes an empty list as null.
fn items(value: Value<'_>) -> Option<Vec<TrafficMetrics>> {
    if value.is_null() { Some(Vec::new()) } else { value.list(|item| item.object(item_of_list)) }
}

fn item_of_list(item: &mut Object<'_>) -> Option<TrafficMetrics> {
    let kind = item.optional("kind", |kind| one_of(kind, &[("TrafficMetrics", ())]));
    let metrics = metrics(item);
    kind?;
    metrics
}

fn match_labels(selector: &mut Object<'_>) -> Option<Labels> {
    selector.required("matchLabels", |it| labels(it, NO_LABELS))
}

fn metrics(object: &mut Object<'_>) -> Option<TrafficMetrics> {
    object.ignore(&["apiVersion", "kind"]);
    let metadata = object.keep(&[METADATA]).remove(METADATA);
    let resource = object.required("resource", |it| it.object(reference));
    let edge = object.required("edge", |it| it.object(edge));
    let backend = object.optional("backend", |it| Some((it.head(), it.object(backend)?)));
    let timestamp = object.required("timestamp", timestamp);
    let window = object.required("window", duration);
    let metrics = object.required("metrics", |it| it.list(|it| it.object(metric)));
    let (resource, backend) = (resource?, backend?);
    if let Some((place, _)) = backend.as_ref().filter(|_| resource.kind.value != SPLIT_KIND) {
        object.report(misplaced_backend(*place, &resource.kind));
        return None;
    }
    Some(TrafficMetrics {
        resource,
        edge: edge?,
        backend: backend.map(|(_, backend)| backend),
        timestamp: timestamp?,
        window: window?,
        metrics: metrics?,
        metadata,
        span: object.span(),
    })
}

fn misplaced_backend(place: Span, kind: &Spanned<String>) -> Diagnostic {
    let message = format!("metrics of a {} have no `backend`", kind.value);
    Diagnostic::error(code::MISPLACED_BACKEND, place, message)
        .related(kind.span, "only a TrafficSplit has backends")
        .help("remove `backend`")
}

fn reference(fields: &mut Object<'_>) -> Option<ObjectReference> {
    let others = fields.keep(&OTHERS);
    let kind = fields.required("kind", filled_text);
    let name = fields.optional("name", filled_text);
    let namespace = fields.optional("namespace", filled_text);
    let api_version = fields.optional("apiVersion", filled_text);
    Some(ObjectReference {
        kind: kind?,
        name: name?,
        namespace: namespace?,
        api_version: api_version?,
        others,
        span: fields.span(),
    })
}

fn edge(fields: &mut Object<'_>) -> Option<Edge> {
    let direction = fields.required("direction", |it| one_of(it, &DIRECTIONS));
    let side = fields.optional("side", |it| one_of(it, &SIDES));
    let resource = fields.optional("resource", peers);
    let (direction, side, resource) = (direction?, side?, resource?.flatten());
    Some(Edge { direction, side, resource, span: fields.span() })
}

/// Reads a peer. No fields and null both mean all of them.
fn peers(value: Value<'_>) -> Option<Option<ObjectReference>> {
    if value.is_null() {
        return Some(None);
    }
    value.object(|fields| if fields.is_empty() { Some(None) } else { reference(fields).map(Some) })
}

fn backend(fields: &mut Object<'_>) -> Option<MeasuredBackend> {
    let apex = fields.required("apex", service_name);
    let name = fields.required("name", service_name);
    let weight = fields.required("weight", whole_weight);
    Some(MeasuredBackend { apex: apex?, name: name?, weight: weight?, span: fields.span() })
}

fn metric(fields: &mut Object<'_>) -> Option<Metric> {
    let name = fields.required("name", filled_text);
    let unit = fields.optional("unit", filled_text);
    let value = fields.required("value", quantity);
    Some(Metric { name: name?, unit: unit?, value: value?, span: fields.span() })
}

fn quantity(value: Value<'_>) -> Option<Spanned<String>> {
    let text = value.any_scalar()?;
    if Quantity::parse(&text.value).is_some() {
        return Some(text);
    }
    let message = format!("`{}` is not a quantity", text.value);
    let help = "write a number, with a suffix of Kubernetes if need be: `12`, `0.5`, `500m`, `2k`";
    value.report(value.error(code::INVALID_QUANTITY, message).help(help));
    None
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::{
        canonical::{Direction, Side},
        convert,
        testing::*,
    };

    const METRICS: &str = "\
apiVersion: metrics.smi-spec.io/v1alpha1
kind: TrafficMetrics
resource: {kind: TrafficSplit, name: canary, namespace: shop, apiVersion: split.smi-spec.io/v1alpha2}
edge:
  direction: to
  side: client
  resource: {kind: Pod, name: books, namespace: shop, uid: 1}
backend: {apex: books, name: books-v1, weight: 90}
timestamp: 2019-04-08T22:25:55Z
window: 1m30s
metrics:
- {name: p99_response_latency, unit: seconds, value: 10m}
- {name: success_count, value: 100}
";

    #[test]
    fn every_field_is_kept() {
        let metrics = accept(METRICS).traffic_metrics.remove(0);
        let text =
            |text: &Option<crate::source::Spanned<String>>| text.as_ref().unwrap().value.clone();
        assert_eq!(metrics.resource.kind.value, "TrafficSplit");
        assert_eq!(text(&metrics.resource.name), "canary");
        assert_eq!(text(&metrics.resource.api_version), "split.smi-spec.io/v1alpha2");
        assert_eq!(
            (metrics.edge.direction, metrics.edge.side),
            (Direction::To, Some(Side::Client))
        );
        assert_eq!(text(&metrics.edge.resource.unwrap().namespace), "shop");
        let backend = metrics.backend.unwrap();
        assert_eq!((backend.apex.value.as_str(), backend.weight.value), ("books", 90));
        assert_eq!(backend.name.value, "books-v1");
        assert_eq!(metrics.timestamp.value, "2019-04-08T22:25:55Z");
        assert_eq!(metrics.window.value, Duration::from_secs(90));
        assert_eq!(text(&metrics.metrics[0].unit), "seconds");
        assert_eq!(metrics.metrics[1].name.value, "success_count");
        assert_eq!(metrics.metrics[1].value.value, "100");
    }

    #[test]
    fn what_is_written_is_read_the_same() {
        let list = "apiVersion: metrics.smi-spec.io/v1alpha1\nkind: TrafficMetricsList\n\
                    resource: {kind: Pod}\nselector: {matchLabels: {app: foo}}\nitems:\n- ";
        let text = format!("{METRICS}---\n{list}{}\n", METRICS.trim_end().replace('\n', "\n  "));
        let write = |text: &str| {
            let written = convert::write(&accept(text), &convert::Targets::default());
            assert_eq!(written.diagnostics, []);
            written.value
        };
        let written = write(&text);
        assert!(written.contains("window: 1m30s\n"), "{written}");
        assert!(written.contains("direction: to\n") && written.contains("name: books-v1\n"));
        assert_eq!(write(&written), written);
    }

    #[test]
    fn no_peer_means_all_peers() {
        let peer = "resource: {kind: Pod, name: books, namespace: shop, uid: 1}";
        for all in ["resource: {}", "resource: null", "", "resource:"] {
            let metrics = accept(&METRICS.replace(peer, all)).traffic_metrics.remove(0);
            assert_eq!(metrics.edge.resource, None, "{all}");
        }
    }

    #[test]
    fn lists_have_items() {
        let list = "apiVersion: metrics.smi-spec.io/v1alpha1\nkind: TrafficMetricsList\n\
                    metadata: {selfLink: /apis}\nresource: {kind: Pod}\n\
                    selector: {matchLabels: {app: foo}}\nitems:";
        let item = METRICS.replace('\n', "\n  ");
        let list_of_one = accept(&format!("{list}\n- {item}\n")).traffic_metrics_lists.remove(0);
        assert_eq!(list_of_one.items[0].metrics.len(), 2);
        assert_eq!(list_of_one.resource.name, None);
        assert_eq!(list_of_one.selector.unwrap()[0].1.value, "foo");
        assert!(accept(list).traffic_metrics_lists[0].items.is_empty());
        let other = item.replace("kind: TrafficMetrics", "kind: Pod");
        assert_eq!(
            reject(&format!("{list}\n- {other}\n")),
            ["SMI215 8:9 `items[0].kind` cannot be `Pod`"]
        );
    }

    #[test]
    fn only_splits_have_backends() {
        assert_eq!(
            reject(&METRICS.replacen("TrafficSplit", "Pod", 1)),
            ["SMI228 8:1 metrics of a Pod have no `backend`"]
        );
    }

    #[test]
    fn all_values_are_looked_at() {
        let wrong = METRICS
            .replace("direction: to", "direction: both")
            .replace("22:25:55Z", "22:25")
            .replace("1m30s", "30")
            .replace("10m", "ten")
            .replace("value: 100", "unit: 1");
        assert_eq!(
            reject(&wrong),
            [
                "SMI215 5:14 `edge.direction` cannot be `both`",
                "SMI226 9:12 `2019-04-08T22:25` is not a time",
                "SMI227 10:9 `30` is not a length of time",
                "SMI225 12:54 `ten` is not a quantity",
                "SMI207 13:4 `metrics[1]` has no `value`",
                "SMI209 13:31 `metrics[1].unit` must be text",
            ]
        );
    }
}
