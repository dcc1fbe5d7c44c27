//! `access.smi-spec.io`: who may call whom. What the versions share is here.

pub mod v1alpha1;
pub mod v1alpha2;
pub mod v1alpha3;
pub mod v1alpha4;

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    cursor::{Object, Value},
    schema,
    shape::{Losses, plain},
    values::{filled_text, namespace_name, object_name, one_of, port},
};
use crate::{
    canonical::{self, RouteKind, RuleRef, SubjectKind},
    convert::Fields,
    source::Spanned,
};

/// The body of a TrafficTarget in v1alpha1 and, with other names, below `spec`.
pub(crate) const TARGET_FIELDS: &Fields = &[
    ("destination", "destination"),
    ("sources", "sources"),
    ("specs", "rules"),
    ("rules", "rules"),
];

/// An identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Subject {
    /// What the name names.
    pub kind: ServiceAccount,
    /// The name of the ServiceAccount.
    #[schemars(schema_with = "schema::object_name")]
    pub name: String,
    /// The namespace of the ServiceAccount.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default, schema_with = "schema::namespace_name")]
    pub namespace: Option<String>,
}

/// An identity that is called, and on which port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PortedSubject {
    /// What the name names.
    pub kind: ServiceAccount,
    /// The name of the ServiceAccount.
    #[schemars(schema_with = "schema::object_name")]
    pub name: String,
    /// The namespace of the ServiceAccount.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default, schema_with = "schema::namespace_name")]
    pub namespace: Option<String>,
    /// The only port that is opened; every port when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default, schema_with = "schema::port_number")]
    pub port: Option<u16>,
}

/// The kind of subjects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub enum ServiceAccount {
    /// A Kubernetes ServiceAccount.
    ServiceAccount,
}

/// A reference to routes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Rule<K> {
    /// The kind of the route object.
    pub kind: K,
    /// Its name, in the namespace of the TrafficTarget.
    #[schemars(schema_with = "schema::object_name")]
    pub name: String,
    /// The matches of an HTTPRouteGroup that are meant; all when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default, with = "Vec<String>", length(min = 1), inner(length(min = 1)))]
    pub matches: Option<Vec<String>>,
}

impl Subject {
    fn of(subject: &canonical::Subject) -> Self {
        Self {
            kind: ServiceAccount::ServiceAccount,
            name: subject.name.value.clone(),
            namespace: subject.namespace.as_ref().map(|it| it.value.clone()),
        }
    }

    fn with_port(self, port: Option<&Spanned<u16>>) -> PortedSubject {
        let Self { kind, name, namespace } = self;
        PortedSubject { kind, name, namespace, port: port.map(|port| port.value) }
    }
}

impl<K> Rule<K> {
    fn of(rule: &RuleRef, kind: K) -> Self {
        Self { kind, name: rule.name.value.clone(), matches: rule.matches.as_deref().map(plain) }
    }
}

/// Notes the subjects that no version before v1alpha4 has.
fn lose_bindings(target: &canonical::TrafficTarget, losses: &mut Losses) {
    let subjects = target.sources.iter().chain([&target.destination]);
    for subject in subjects.filter(|it| it.kind == SubjectKind::IdentityBinding) {
        losses.add(subject.span, "an IdentityBinding as a subject");
    }
}

const SUBJECT_KINDS: [(&str, SubjectKind); 1] = [("ServiceAccount", SubjectKind::ServiceAccount)];

const NO_SOURCES: &str = "a target without sources lets nobody in; remove the whole object if \
                          that is meant";
const NO_RULES: &str = "a target without rules allows nothing; name a route with `kind` and `name`";
const NO_MATCHES: &str = "remove `matches` if all matches of the group are meant";

/// Reads the sources, of which there must be one.
fn sources(value: Value<'_>) -> Option<Vec<canonical::Subject>> {
    value.filled_list(NO_SOURCES, |source| source.object(subject))
}

/// Reads the references to routes, of which there must be one.
fn rules(value: Value<'_>, kinds: &[(&str, RouteKind)]) -> Option<Vec<RuleRef>> {
    value.filled_list(NO_RULES, |reference| reference.object(|fields| rule(fields, kinds)))
}

fn subject(fields: &mut Object<'_>) -> Option<canonical::Subject> {
    let kind = fields.required("kind", |kind| one_of(kind, &SUBJECT_KINDS));
    let name = fields.required("name", object_name);
    let namespace = fields.optional("namespace", namespace_name);
    Some(canonical::Subject {
        kind: kind?,
        name: name?,
        namespace: namespace?,
        span: fields.span(),
    })
}

/// Reads a destination of the versions in which it can have a port.
fn destination_with_port(
    fields: &mut Object<'_>,
) -> Option<(canonical::Subject, Option<Spanned<u16>>)> {
    let port = fields.optional("port", port);
    let destination = subject(fields);
    Some((destination?, port?))
}

fn rule(fields: &mut Object<'_>, kinds: &[(&str, RouteKind)]) -> Option<RuleRef> {
    let kind = fields.required("kind", |kind| one_of(kind, kinds));
    let name = fields.required("name", object_name);
    let matches = fields.optional("matches", |it| it.filled_list(NO_MATCHES, filled_text));
    Some(RuleRef { kind: kind?, name: name?, matches: matches?, span: fields.span() })
}
