//! What is in tables, and how little.

use std::collections::BTreeMap;

use decision_table::{Attribute, RuleId};
use policy_compiler::{Options, Scope};

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
