//! Fields of generic YAML values, and the few types that they have.

use serde_yaml::{Mapping, Value};

use super::{Invalid, Read};

const ENVELOPE: [&str; 4] = ["apiVersion", "kind", "metadata", "status"];

/// The fields of a version without `spec`.
pub(super) fn unwrapped<'a>(document: &'a Value, known: &[&str]) -> Read<&'a Mapping> {
    let all: Vec<&str> = ENVELOPE.iter().chain(known).copied().collect();
    fields(document, &all)
}

/// The fields below `spec`.
pub(super) fn wrapped<'a>(document: &'a Value, known: &[&str]) -> Read<&'a Mapping> {
    fields(unwrapped(document, &["spec"])?.get("spec").ok_or(Invalid)?, known)
}

/// A mapping without unknown fields: a typing error must not lift a condition.
pub(super) fn fields<'a>(value: &'a Value, known: &[&str]) -> Read<&'a Mapping> {
    let mapping = value.as_mapping().ok_or(Invalid)?;
    let is_known = |key: &Value| key.as_str().is_some_and(|key| known.contains(&key));
    if mapping.keys().all(is_known) { Ok(mapping) } else { Err(Invalid) }
}

pub(super) fn text<'a>(mapping: &'a Mapping, key: &str) -> Read<Option<&'a str>> {
    mapping.get(key).map(|value| value.as_str().ok_or(Invalid)).transpose()
}

pub(super) fn list<'a>(mapping: &'a Mapping, key: &str) -> Read<Option<&'a [Value]>> {
    let list = mapping.get(key).map(|value| value.as_sequence().ok_or(Invalid)).transpose()?;
    Ok(list.map(Vec::as_slice))
}

/// A list of texts that may be absent. Whether an empty one means all or nothing
/// is anybody's guess, so it is a mistake.
pub(super) fn texts(mapping: &Mapping, key: &str) -> Read<Option<Vec<String>>> {
    let read = |value: &Value| value.as_str().map(str::to_owned).ok_or(Invalid);
    list(mapping, key)?.map(|values| some(Some(values), read)).transpose()
}

/// A list that must be there and have something in it.
pub(super) fn some<T>(values: Option<&[Value]>, read: impl Fn(&Value) -> Read<T>) -> Read<Vec<T>> {
    let values = values.filter(|values| !values.is_empty()).ok_or(Invalid)?;
    values.iter().map(read).collect()
}

pub(super) fn port_number(value: &Value) -> Read<u16> {
    let number = value.as_u64().and_then(|number| u16::try_from(number).ok());
    number.filter(|&port| port > 0).ok_or(Invalid)
}

/// What Kubernetes takes as a name: lower-case labels joined by dots.
pub(super) fn is_dns_name(name: &str) -> bool {
    name.len() <= 253 && name.split('.').all(is_label)
}

/// What Kubernetes takes as a namespace.
pub(super) fn is_namespace(name: &str) -> bool {
    name.len() <= 63 && is_label(name)
}

fn is_label(label: &str) -> bool {
    !label.is_empty()
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-')
}

pub(super) fn has_duplicates<'a>(names: impl Iterator<Item = &'a str>) -> bool {
    let names: Vec<&str> = names.collect();
    let mut unique = names.clone();
    unique.sort_unstable();
    unique.dedup();
    unique.len() != names.len()
}
