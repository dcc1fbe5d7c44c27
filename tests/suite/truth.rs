//! Verdicts that tests and documents of other SMI implementations assert, as far
//! as a collection of them is at hand.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use conformance::engine::{Decision, Enforcer, Engine, Oracle, Policies, Tables};
use conformance::request::Request;
use decision_table::Dialect;
use serde::Deserialize;

/// Cases that are answered differently, and why that is right.
const DIFFERENCES: &[(&str, &str)] = &[
    ("osm-inbound-05-p01", PERMISSIVE),
    ("osm-inbound-05-p02", PERMISSIVE),
    ("osm-inbound-05-p03", PERMISSIVE),
    ("osm-e2e-11", PERMISSIVE),
    ("traefik-it-01", "a TrafficTarget without rules grants nothing, in every dialect"),
];

const PERMISSIVE: &str = "permissive mode is a switch of the host, which then asks no table";

#[derive(Deserialize)]
struct Collection {
    cases: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    policies: Option<String>,
    request: Request,
    dialect: String,
    expected: Expected,
    #[serde(default)]
    dialect_expected: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Expected {
    decision: String,
}

#[test]
fn others_verdicts_are_ours() {
    let Some(folder) = std::env::var_os("SMI_SHARED") else {
        // Not by `println`, which the test runner keeps to itself.
        writeln!(io::stderr(), "skipped: others_verdicts_are_ours: SMI_SHARED is not set").ok();
        return;
    };
    let cases = access_cases(&Path::new(&folder).join("oracle/open.json"));
    let mut answers = Answers::default();
    for case in &cases {
        answers.ask(&Oracle, case);
        answers.ask(&Tables::OfWorkloads, case);
        answers.ask(&Tables::OfMesh, case);
    }
    writeln!(io::stderr(), "{}", answers.summary(cases.len())).ok();
    let listed: BTreeSet<&str> = DIFFERENCES.iter().map(|(id, _)| *id).collect();
    let differing: BTreeSet<&str> = answers.differing.keys().map(String::as_str).collect();
    assert_eq!(differing, listed, "answers that differ:\n{:#?}", answers.differing);
}

fn access_cases(path: &Path) -> Vec<Case> {
    let text = fs::read_to_string(path).expect("SMI_SHARED has oracle/open.json");
    let collection: Collection = serde_json::from_str(&text).expect("it is a collection of cases");
    let cases = collection.cases.into_iter().filter(|case| case["kind"] == "access");
    cases.map(|case| serde_json::from_value(case).expect("access cases have one shape")).collect()
}

#[derive(Default)]
struct Answers {
    agreeing: usize,
    /// What was answered otherwise, by case.
    differing: BTreeMap<String, Vec<String>>,
}

impl Answers {
    fn ask(&mut self, engine: &dyn Engine, case: &Case) {
        let text = case.policies.as_deref().unwrap_or_default();
        for (dialect, expected) in case.expectations() {
            let enforcer: Box<dyn Enforcer> = engine.load(&Policies::of(dialect, text));
            let decision = enforcer.decide(&case.request);
            if decision.agrees_with(&expected) {
                self.agreeing += 1;
            } else {
                let answer = format!("{dialect}: {expected}; {}: {decision}", engine.name());
                self.differing.entry(case.id.clone()).or_default().push(answer);
            }
        }
    }

    fn summary(&self, cases: usize) -> String {
        format!(
            "{cases} cases: {} answers agree, {} cases differ as listed",
            self.agreeing,
            self.differing.len(),
        )
    }
}

impl Case {
    /// What is known for each dialect: its own verdict where the case names one,
    /// or else the case's, when that is about this dialect or about all.
    fn expectations(&self) -> Vec<(Dialect, Decision)> {
        let verdict = |dialect: Dialect| match self.dialect_expected.get(dialect.name()) {
            Some(own) => decision(own),
            None if self.dialect == dialect.name() || self.dialect == "any" => {
                decision(&self.expected.decision)
            }
            None => None,
        };
        let dialects = Dialect::ALL.into_iter();
        dialects.filter_map(|dialect| Some((dialect, verdict(dialect)?))).collect()
    }
}

/// `allow` or `deny`, with a remark behind it perhaps. Anything else is a remark
/// alone: nobody knows.
fn decision(text: &str) -> Option<Decision> {
    match text.split_once(' ').map_or(text, |(verdict, _)| verdict) {
        "allow" => Some(Decision::Allow),
        "deny" => Some(Decision::Deny(None)),
        _ => None,
    }
}
