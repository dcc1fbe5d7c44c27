//! `access.smi-spec.io/v1alpha4`: IdentityBinding has come, and subjects can be
//! one.
//!
//! The version is a draft: no release of the specification has it.
//!
//! ```yaml
//! # TrafficTarget
//! spec:
//!   destination: {kind: ServiceAccount | IdentityBinding, group?, name, namespace?}
//!   sources:
//!   - {kind: ServiceAccount | IdentityBinding, group?, name, namespace?}
//!   rules:
//!   - {kind: HTTPRouteGroup | TCPRoute | UDPRoute, name, matches?: [name]}
//! # IdentityBinding
//! spec:
//!   schemes:                          # at least one
//!     podLabelSelector?: {matchLabels: {key: value}}
//!     spiffeIdentities?: [SPIFFE ID]
//!     serviceAccount?: name           # not together with podLabelSelector
//! ```

mod identity_binding;

use schemars::JsonSchema;
use serde::Serialize;

pub(in crate::api) use identity_binding::identity_binding;
pub use identity_binding::{IdentityBinding, IdentityBindingSpec, PodLabelSelector, Schemes};

use super::{
    NO_SOURCES, Rule, TARGET_FIELDS, rules,
    v1alpha3::{RULE_KINDS, RuleKind},
};
use crate::{
    api::{
        ACCESS, Resource,
        cursor::{Object, Value},
        metadata::{metadata, spec},
        schema,
        shape::{Losses, ObjectMeta, Shape},
        values::{namespace_name, object_name, one_of},
    },
    canonical,
    diagnostic::code,
};

/// Lets its sources call its destination on the routes of its rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TrafficTarget {
    /// Name and namespace.
    pub metadata: ObjectMeta,
    /// Who may call whom on which routes.
    pub spec: TrafficTargetSpec,
}

/// What a TrafficTarget allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TrafficTargetSpec {
    /// Who is called.
    pub destination: Subject,
    /// Who calls.
    #[schemars(length(min = 1))]
    pub sources: Vec<Subject>,
    /// On which routes. TCPRoutes limit the HTTPRouteGroups beside them to their
    /// ports.
    #[schemars(length(min = 1))]
    pub rules: Vec<Rule<RuleKind>>,
}

/// An identity, or the list of them that an IdentityBinding is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Subject {
    /// What the name names.
    pub kind: SubjectKind,
    /// The API group of an IdentityBinding, which need not be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default, schema_with = "schema::access_group")]
    pub group: Option<String>,
    /// The object's name.
    #[schemars(schema_with = "schema::object_name")]
    pub name: String,
    /// The object's namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default, schema_with = "schema::namespace_name")]
    pub namespace: Option<String>,
}

/// The kinds of subjects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub enum SubjectKind {
    /// A Kubernetes ServiceAccount.
    ServiceAccount,
    /// A list of identities.
    IdentityBinding,
}

impl Shape for TrafficTarget {
    type Canonical = canonical::TrafficTarget;

    fn of(target: &canonical::TrafficTarget, losses: &mut Losses) -> Self {
        if let Some(port) = &target.port {
            losses.add(port.span, "the port of a destination");
        }
        let spec = TrafficTargetSpec {
            destination: Subject::of(&target.destination),
            sources: target.sources.iter().map(Subject::of).collect(),
            rules: target.rules.iter().map(|it| Rule::of(it, RuleKind::of(it.kind))).collect(),
        };
        Self { metadata: ObjectMeta::of(&target.meta), spec }
    }
}

impl Subject {
    fn of(subject: &canonical::Subject) -> Self {
        let (kind, group) = match subject.kind {
            canonical::SubjectKind::ServiceAccount => (SubjectKind::ServiceAccount, None),
            canonical::SubjectKind::IdentityBinding => (SubjectKind::IdentityBinding, Some(ACCESS)),
        };
        Self {
            kind,
            group: group.map(str::to_owned),
            name: subject.name.value.clone(),
            namespace: subject.namespace.as_ref().map(|it| it.value.clone()),
        }
    }
}

const SUBJECT_KINDS: [(&str, canonical::SubjectKind); 2] = [
    ("ServiceAccount", canonical::SubjectKind::ServiceAccount),
    ("IdentityBinding", canonical::SubjectKind::IdentityBinding),
];

