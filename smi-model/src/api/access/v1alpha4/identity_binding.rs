//! IdentityBinding: which identities a workload has.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    api::{
        Resource,
        cursor::Object,
        metadata::{metadata, spec},
        schema,
        shape::{Losses, ObjectMeta, Pairs, Shape, plain},
        spiffe::spiffe_id,
        values::{labels, object_name},
    },
    canonical::{self, Labels},
    diagnostic::{Diagnostic, code},
    source::{Span, Spanned},
};

/// Lists the identities of a workload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct IdentityBinding {
    /// Name and namespace.
    pub metadata: ObjectMeta,
    /// Its identities.
    pub spec: IdentityBindingSpec,
}

/// What an IdentityBinding lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct IdentityBindingSpec {
    /// Ways to name identities, of which each adds to the others.
    pub schemes: Schemes,
}

/// At least one way to name identities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "not" = {"required": ["podLabelSelector", "serviceAccount"]}))]
pub struct Schemes {
    /// Pods of the binding's namespace by their labels; not together with
    /// `serviceAccount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default, with = "PodLabelSelector")]
    pub pod_label_selector: Option<PodLabelSelector>,
    /// SPIFFE IDs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default, schema_with = "schema::spiffe_ids")]
    pub spiffe_identities: Vec<String>,
    /// A ServiceAccount of the binding's namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default, schema_with = "schema::object_name")]
    pub service_account: Option<String>,
}

/// Selects pods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct PodLabelSelector {
    /// The labels that the pods must all have.
    #[schemars(schema_with = "schema::some_labels")]
    pub match_labels: Pairs,
}

impl Shape for IdentityBinding {
    type Canonical = canonical::IdentityBinding;

    fn of(binding: &canonical::IdentityBinding, _: &mut Losses) -> Self {
        let selector = |labels| PodLabelSelector { match_labels: Pairs::of(labels) };
        let schemes = Schemes {
            pod_label_selector: binding.pod_labels.as_ref().map(selector),
            spiffe_identities: plain(&binding.spiffe_identities),
            service_account: binding.service_account.as_ref().map(|it| it.value.clone()),
        };
        Self { metadata: ObjectMeta::of(&binding.meta), spec: IdentityBindingSpec { schemes } }
    }
}

const SCHEMES: [&str; 3] = ["podLabelSelector", "spiffeIdentities", "serviceAccount"];

const NO_LABELS: &str = "a selector without labels would mean every pod; name one by its labels";
const NO_IDENTITIES: &str = "remove `spiffeIdentities` if another scheme says who is meant";

pub(in crate::api) fn identity_binding(object: &mut Object<'_>) -> Option<Resource> {
    let meta = metadata(object);
    let schemes = spec(object, &[("schemes", "schemes")], |spec| {
        spec.mistakes(SCHEMES, "write it below `schemes`, indented");
        spec.required("schemes", |it| it.object(schemes))
    });
    let (meta, Found { pod_labels, spiffe_identities, service_account }) = (meta?, schemes?);
    let spiffe_identities = spiffe_identities.unwrap_or_default();
    Some(Resource::IdentityBinding(canonical::IdentityBinding {
        meta,
        service_account,
        spiffe_identities,
        pod_labels,
    }))
}

/// What `schemes` says; what is absent there is `None` here.
struct Found {
    pod_labels: Option<Labels>,
    spiffe_identities: Option<Vec<Spanned<String>>>,
    service_account: Option<Spanned<String>>,
}

fn schemes(fields: &mut Object<'_>) -> Option<Found> {
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
    Some(Found {
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
    use crate::testing::*;

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
