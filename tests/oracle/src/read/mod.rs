//! YAML to objects: every version of the specification, as generic values.
//!
//! A document with anything wrong in it grants nothing as a whole, so reading
//! stops at the first problem and has no message for it. Only references are not
//! looked at here: one that is wrong takes away what hangs on it, not its
//! neighbours.

mod access;
mod fields;
mod specs;
mod split;
mod workloads;

use serde_yaml::{Deserializer, Value};

use crate::objects::{Name, Policies};

/// The document is not what it should be.
#[derive(Debug)]
pub(crate) struct Invalid;

type Read<T> = Result<T, Invalid>;

/// Reads all documents of all texts.
pub(crate) fn policies(texts: &[&str]) -> Policies {
    let documents: Vec<Value> = texts.iter().copied().flat_map(documents).collect();
    let identities: Vec<_> = documents.iter().filter_map(identity).collect();
    let mut policies = Policies::default();
    for document in &documents {
        let Some(identity) = identity(document) else { continue };
        // Kubernetes has one object of a name. Which of two would be in the
        // cluster is unknown, so neither counts.
        if identities.iter().filter(|&other| *other == identity).count() == 1 {
            // A document that cannot be read grants nothing, and that is all.
            let _: Read<()> = add(&mut policies, document, identity);
        }
    }
    policies
}

/// The documents of one text, with the items of lists as documents of their own.
fn documents(text: &str) -> Vec<Value> {
    let parsed = Deserializer::from_str(text);
    let values = parsed.filter_map(|document| serde::Deserialize::deserialize(document).ok());
    values.flat_map(items).collect()
}

fn items(document: Value) -> Vec<Value> {
    let is = |key, text| document.get(key).and_then(Value::as_str) == Some(text);
    match document.get("items").and_then(Value::as_sequence) {
        Some(items) if is("apiVersion", "v1") && is("kind", "List") => {
            items.iter().cloned().flat_map(self::items).collect()
        }
        _ => vec![document],
    }
}

/// What makes an object the same object: API group, kind, namespace and name.
#[derive(PartialEq, Eq)]
struct Identity<'a> {
    group: &'a str,
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
}

fn identity(document: &Value) -> Option<Identity<'_>> {
    let metadata = document.get("metadata")?;
    Some(Identity {
        group: document.get("apiVersion")?.as_str()?.split('/').next()?,
        kind: document.get("kind")?.as_str()?,
        // As `kubectl apply` has it.
        namespace: metadata.get("namespace").map_or(Some("default"), Value::as_str)?,
        name: metadata.get("name")?.as_str()?,
    })
}

/// Dispatches on group and kind: Gateway API has a TCPRoute too, so that a kind
/// alone says nothing.
fn add(policies: &mut Policies, document: &Value, identity: Identity<'_>) -> Read<()> {
    let api_version = document.get("apiVersion").and_then(Value::as_str).ok_or(Invalid)?;
    if let Some(pod) = workloads::pod(document, api_version, identity.kind) {
        policies.workloads.extend(workloads::workload(pod, identity.namespace));
    }
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let (kind, name) = (identity.kind, name(identity)?);
    let Policies { targets, bindings, groups, tcp_routes, udp_routes, splits, services, .. } =
        policies;
    match (group, kind) {
        ("access.smi-spec.io", "TrafficTarget") => {
            targets.push(access::traffic_target(name, document, version)?);
        }
        ("access.smi-spec.io", "IdentityBinding") => {
            bindings.push((name, access::identity_binding(document, version)?));
        }
        ("specs.smi-spec.io", "HTTPRouteGroup") => {
            groups.push((name, specs::http_route_group(document, version)?));
        }
        ("specs.smi-spec.io", "TCPRoute") => {
            tcp_routes.push((name, specs::tcp_route(document, version)?));
        }
        ("specs.smi-spec.io", "UDPRoute") => {
            udp_routes.push((name, specs::udp_route(document, version)?));
        }
        ("split.smi-spec.io", "TrafficSplit") => {
            splits.push(split::traffic_split(name, document, version)?);
        }
        ("", "Service") if version == "v1" => {
            services.push((name, split::service_ports(document)?));
        }
        // Other kinds are none of our business.
        _ => {}
    }
    Ok(())
}

fn name(identity: Identity<'_>) -> Read<Name> {
    let Identity { namespace, name, .. } = identity;
    if !fields::is_dns_name(name) || !fields::is_namespace(namespace) {
        return Err(Invalid);
    }
    Ok(Name { namespace: namespace.to_owned(), name: name.to_owned() })
}
