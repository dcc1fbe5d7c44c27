//! What tests and documents of other SMI implementations assert, as far as a
//! collection of them is at hand: every case is asked of the oracle and of the
//! product, in the dialects that it names.

mod access;
mod identities;
mod question;
mod routes;
mod rulesets;
mod splits;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde_json::Value;

use crate::shared;
use question::Answers;

/// Cases that are answered differently, and why that is right.
const DIFFERENCES: &[(&str, &str)] = &[
    ("traefik-it-01", "a TrafficTarget without rules grants nothing, in every dialect"),
    ("osm-cli-01", "the tool says that pods may talk which OSM's own proxies do not let talk"),
    ("osm-identity-02", PRINCIPAL),
    ("osm-identity-03", ANYBODY),
    ("osm-identity-04", ANYBODY),
    ("spec-split-09", "OSM never had `matches` in splits, so that its dialect has none"),
];

const PRINCIPAL: &str = "SPIFFE IDs are written as Istio and Kubernetes write them: `ns/…/sa/…`";
const ANYBODY: &str = "an identity is somebody: nothing stands for all of them";

type Ask = fn(&Value, &mut Answers);

/// How to ask about the cases of each kind.
const KINDS: &[(&str, Ask)] = &[
    ("access", access::ask),
    ("split", splits::ask),
    ("weights", splits::ask_weights),
    ("methods", routes::ask_methods),
    ("headers", routes::ask_headers),
    ("resolve", routes::ask_resolved),
    ("merge", routes::ask_merged),
    ("identities", identities::ask),
    ("l4policies", identities::ask_on_ports),
    ("identity", identities::ask_principal),
    ("check-pods", access::ask_any_protocol),
    ("ruleset", rulesets::ask),
];

#[test]
fn others_answers_are_ours() {
    let kinds: Vec<&str> = KINDS.iter().map(|(kind, _)| *kind).collect();
    let Some(cases) = shared::cases("others_answers_are_ours", &kinds) else { return };
    let mut answers = Answers::default();
    let mut of_kinds = BTreeMap::<&str, usize>::new();
    for case in &cases {
        let (kind, ask) = KINDS.iter().find(|(kind, _)| case["kind"] == *kind).expect("a kind");
        *of_kinds.entry(kind).or_default() += 1;
        let before = answers.asked;
        answers.begin(case);
        ask(case, &mut answers);
        assert!(answers.asked > before, "{}: nothing is asked", case["id"]);
    }
    writeln!(io::stderr(), "cases: {of_kinds:?}; {}", answers.summary()).ok();
    let listed: BTreeSet<&str> = DIFFERENCES.iter().map(|(id, _)| *id).collect();
    let differing: BTreeSet<&str> = answers.differing.keys().map(String::as_str).collect();
    assert_eq!(differing, listed, "answers that differ:\n{:#?}", answers.differing);
}
