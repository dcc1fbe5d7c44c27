//! `specs.smi-spec.io`.

use serde_yaml::{Mapping, Value};

use super::fields::{fields, has_duplicates, list, port_number, some, text, texts};
use super::fields::{unwrapped, wrapped};
use super::{Invalid, Read};
use crate::objects::HttpMatch;
use crate::pattern;

/// Specs, HTTPRouteGroup: matches with unique names.
///
/// Headers came with v1alpha2, `spec` with v1alpha3.
pub(super) fn http_route_group(document: &Value, version: &str) -> Read<Vec<HttpMatch>> {
    let body = match version {
        "v1alpha1" | "v1alpha2" => unwrapped(document, &["matches"])?,
        "v1alpha3" | "v1alpha4" => wrapped(document, &["matches"])?,
        _ => return Err(Invalid),
    };
    let known: &[&str] = match version {
        "v1alpha1" => &["name", "pathRegex", "methods"],
        _ => &["name", "pathRegex", "methods", "headers"],
    };
    let matches = some(list(body, "matches")?, |value| http_match(value, known))?;
    let names = matches.iter().map(|one| one.name.as_str());
    if has_duplicates(names) { Err(Invalid) } else { Ok(matches) }
}

/// Specs, TCPRoute: its ports; none are all ports.
///
/// It could not say any before v1alpha4, and had no `spec` before v1alpha3.
pub(super) fn tcp_route(document: &Value, version: &str) -> Read<Vec<u16>> {
    match version {
        "v1alpha1" | "v1alpha2" => unwrapped(document, &[]).map(|_| Vec::new()),
        "v1alpha3" => {
            let spec = unwrapped(document, &["spec"])?.get("spec");
            spec.map_or(Ok(Vec::new()), |spec| fields(spec, &[]).map(|_| Vec::new()))
        }
        "v1alpha4" => ports(document),
        _ => Err(Invalid),
    }
}

/// Specs, UDPRoute, which came with v1alpha4.
pub(super) fn udp_route(document: &Value, version: &str) -> Read<Vec<u16>> {
    if version == "v1alpha4" { ports(document) } else { Err(Invalid) }
}

/// One `matches` object, not a list, with ports.
fn ports(document: &Value) -> Read<Vec<u16>> {
    let matches = wrapped(document, &["matches"])?.get("matches").ok_or(Invalid)?;
    let matches = fields(matches, &["name", "ports"])?;
    list(matches, "ports")?.unwrap_or_default().iter().map(port_number).collect()
}

fn http_match(value: &Value, known: &[&str]) -> Read<HttpMatch> {
    let one = fields(value, known)?;
    Ok(HttpMatch {
        name: text(one, "name")?.filter(|name| !name.is_empty()).ok_or(Invalid)?.to_owned(),
        path_regex: text(one, "pathRegex")?.map(understood).transpose()?,
        methods: methods(one)?,
        headers: one.get("headers").map_or(Ok(Vec::new()), headers)?,
    })
}

/// Specs, "HTTPRouteGroup": the methods that HTTP had when it was written.
fn methods(one: &Mapping) -> Read<Option<Vec<String>>> {
    let known =
        ["*", "GET", "HEAD", "PUT", "POST", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
    let methods = texts(one, "methods")?;
    match &methods {
        Some(list) if !list.iter().all(|method| known.contains(&method.as_str())) => Err(Invalid),
        _ => Ok(methods),
    }
}

/// Specs wrote headers as a list of one-key maps first and as a map later; both
/// are alive. A header that is named twice in one match is a mistake.
fn headers(value: &Value) -> Read<Vec<(String, String)>> {
    let headers: Vec<(String, String)> = match value {
        Value::Mapping(mapping) => mapping.iter().map(header).collect::<Read<_>>()?,
        Value::Sequence(list) => list.iter().map(single_header).collect::<Read<_>>()?,
        _ => return Err(Invalid),
    };
    let lower: Vec<String> = headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    if has_duplicates(lower.iter().map(String::as_str)) { Err(Invalid) } else { Ok(headers) }
}

fn single_header(value: &Value) -> Read<(String, String)> {
    let mapping = value.as_mapping().filter(|mapping| mapping.len() == 1).ok_or(Invalid)?;
    mapping.iter().next().ok_or(Invalid).and_then(header)
}

fn header((name, value): (&Value, &Value)) -> Read<(String, String)> {
    let name = name.as_str().filter(|name| is_token(name)).ok_or(Invalid)?;
    let pattern = match value {
        Value::String(text) => text.clone(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) if number.is_i64() => number.to_string(),
        _ => return Err(Invalid),
    };
    Ok((name.to_owned(), understood(&pattern)?))
}

/// A pattern that nobody can understand is a mistake of the whole group.
fn understood(pattern: &str) -> Read<String> {
    pattern::check(pattern).map(|()| pattern.to_owned())
}

/// What HTTP takes as the name of a header.
fn is_token(name: &str) -> bool {
    let is_mark = |byte: u8| b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || is_mark(byte))
}
