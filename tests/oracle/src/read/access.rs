//! `access.smi-spec.io`.

use serde_yaml::Value;

use super::fields::{fields, is_dns_name, is_namespace, list, port_number, some, text, texts};
use super::fields::{unwrapped, wrapped};
use super::{Invalid, Read};
use crate::objects::{Binding, Labels, Name, Rule, RuleKind, Subject, SubjectKind, Target};

/// Access, TrafficTarget: a destination, at least one source and at least one
/// rule; without them it is invalid and allows nothing.
///
/// v1alpha1 has no `spec` and calls the rules "specs". v1alpha3 lost the port of
/// the destination and got UDPRoute. v1alpha4 has IdentityBindings as subjects,
/// whose API group may be written.
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
    let late: &[&str] = if version == "v1alpha4" { &["group"] } else { &[] };
    let destination = body.get("destination").ok_or(Invalid)?;
    let target = Target {
        name,
        destination: subject(destination, &[early, late].concat())?,
        port: destination.get("port").map(port_number).transpose()?,
        sources: some(list(body, "sources")?, |source| subject(source, late))?,
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
    let group = text(subject, "group")?.unwrap_or_default();
    let kind = match (text(subject, "kind")?, group) {
        (Some("ServiceAccount"), "") => SubjectKind::ServiceAccount,
        (Some("IdentityBinding"), "" | "access.smi-spec.io") if more.contains(&"group") => {
            SubjectKind::IdentityBinding
        }
        _ => return Err(Invalid),
    };
    if namespace.is_some_and(|it| !is_namespace(it)) {
        return Err(Invalid);
    }
    Ok(Subject { kind, name: name.to_owned(), namespace: namespace.map(str::to_owned) })
}

/// Access v1alpha4, IdentityBinding: at least one scheme, and not pod labels
/// together with a ServiceAccount.
pub(super) fn identity_binding(document: &Value, version: &str) -> Read<Binding> {
    if version != "v1alpha4" {
        return Err(Invalid);
    }
    let schemes = wrapped(document, &["schemes"])?.get("schemes").ok_or(Invalid)?;
    let schemes = fields(schemes, &["podLabelSelector", "spiffeIdentities", "serviceAccount"])?;
    let account = text(schemes, "serviceAccount")?;
    let selector = schemes.get("podLabelSelector");
    if schemes.is_empty()
        || (selector.is_some() && account.is_some())
        || account.is_some_and(|account| !is_dns_name(account))
    {
        return Err(Invalid);
    }
    let identities = texts(schemes, "spiffeIdentities")?.unwrap_or_default();
    Ok(Binding {
        service_account: account.map(str::to_owned),
        spiffe_identities: identities.iter().map(|id| spiffe_id(id)).collect::<Read<_>>()?,
        pod_labels: selector.map(match_labels).transpose()?,
    })
}

fn match_labels(selector: &Value) -> Read<Labels> {
    let labels = fields(selector, &["matchLabels"])?.get("matchLabels").ok_or(Invalid)?;
    let labels = labels.as_mapping().filter(|labels| !labels.is_empty()).ok_or(Invalid)?;
    let text = |value: &Value| value.as_str().map(str::to_owned).ok_or(Invalid);
    labels.iter().map(|(key, value)| Ok((text(key)?, text(value)?))).collect()
}

/// The specification's examples leave out `spiffe://`. For the rest, the SPIFFE ID
/// standard, section 2; a workload's has a path.
fn spiffe_id(written: &str) -> Read<String> {
    let rest = written.strip_prefix("spiffe://").unwrap_or(written);
    let (trust_domain, path) = rest.split_once('/').ok_or(Invalid)?;
    let lower = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || b".-_".contains(&it);
    let is_segment = |segment: &str| {
        !matches!(segment, "" | "." | "..")
            && segment.bytes().all(|byte| lower(byte) || byte.is_ascii_uppercase())
    };
    let id = format!("spiffe://{rest}");
    let is_valid = !trust_domain.is_empty()
        && trust_domain.bytes().all(lower)
        && path.split('/').all(is_segment)
        && id.len() <= 2048;
    if is_valid { Ok(id) } else { Err(Invalid) }
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
