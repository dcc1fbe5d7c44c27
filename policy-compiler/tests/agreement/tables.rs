//! What is in tables, and how little.

use std::collections::BTreeMap;

use decision_table::{Attribute, IdentityForm, RuleId};
use policy_compiler::{Limits, Options, PolicySet, Scope, compile};
use smi_model::source::SourceMap;

use crate::{POLICIES, WORKLOADS, read, table};

#[test]
fn callers_that_may_do_the_same_share_a_class() {
    let options = Options::default();
    let (sources, policies) = read(POLICIES, &options);
    let peer = |account: &str| options.identity("shop", account).into_bytes();
    let classes = |scope: Scope<'_>| -> BTreeMap<Vec<u8>, u32> {
        let table = table(&policies, &sources, scope);
        table.peers().map(|(name, class)| (name.to_vec(), class)).collect()
    };
    let store = classes(Scope::Workload(&options.identity("shop", "store")));
    assert_eq!(store[&peer("raw")], store[&peer("twin")]);
    assert_ne!(store[&peer("raw")], store[&peer("keeper")]);
    assert_eq!(store.len(), 4, "others may not call it");
    assert_eq!(store.values().max(), Some(&3));
    let mesh = classes(Scope::Mesh);
    assert_ne!(mesh[&peer("raw")], mesh[&peer("twin")], "one of them may call the desk");
    assert_eq!(mesh[&peer("guest")], mesh[&peer("visitor")]);
    assert_eq!(mesh.len(), 7);
}

#[test]
fn methods_that_rules_take_together_share_a_class() {
    let options = Options::default();
    let (sources, policies) = read(POLICIES, &options);
    let store = options.identity("shop", "store");
    let table = table(&policies, &sources, Scope::Workload(&store));
    let mut methods: Vec<_> =
        table.methods().map(|(name, class)| (class, str::from_utf8(name).unwrap())).collect();
    methods.sort_unstable();
    let expected = [
        (1, "DELETE"),
        (2, "GET"),
        (3, "HEAD"),
        // Of a split.
        (4, "OPTIONS"),
        (4, "TRACE"),
        (5, "PATCH"),
        (5, "POST"),
        (5, "PUT"),
    ];
    assert_eq!(methods, expected);
}

#[test]
fn a_table_looks_at_what_its_rules_and_the_splits_want_in_order() {
    let options = Options::default();
    let (sources, policies) = read(POLICIES, &options);
    let levels = |account: &str| -> Vec<String> {
        let workload = options.identity("shop", account);
        let table = table(&policies, &sources, Scope::Workload(&workload));
        let name = |level| match level {
            Attribute::Header(name, _) => String::from_utf8(name.to_vec()).unwrap(),
            other => format!("{other:?}"),
        };
        table.levels().map(name).collect()
    };
    let everywhere = ["Destination", "Service", "Peer", "Protocol", "Port"];
    let of_store = ["Path(0)", "Method", "Host(1)", "x-tag", "x-user"];
    assert_eq!(levels("store"), [&everywhere[..], &of_store].concat());
    assert_eq!(levels("till"), [&everywhere[..], &["Method"]].concat());
    assert_eq!(levels("desk"), [&everywhere[..], &["Path(0)", "Method"]].concat());
    assert_eq!(levels("idle"), ["Destination", "Service", "Protocol", "Port", "Method"]);
}

/// A diagram has no node twice, and no edge that leads where others lead; that of
/// the mesh is all others behind one more node.
#[test]
fn diagrams_are_small() {
    let options = Options::default();
    let (sources, policies) = read(POLICIES, &options);
    let nodes = |scope: Scope<'_>| table(&policies, &sources, scope).nodes();
    let of_splits = 4;
    let mut all = 1;
    for (account, expected) in WORKLOADS.into_iter().zip([19, 6, 5, 0]) {
        let workload = options.identity("shop", account);
        assert_eq!(nodes(Scope::Workload(&workload)), (expected, of_splits), "{account}");
        all += expected;
    }
    assert_eq!(nodes(Scope::Mesh), (all, of_splits));
}

#[test]
fn rules_have_the_names_and_lines_of_their_matches() {
    let options = Options::default();
    let (sources, policies) = read(POLICIES, &options);
    let till = options.identity("shop", "till");
    let table = table(&policies, &sources, Scope::Workload(&till));
    let rules: Vec<_> = (0..table.named_rules())
        .filter_map(|rule| table.rule(RuleId(rule)))
        .map(|rule| (rule.target, rule.route, rule.line))
        .collect();
    let line = |text: &str| {
        let lines = POLICIES.lines().zip(1..);
        let mut lines = lines.filter(|(line, _)| line.contains(text)).map(|(_, number)| number);
        lines.next().unwrap()
    };
    let (only, others) = (line("name: only"), line("name: others"));
    let (web, any) = (line("{name: web,"), line("{name: any,"));
    let expected = [
        ("shop/d-till", "shop/bare#only", only),
        ("shop/e-till", "shop/any", any),
        ("shop/e-till", "shop/bare#only", only),
        ("shop/e-till", "shop/bare#others", others),
        ("shop/e-till", "shop/web", web),
    ];
    assert_eq!(rules, expected);
    assert_eq!(table.rule(RuleId(0)).map(|rule| rule.file), Some("policies.yaml"));
}

