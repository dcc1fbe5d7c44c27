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

use super::{NO_SOURCES, TARGET_FIELDS, rules, v1alpha3::RULE_KINDS};
use crate::{
    api::{
        ACCESS, Resource,
        cursor::{Object, Value},
        metadata::{metadata, spec},
        spiffe::spiffe_id,
        values::{labels, namespace_name, object_name, one_of},
    },
    canonical::{IdentityBinding, Labels, Subject, SubjectKind, TrafficTarget},
    diagnostic::{Diagnostic, code},
    source::{Span, Spanned},
};

const SUBJECT_KINDS: [(&str, SubjectKind); 2] = [
    ("ServiceAccount", SubjectKind::ServiceAccount),
    ("IdentityBinding", SubjectKind::IdentityBinding),
];

const SCHEMES: [&str; 3] = ["podLabelSelector", "spiffeIdentities", "serviceAccount"];

const NO_LABELS: &str = "a selector without labels would mean every pod; name one by its labels";
const NO_IDENTITIES: &str = "remove `spiffeIdentities` if another scheme says who is meant";

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
    Some(Resource::TrafficTarget(TrafficTarget { meta, destination, port, sources, rules }))
}

fn subject(fields: &mut Object<'_>) -> Option<Subject> {
    fields.mistakes(["port"], "since v1alpha3, a TCPRoute among the rules says which ports");
    fields.mistakes(["apiGroup"], "it is called `group` here");
    let kind = fields.required("kind", |kind| one_of(kind, &SUBJECT_KINDS));
    let group = fields.optional("group", |it| group(it, kind));
    let name = fields.required("name", object_name);
    let namespace = fields.optional("namespace", namespace_name);
    group?;
    Some(Subject { kind: kind?, name: name?, namespace: namespace?, span: fields.span() })
}

/// Reads the API group of a subject's kind. An empty one is as good as none.
fn group(value: Value<'_>, kind: Option<SubjectKind>) -> Option<()> {
    let group = value.text()?;
    match kind {
        Some(SubjectKind::IdentityBinding) if !group.value.is_empty() => {
            one_of(value, &[(ACCESS, ())])
        }
        Some(SubjectKind::ServiceAccount) if !group.value.is_empty() => {
            let message = format!("`{}` cannot be `{}`", value.path(), group.value);
            let help = "a ServiceAccount is of Kubernetes itself; remove `group`";
            value.report(value.error(code::UNKNOWN_VALUE, message).help(help));
            None
        }
        _ => Some(()),
    }
}

pub(in crate::api) fn identity_binding(object: &mut Object<'_>) -> Option<Resource> {
    let meta = metadata(object);
    let schemes = spec(object, &[("schemes", "schemes")], |spec| {
        spec.mistakes(SCHEMES, "write it below `schemes`, indented");
        spec.required("schemes", |it| it.object(schemes))
    });
    let (meta, Schemes { pod_labels, spiffe_identities, service_account }) = (meta?, schemes?);
    let spiffe_identities = spiffe_identities.unwrap_or_default();
    Some(Resource::IdentityBinding(IdentityBinding {
        meta,
        service_account,
        spiffe_identities,
        pod_labels,
    }))
}

/// What `schemes` says; what is absent there is `None` here.
struct Schemes {
    pod_labels: Option<Labels>,
    spiffe_identities: Option<Vec<Spanned<String>>>,
    service_account: Option<Spanned<String>>,
}

fn schemes(fields: &mut Object<'_>) -> Option<Schemes> {
    let (mut selector_at, mut account_at) = (None, None);
    let pod_labels = fields.optional("podLabelSelector", |it| {
        selector_at = Some(it.head());
        it.object(match_labels)
    });
    let spiffe_identities =
        fields.optional("spiffeIdentities", |it| it.filled_list(NO_IDENTITIES, spiffe_id));
    let service_account = fields.optional("serviceAccount", |it| {
        account_at = Some(it.head());
        object_name(it)
    });
    if let (Some(selector), Some(account)) = (selector_at, account_at) {
        fields.report(exclusive(selector, account));
    }
    // Of fields that are no schemes, their being unknown says enough.
    if fields.is_empty() {
        fields.report(no_scheme(fields));
    }
    Some(Schemes {
        pod_labels: pod_labels?,
        spiffe_identities: spiffe_identities?,
        service_account: service_account?,
    })
}

