//! Help for names that are not there.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use policy_compiler::{Options, resolve};
use smi_model::source::SourceMap;

/// The help of all errors of some documents.
fn help(documents: &[&str]) -> Vec<String> {
    let mut sources = SourceMap::new();
    sources.add("policies.yaml", documents.join("---\n")).unwrap();
    let read = smi_model::read(&sources, &smi_model::Limits::default());
    let resolved = resolve(&read.value, &Options::default());
    resolved.diagnostics.into_iter().flat_map(|diagnostic| diagnostic.help).collect()
}

/// A target that asks for a match, of a group with so many.
fn help_among(matches: usize, asked: &str) -> Vec<String> {
    let names: String =
        (1..=matches).map(|number| format!("  - {{name: reading-{number:04}}}\n")).collect();
    let group = format!(
        "apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: {{name: g, namespace: shop}}
spec:
  matches:
{names}"
    );
    let target = format!(
        "apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: {{name: t, namespace: shop}}
spec:
  destination: {{kind: ServiceAccount, name: d, namespace: shop}}
  sources: [{{kind: ServiceAccount, name: s, namespace: shop}}]
  rules: [{{kind: HTTPRouteGroup, name: g, matches: [{asked}, reading-0001]}}]
"
    );
    help(&[&group, &target]).into_iter().filter(|help| !help.contains("matches")).collect()
}

#[test]
fn a_few_names_are_listed_when_none_is_near() {
    let listed = |count| help_among(count, "other");
    assert_eq!(listed(1), ["known here: `reading-0001`"]);
    let [eight] = &listed(8)[..] else { panic!("eight are few") };
    assert!(eight.ends_with("`reading-0007`, `reading-0008`"), "{eight}");
    assert!(listed(9).is_empty() && listed(10).is_empty());
}

#[test]
fn the_nearest_name_is_sought_among_a_thousand() {
    let suggested = |count| help_among(count, "reading-0001x");
    for count in [1, 9, 999, 1_000] {
        assert_eq!(suggested(count), ["did you mean `reading-0001`?"], "{count}");
    }
    for count in [1_001, 1_002, 1_003] {
        assert!(suggested(count).is_empty(), "{count}");
    }
}

/// What has errors was meant to be there, and may be what is meant.
#[test]
fn names_of_broken_bindings_are_suggested() {
    let binding = |name: &str, field: &str| {
        format!(
            "apiVersion: access.smi-spec.io/v1alpha4
kind: IdentityBinding
metadata: {{name: {name}, namespace: shop}}
spec: {{schemes: {{{field}: a}}}}
"
        )
    };
    let target = "apiVersion: access.smi-spec.io/v1alpha4
kind: TrafficTarget
metadata: {name: t, namespace: shop}
spec:
  destination: {kind: ServiceAccount, name: d, namespace: shop}
  sources: [{kind: IdentityBinding, name: guest, namespace: shop}]
  rules: [{kind: TCPRoute, name: r}]
";
    let route = "apiVersion: specs.smi-spec.io/v1alpha4
kind: TCPRoute
metadata: {name: r, namespace: shop}
spec: {matches: {}}
";
    let group = "apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: {name: gues, namespace: shop}
spec: {wrong: []}
";
    let broken = binding("guests", "wrong");
    assert_eq!(help(&[&broken, target, route]), ["did you mean `guests`?"]);
    let staff = binding("staff", "serviceAccount");
    assert_eq!(help(&[&staff, target, route, group]), ["known here: `staff`"]);
    assert_eq!(help(&[&broken.replace("shop", "town"), target, route]), [""; 0]);
}

/// A document with errors may be the one that is meant, above all when its name
/// cannot be read.
#[test]
fn accounts_are_missing_only_where_all_are_known() {
    let account =
        |fields: &str| format!("apiVersion: v1\nkind: ServiceAccount\nmetadata: {{{fields}}}\n");
    let target = "apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: {name: t, namespace: shop}
spec:
  destination: {kind: ServiceAccount, name: store, namespace: shop}
  sources: [{kind: ServiceAccount, name: buyer, namespace: town}]
  rules: [{kind: TCPRoute, name: r}]
";
    let route = "apiVersion: specs.smi-spec.io/v1alpha4
kind: TCPRoute
metadata: {name: r, namespace: shop}
spec: {matches: {}}
";
    let clerk = account("name: clerk, namespace: town");
    assert_eq!(help(&[&clerk, target, route]), ["known here: `clerk`"]);
    for other in ["namespace: town", "name: buyer, namespace: town, wrong: field"] {
        assert_eq!(help(&[&clerk, &account(other), target, route]), [""; 0], "{other}");
    }
}