/// How many words the diagram of access takes: one for the root, three for a node,
/// two for an edge.
fn words(policies: &PolicySet, sources: &SourceMap, scope: Scope<'_>) -> usize {
    let table = table(policies, sources, scope);
    let access = table.sections().find(|(name, _)| *name == "access");
    access.map_or(0, |(_, length)| length / 4)
}

/// Policies with a route for every path and method `GET`, and one for each path and
/// method here.
fn routes(paths: &[(&str, &str)]) -> String {
    let matches = paths.iter().zip(0..).map(|((path, method), number)| {
        format!("  - {{name: m{number}, pathRegex: '{path}', methods: [{method}]}}\n")
    });
    format!(
        "apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: {{name: g, namespace: shop}}
spec:
  matches:
  - {{name: all, methods: [GET]}}
{}---
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: {{name: t, namespace: shop}}
spec:
  destination: {{kind: ServiceAccount, name: store, namespace: shop}}
  sources: [{{kind: ServiceAccount, name: reader, namespace: town}}]
  rules: [{{kind: HTTPRouteGroup, name: g}}]
",
        matches.collect::<String>()
    )
}

/// Where most classes of a level lead needs no edges, whether rules name them or not.
#[test]
fn what_other_rules_cover_makes_no_diagram_larger() {
    let size = |paths: &[(&str, &str)]| {
        let (sources, policies) = read(&routes(paths), &Options::default());
        words(&policies, &sources, Scope::Mesh)
    };
    let one = size(&[("/.*", "PUT")]);
    assert_eq!(size(&[("/.*", "PUT"), ("/a", "PUT"), ("/b", "PUT"), ("/c", "PUT")]), one);
    // Most classes, two of three, lead where `PUT` is allowed, until there are others.
    let some = [("/[xy].*", "PUT"), ("/x", "PUT"), ("/y", "PUT")];
    assert_eq!(size(&some), one);
    let others = [("/c", "GET"), ("/d", "GET"), ("/e", "GET")];
    let edge = 2;
    for count in 1..=others.len() {
        let (others, _) = others.split_at(count);
        assert_eq!(size(&[&some[..], others].concat()), one + edge, "{count}");
    }
}

#[test]
fn nodes_have_the_fewest_edges() {
    let options = Options::default();
    let (sources, policies) = read(POLICIES, &options);
    for (account, expected) in WORKLOADS.into_iter().zip([134, 37, 36, 1]) {
        let workload = options.identity("shop", account);
        assert_eq!(words(&policies, &sources, Scope::Workload(&workload)), expected, "{account}");
    }
    assert_eq!(words(&policies, &sources, Scope::Mesh), 220);
}

#[test]
fn what_is_too_large_is_told_with_its_place() {
    let limits = Limits { automaton_bytes: 8 << 10, ..Limits::default() };
    let options = Options { limits, ..Options::default() };
    let text = routes(&[("/fine", "GET"), ("/.*a.{8}", "GET"), ("/as-fine", "GET")]);
    let (sources, policies) = read(&text, &options);
    let findings = compile(&policies, &sources, Scope::Mesh);
    assert_eq!(findings.value, None);
    let [error] = findings.diagnostics.as_slice() else { panic!("one error") };
    let line = sources.locate(error.primary.span).map(|place| place.line);
    let expected = text.lines().zip(1..).find(|(line, _)| line.contains("{8}"));
    assert_eq!(line, expected.map(|(_, number)| number));
}

#[test]
fn workloads_are_those_that_are_called_or_have_an_account() {
    let dotted = "---\napiVersion: v1\nkind: ServiceAccount\n\
                  metadata: {name: with.dot, namespace: shop}\n";
    let text = [POLICIES, dotted].concat();
    for (identity_form, accounts) in [
        (IdentityForm::Spiffe, &["desk", "idle", "store", "till", "with.dot"][..]),
        // Where identities are names, a dot could be one between others.
        (IdentityForm::ServiceName, &["desk", "idle", "store", "till"]),
    ] {
        let options = Options { identity_form, ..Options::default() };
        let (_, policies) = read(&text, &options);
        let expected: Vec<String> =
            accounts.iter().map(|account| options.identity("shop", account)).collect();
        assert!(policies.workloads().eq(expected.iter().map(String::as_str)), "{identity_form}");
    }
}
