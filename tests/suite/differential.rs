//! Oracle and tables agree on policies and requests that nobody thought of.

use std::collections::BTreeMap;

use conformance::engine::{self, Decision, Engine, Tables};
use conformance::generate::{Scenario, scenario};
use conformance::request::Request;
use decision_table::Reason;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

proptest! {
    #![proptest_config(conformance::generate::config())]

    #[test]
    fn all_engines_agree(scenario in scenario()) {
        for (request, answers) in disagreements(&scenario) {
            prop_assert!(false, "{request:?}\n{}", answers.join("\n"));
        }
    }
}

/// Agreement proves little when all that is asked is denied for the same reason.
#[test]
fn random_requests_reach_every_answer() {
    let mut answers = BTreeMap::<String, usize>::new();
    let mut runner = TestRunner::deterministic();
    for _ in 0..300 {
        let scenario = scenario().new_tree(&mut runner).expect("no scenario is refused").current();
        let enforcer = Tables::OfMesh.load(&scenario.policies());
        for request in &scenario.requests {
            *answers.entry(enforcer.decide(request).to_string()).or_default() += 1;
        }
    }
    println!("{answers:#?}");
    let asked: usize = answers.values().sum();
    assert!(answers["allow"] * 5 > asked, "of {asked} requests hardly any is allowed");
    for reason in Reason::ALL.into_iter().filter(|reason| *reason != Reason::NoPolicy) {
        assert!(answers.contains_key(&format!("deny: {}", reason.code())), "{reason} never occurs");
    }
}

/// Requests that the engines decide differently, with what each of them says.
fn disagreements(scenario: &Scenario) -> Vec<(&Request, Vec<String>)> {
    let policies = scenario.policies();
    let engines = engine::all();
    let loaded: Vec<_> = engines.iter().map(|engine| (engine, engine.load(&policies))).collect();
    let mut disagreements = Vec::new();
    for request in &scenario.requests {
        let asked = loaded.iter().filter(|(engine, _)| engine.understands(request));
        let decisions: Vec<_> =
            asked.map(|(engine, enforcer)| (engine.name(), enforcer.decide(request))).collect();
        let agree =
            |(_, one): &(&str, Decision)| decisions.iter().all(|(_, other)| one.agrees_with(other));
        if !decisions.iter().all(agree) {
            let answers = decisions.iter().map(|(name, decision)| format!("{name}: {decision}"));
            disagreements.push((request, answers.collect()));
        }
    }
    disagreements
}