pub(in crate::api) fn traffic_target(object: &mut Object<'_>) -> Option<Resource> {
    let meta = metadata(object);
    let spec = spec(object, TARGET_FIELDS, |spec| {
        let destination = spec.required("destination", |it| it.object(subject));
        let sources = spec
            .required("sources", |it| it.filled_list(NO_SOURCES, |source| source.object(subject)));
        let rules = spec.required("rules", |it| rules(it, &RULE_KINDS));
        Some((destination?, sources?, rules?))
    });
    let (destination, sources, rules) = spec?;
    let (meta, port) = (meta?, None);
    Some(Resource::TrafficTarget(canonical::TrafficTarget {
        meta,
        destination,
        port,
        sources,
        rules,
    }))
}

fn subject(fields: &mut Object<'_>) -> Option<canonical::Subject> {
    fields.mistakes(["port"], "since v1alpha3, a TCPRoute among the rules says which ports");
    fields.mistakes(["apiGroup"], "it is called `group` here");
    let kind = fields.required("kind", |kind| one_of(kind, &SUBJECT_KINDS));
    let group = fields.optional("group", |it| group(it, kind));
    let name = fields.required("name", object_name);
    let namespace = fields.optional("namespace", namespace_name);
    group?;
    Some(canonical::Subject {
        kind: kind?,
        name: name?,
        namespace: namespace?,
        span: fields.span(),
    })
}

/// Reads the API group of a subject's kind. An empty one is as good as none.
fn group(value: Value<'_>, kind: Option<canonical::SubjectKind>) -> Option<()> {
    let group = value.text()?;
    match kind {
        Some(canonical::SubjectKind::IdentityBinding) if !group.value.is_empty() => {
            one_of(value, &[(ACCESS, ())])
        }
        Some(canonical::SubjectKind::ServiceAccount) if !group.value.is_empty() => {
            let message = format!("`{}` cannot be `{}`", value.path(), group.value);
            let help = "a ServiceAccount is of Kubernetes itself; remove `group`";
            value.report(value.error(code::UNKNOWN_VALUE, message).help(help));
            None
        }
        _ => Some(()),
    }
}

#[cfg(test)]
mod tests {
    use crate::{canonical::SubjectKind, testing::*};

    const TARGET: &str = "\
apiVersion: access.smi-spec.io/v1alpha4
kind: TrafficTarget
metadata: {name: t, namespace: ns}
spec:
  destination:
    kind: IdentityBinding
    group: access.smi-spec.io
    name: d
  sources:
  - {kind: IdentityBinding, name: s, namespace: m}
  - {kind: ServiceAccount, group: '', name: a}
  rules:
  - {kind: UDPRoute, name: u}
";

    #[test]
    fn every_field_of_a_target_is_kept() {
        let target = accept(TARGET).traffic_targets.remove(0);
        assert_eq!(target.destination.kind, SubjectKind::IdentityBinding);
        assert_eq!((target.destination.name.value.as_str(), target.port), ("d", None));
        assert_eq!(target.sources[0].kind, SubjectKind::IdentityBinding);
        assert_eq!(target.sources[0].namespace.as_ref().unwrap().value, "m");
        assert_eq!(target.sources[1].kind, SubjectKind::ServiceAccount);
        assert_eq!(target.rules.len(), 1);
    }

    #[test]
    fn kind_and_group_go_together() {
        assert_eq!(
            reject(&TARGET.replace("''", "access.smi-spec.io")),
            ["SMI215 11:35 `spec.sources[1].group` cannot be `access.smi-spec.io`"]
        );
        assert_eq!(
            reject(&TARGET.replace("group: access", "group: specs")),
            ["SMI215 7:12 `spec.destination.group` cannot be `specs.smi-spec.io`"]
        );
        assert_eq!(
            reject(&TARGET.replace("v1alpha4", "v1alpha3")),
            [
                "SMI215 6:11 `spec.destination.kind` cannot be `IdentityBinding`",
                "SMI206 7:5 `spec.destination` has no field `group`",
                "SMI215 10:12 `spec.sources[0].kind` cannot be `IdentityBinding`",
                "SMI206 11:28 `spec.sources[1]` has no field `group`",
            ]
        );
    }
}
