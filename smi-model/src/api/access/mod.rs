//! `access.smi-spec.io`: who may call whom. What the versions share is here.

pub(super) mod v1alpha1;
pub(super) mod v1alpha2;
pub(super) mod v1alpha3;
pub(super) mod v1alpha4;

use super::{
    cursor::{Object, Value},
    values::{filled_text, namespace_name, object_name, one_of, port},
};
use crate::{
    canonical::{RouteKind, RuleRef, Subject, SubjectKind},
    source::Spanned,
};

const SUBJECT_KINDS: [(&str, SubjectKind); 1] = [("ServiceAccount", SubjectKind::ServiceAccount)];

const NO_SOURCES: &str = "a target without sources lets nobody in; remove the whole object if \
                          that is meant";
const NO_RULES: &str = "a target without rules allows nothing; name a route with `kind` and `name`";
const NO_MATCHES: &str = "remove `matches` if all matches of the group are meant";

/// Reads the sources, of which there must be one.
fn sources(value: Value<'_>) -> Option<Vec<Subject>> {
    value.filled_list(NO_SOURCES, |source| source.object(subject))
}

/// Reads the references to routes, of which there must be one.
fn rules(value: Value<'_>, kinds: &[(&str, RouteKind)]) -> Option<Vec<RuleRef>> {
    value.filled_list(NO_RULES, |reference| reference.object(|fields| rule(fields, kinds)))
}

fn subject(fields: &mut Object<'_>) -> Option<Subject> {
    let kind = fields.required("kind", |kind| one_of(kind, &SUBJECT_KINDS));
    let name = fields.required("name", object_name);
    let namespace = fields.optional("namespace", namespace_name);
    Some(Subject { kind: kind?, name: name?, namespace: namespace?, span: fields.span() })
}

/// Reads a destination of the versions in which it can have a port.
fn destination_with_port(fields: &mut Object<'_>) -> Option<(Subject, Option<Spanned<u16>>)> {
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
