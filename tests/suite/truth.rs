//! Verdicts that tests and documents of other SMI implementations assert, as far
//! as a collection of them is at hand.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use conformance::engine::{Decision, Enforcer, Engine, Oracle, Policies, Tables};
use conformance::request::Request;
use decision_table::Dialect;
use serde::Deserialize;

use crate::shared;

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
    let Some(cases) = shared::cases("others_verdicts_are_ours", &["access"]) else { return };
    let cases: Vec<Case> = cases
        .into_iter()
        .map(|case| serde_json::from_value(case).expect("access cases have one shape"))
        .collect();
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
