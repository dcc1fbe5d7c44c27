//! `access.smi-spec.io`.

use serde_yaml::Value;

use super::fields::{fields, is_dns_name, is_namespace, list, port_number, some, text, texts};
use super::fields::{unwrapped, wrapped};
use super::{Invalid, Read};
use crate::objects::{Name, Rule, RuleKind, Subject, Target};

/// Access, TrafficTarget: a destination, at least one source and at least one
/// rule; without them it is invalid and allows nothing.
///
/// v1alpha1 has no `spec` and calls the rules "specs". v1alpha3 lost the port of
/// the destination and got UDPRoute.
pub(super) fn traffic_target(name: Name, document: &Value, version: &str) -> Read<Target> {
    let (body, rules) = match version {
        "v1alpha1" => (unwrapped(document, &["destination", "sources", "specs"])?, "specs"),
        "v1alpha2" | "v1alpha3" | "v1alpha4" => {
            (wrapped(document, &["destination", "sources", "rules"])?, "rules")
        }
        _ => return Err(Invalid),
    };
    let is_early = matches!(version, "v1alpha1" | "v1alpha2");
    let early: &[&str] = if is_early { &["port"] } else { &[] };
    let destination = body.get("destination").ok_or(Invalid)?;
    let target = Target {
        name,
        destination: subject(destination, early)?,
        port: destination.get("port").map(port_number).transpose()?,
        sources: some(list(body, "sources")?, |source| subject(source, &[]))?,
        rules: some(list(body, rules)?, rule)?,
    };
    let has_udp = target.rules.iter().any(|rule| rule.kind == RuleKind::Udp);
    if is_early && has_udp { Err(Invalid) } else { Ok(target) }
}

fn subject(value: &Value, more: &[&str]) -> Read<Subject> {
    let known = [&["kind", "name", "namespace"], more].concat();
    let subject = fields(value, &known)?;
    let name = text(subject, "name")?.filter(|name| is_dns_name(name)).ok_or(Invalid)?;
    let namespace = text(subject, "namespace")?;
    if text(subject, "kind")? != Some("ServiceAccount")
        || namespace.is_some_and(|it| !is_namespace(it))
    {
        return Err(Invalid);
    }
    Ok(Subject { name: name.to_owned(), namespace: namespace.map(str::to_owned) })
}

fn rule(value: &Value) -> Read<Rule> {
    let rule = fields(value, &["kind", "name", "matches"])?;
    let kind = match text(rule, "kind")? {
        Some("HTTPRouteGroup") => RuleKind::Http,
        Some("TCPRoute") => RuleKind::Tcp,
        Some("UDPRoute") => RuleKind::Udp,
        _ => return Err(Invalid),
    };
    let name = text(rule, "name")?.ok_or(Invalid)?.to_owned();
    Ok(Rule { kind, name, matches: texts(rule, "matches")? })
}
