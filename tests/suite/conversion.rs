//! Policies mean the same in every version that can express them.

use conformance::engine::{Decision, Enforcer, Engine, Policies, Tables};
use conformance::generate::{Scenario, config, scenario};
use conformance::request::Protocol;
use proptest::prelude::*;
use smi_model::ReadOptions;
use smi_model::convert::{Targets, convert};
use smi_model::source::SourceMap;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_conversion_changes_what_is_allowed(scenario in scenario()) {
        let original = scenario.bundle.yaml();
        let Some(up) = converted(&original, &["access.smi-spec.io/v1alpha3", "v1alpha4"]) else {
            return Ok(());
        };
        compare(&scenario, &original, &up, Way::Up)?;
        for version in ["v1alpha1", "v1alpha2", "v1alpha3"] {
            if let Some(down) = converted(&up, &[version]) {
                compare(&scenario, &up, &down, Way::Down)?;
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

/// Asks for all requests under both texts. On the way up, a port becomes a
/// TCPRoute, which also admits connections that are not HTTP; the conversion says so.
fn compare(scenario: &Scenario, before: &str, after: &str, way: Way) -> Result<(), TestCaseError> {
    let load = |text: &str| Tables::OfMesh.load(&Policies::of(scenario.dialect, text));
    let (old, new) = (load(before), load(after));
    for request in &scenario.requests {
        let (old, new) = (allows(&*old, request), allows(&*new, request));
        let widened = way == Way::Up && request.protocol == Protocol::Tcp && new;
        prop_assert!(
            old == new || widened,
            "{request:?}: {old}, then {new}\n{before}\n=>\n{after}"
        );
    }
    Ok(())
}

fn allows(enforcer: &dyn Enforcer, request: &conformance::request::Request) -> bool {
    enforcer.decide(request) == Decision::Allow
}

/// The text in other versions, if they can express it.
fn converted(text: &str, to: &[&str]) -> Option<String> {
    let mut sources = SourceMap::new();
    sources.add("policies.yaml", text).expect("it is small");
    let targets = Targets::parse(to.iter().copied()).expect("these are versions");
    let converted = convert(&sources, &targets, &ReadOptions::default());
    let fine = !converted.has_errors();
    fine.then(|| converted.value.into_iter().next().map_or_else(|| text.to_owned(), |it| it.text))
}