fn match_labels(selector: &mut Object<'_>) -> Option<Labels> {
    selector.required("matchLabels", |it| labels(it, NO_LABELS))
}

fn exclusive(selector: Span, account: Span) -> Diagnostic {
    let message = "`podLabelSelector` and `serviceAccount` exclude each other";
    Diagnostic::error(code::EXCLUSIVE_SCHEMES, account, message)
        .label("pods that run under this account")
        .related(selector, "pods that have these labels")
        .help("keep one of them, or write two bindings and name both in the TrafficTarget")
}

fn no_scheme(fields: &Object<'_>) -> Diagnostic {
    let message = format!("`{}` names no identity", fields.path());
    Diagnostic::error(code::NO_SCHEME, fields.key(), message)
        .help("name one by `serviceAccount`, `spiffeIdentities` or `podLabelSelector`")
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

    const BINDING: &str = "\
apiVersion: access.smi-spec.io/v1alpha4
kind: IdentityBinding
metadata: {name: b, namespace: ns}
spec:
  schemes:
    spiffeIdentities:
    - spiffe://example.org/a
    - spiffe://other.org/b/c
    serviceAccount: a
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
    fn every_field_of_a_binding_is_kept() {
        let binding = accept(BINDING).identity_bindings.remove(0);
        assert_eq!(binding.meta.qualified_name(), "ns/b");
        assert_eq!(binding.service_account.unwrap().value, "a");
        let ids: Vec<_> = binding.spiffe_identities.iter().map(|id| id.value.as_str()).collect();
        assert_eq!(ids, ["spiffe://example.org/a", "spiffe://other.org/b/c"]);
        assert_eq!(binding.pod_labels, None);
        let selector = "podLabelSelector: {matchLabels: {tier: back, app: shop}}";
        let binding = accept(&BINDING.replace("serviceAccount: a", selector));
        let labels = binding.identity_bindings[0].pod_labels.clone().unwrap();
        let labels = labels.iter().map(|(key, value)| format!("{}={}", key.value, value.value));
        assert_eq!(labels.collect::<Vec<_>>(), ["tier=back", "app=shop"]);
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

    #[test]
    fn a_binding_has_a_scheme() {
        let head = BINDING.split("  schemes").next().unwrap();
        let schemes = |schemes: &str| reject(&format!("{head}  schemes: {schemes}\n"));
        assert_eq!(schemes("{}"), ["SMI221 5:3 `spec.schemes` names no identity"]);
        assert_eq!(
            schemes("{spiffeIdentities: [], podLabelSelector: {matchLabels: {}}}"),
            [
                "SMI211 5:13 `spec.schemes.spiffeIdentities` is empty",
                "SMI211 5:54 `spec.schemes.podLabelSelector.matchLabels` is empty",
            ]
        );
        assert_eq!(
            schemes("{podLabelSelector: {}, serviceAccounts: a}"),
            [
                "SMI207 5:13 `spec.schemes.podLabelSelector` has no `matchLabels`",
                "SMI206 5:35 `spec.schemes` has no field `serviceAccounts`",
            ]
        );
    }

    #[test]
    fn labels_and_account_exclude_each_other() {
        let both = format!("{BINDING}    podLabelSelector: {{matchLabels: {{app: shop}}}}\n");
        let findings = read(&both);
        assert_eq!(findings.diagnostics[0].related.len(), 1);
        assert!(findings.value.identity_bindings.is_empty());
        assert_eq!(
            reject(&both),
            ["SMI222 9:21 `podLabelSelector` and `serviceAccount` exclude each other"]
        );
    }
}
