//! Policies together with requests near them.

use std::fmt;

use decision_table::Dialect;
use proptest::collection::SizeRange;
use proptest::prelude::*;

use super::bundle::{Bundle, bundle};
use super::recipe::{SplitRequest, recipe};
use crate::engine::Policies;
use crate::request::Request;

/// Policies, how to read them, and what to ask.
#[derive(Clone)]
pub struct Scenario {
    /// The objects.
    pub bundle: Bundle,
    /// How to read them.
    pub dialect: Dialect,
    /// Requests near the TrafficTargets.
    pub requests: Vec<Request>,
    /// Requests near the TrafficSplits.
    pub split_requests: Vec<SplitRequest>,
}

/// Scenarios with a few requests each.
pub fn scenario() -> impl Strategy<Value = Scenario> {
    scenario_with(1..12)
}

/// Scenarios with so many requests each, and as many about splits if there are any.
pub fn scenario_with(requests: impl Into<SizeRange>) -> impl Strategy<Value = Scenario> {
    let recipes = prop::collection::vec(recipe(), requests);
    (bundle(), dialect(), recipes).prop_map(|(bundle, dialect, recipes)| {
        let requests = recipes.iter().map(|recipe| recipe.request(&bundle)).collect();
        let split_requests = recipes.iter().filter_map(|it| it.split_request(&bundle)).collect();
        Scenario { bundle, dialect, requests, split_requests }
    })
}

/// One of the dialects, the default one most often.
fn dialect() -> impl Strategy<Value = Dialect> {
    prop_oneof![
        4 => Just(Dialect::Spec),
        2 => Just(Dialect::Osm),
        1 => Just(Dialect::Traefik),
        1 => Just(Dialect::Nginx),
    ]
}

impl Scenario {
    /// The policies as one file.
    #[must_use]
    pub fn policies(&self) -> Policies {
        Policies::of(self.dialect, &self.bundle.yaml())
    }
}

/// What a person needs to play the scenario by hand: a failing test prints it.
impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "dialect {}", self.dialect)?;
        writeln!(f, "{}", self.bundle.yaml())?;
        self.requests.iter().try_for_each(|request| writeln!(f, "{request:?}"))?;
        self.split_requests.iter().try_for_each(|request| writeln!(f, "{request:?}"))
    }
}
