//! `split.smi-spec.io`, and the Services that it is about.

use serde_yaml::Value;

use super::fields::{fields, is_dns_name, list, port_number, some, text, wrapped};
use super::{Invalid, Read};
use crate::objects::{Backend, Name, ServicePort, Split};

/// Split, TrafficSplit: a root and at least one backend, whose weights must not
/// add up to nothing.
///
/// v1alpha1 has quantities as weights, later versions whole numbers. `matches`
/// came with v1alpha3.
pub(super) fn traffic_split(name: Name, document: &Value, version: &str) -> Read<Split> {
    let known: &[&str] = match version {
        "v1alpha1" | "v1alpha2" => &["service", "backends"],
        "v1alpha3" | "v1alpha4" => &["service", "backends", "matches"],
        _ => return Err(Invalid),
    };
    let weight = if version == "v1alpha1" { thousandths } else { whole_number };
    let spec = wrapped(document, known)?;
    let root = service(spec.get("service"), &name.namespace)?;
    let read_backend = |value: &Value| {
        let backend = fields(value, &["service", "weight"])?;
        Ok(Backend {
            service: service(backend.get("service"), &name.namespace)?,
            weight: weight(backend.get("weight").ok_or(Invalid)?)?,
        })
    };
    let backends = some(list(spec, "backends")?, read_backend)?;
    let groups = list(spec, "matches")?.map(|groups| some(Some(groups), group)).transpose()?;
    if backends.iter().all(|backend| backend.weight == 0) {
        return Err(Invalid);
    }
    Ok(Split { name, root, backends, groups })
}

/// A Service of the split's own namespace, under any of the names that DNS has
/// for it. The specification knows no splits across namespaces.
fn service(value: Option<&Value>, namespace: &str) -> Read<String> {
    let written = value.and_then(Value::as_str).filter(|it| is_dns_name(it)).ok_or(Invalid)?;
    let (name, rest) = written.split_once('.').unwrap_or((written, ""));
    let names_of_namespace =
        ["".to_owned(), namespace.to_owned(), format!("{namespace}.svc.cluster.local")];
    if names_of_namespace.iter().any(|it| it == rest) { Ok(name.to_owned()) } else { Err(Invalid) }
}

fn group(value: &Value) -> Read<String> {
    let group = fields(value, &["apiGroup", "kind", "name"])?;
    let api_group = text(group, "apiGroup")?.unwrap_or("specs.smi-spec.io");
    let name = text(group, "name")?.filter(|name| is_dns_name(name)).ok_or(Invalid)?;
    match (api_group, text(group, "kind")?) {
        ("specs.smi-spec.io", Some("HTTPRouteGroup")) => Ok(name.to_owned()),
        _ => Err(Invalid),
    }
}

/// What fits into 32 bits, as the product has it: the specification has no limit.
fn whole_number(value: &Value) -> Read<u64> {
    value.as_u64().filter(|&weight| weight <= u64::from(u32::MAX)).ok_or(Invalid)
}

/// Split v1alpha1, "Specification": a quantity as Kubernetes has them for
/// resources, where `1` is `1000m`. What is no whole thousandth is a mistake.
fn thousandths(value: &Value) -> Read<u64> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return Err(Invalid),
    };
    let (number, thousandths_of_one) = match text.strip_suffix(['m', 'k', 'M']) {
        Some(number) if text.ends_with('m') => (number, 1),
        Some(number) if text.ends_with('k') => (number, 1_000_000),
        Some(number) => (number, 1_000_000_000),
        None => (text.as_str(), 1_000),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits: u64 = format!("{whole}{fraction}").parse().map_err(|_| Invalid)?;
    let places = u32::try_from(fraction.len()).map_err(|_| Invalid)?;
    let scale = 10_u64.checked_pow(places).ok_or(Invalid)?;
    let scaled = digits.checked_mul(thousandths_of_one).ok_or(Invalid)?;
    let is_whole = scaled % scale == 0;
    if is_whole { whole_number(&Value::from(scaled / scale)) } else { Err(Invalid) }
}

/// The ports of a Service of Kubernetes.
pub(super) fn service_ports(document: &Value) -> Read<Vec<ServicePort>> {
    let Some(spec) = document.get("spec") else { return Ok(Vec::new()) };
    let spec = spec.as_mapping().ok_or(Invalid)?;
    list(spec, "ports")?.unwrap_or_default().iter().map(service_port).collect()
}

/// Pods have the port under the same number, unless something else is written. A
/// name says a number only to those who know the pods.
fn service_port(value: &Value) -> Read<ServicePort> {
    let number = value.get("port").map(port_number).ok_or(Invalid)??;
    let target = match value.get("targetPort") {
        None => Some(number),
        Some(Value::String(_)) => None,
        Some(target) => Some(port_number(target)?),
    };
    Ok(ServicePort { number, target })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_exact_thousandths() {
        for (text, expected) in [
            ("1", Some(1000)),
            ("500m", Some(500)),
            ("0m", Some(0)),
            ("1.5", Some(1500)),
            ("2k", Some(2_000_000)),
            ("4M", Some(4_000_000_000)),
            ("5M", None),
            ("0.5m", None),
            ("-1", None),
            ("m", None),
            ("one", None),
        ] {
            assert_eq!(thousandths(&Value::from(text)).ok(), expected, "{text}");
        }
        assert_eq!(thousandths(&Value::from(0.25)).ok(), Some(250));
    }

    #[test]
    fn names_of_one_service() {
        let name = |text| service(Some(&Value::from(text)), "ns").ok();
        for text in ["web", "web.ns", "web.ns.svc.cluster.local"] {
            assert_eq!(name(text).as_deref(), Some("web"), "{text}");
        }
        for text in ["web.other", "web.ns.svc.cluster.example", "Web", ""] {
            assert_eq!(name(text), None, "{text}");
        }
    }
}
