//! All expressions at once, with `regex::RegexSet`; then the callers and methods of
//! those that match.

use bench_workload::{Call, Policies, Rule};
use regex::{RegexSet, RegexSetBuilder};

use crate::Engine;
use crate::scan::whole;

/// What the set may take, so that many expressions are not refused, and its lazy
/// automaton need not be thrown away.
const BYTES: usize = 1 << 29;

/// Expressions, and their rules in the same order.
pub struct Set(RegexSet, Vec<Rule>);

impl Engine for Set {
    const NAME: &'static str = "RegexSet";
    type Kept = Vec<Rule>;
    type Input<'a> = &'a Call;

    fn keep(policies: &Policies) -> Vec<Rule> {
        policies.rules.clone()
    }

    fn load(kept: &Vec<Rule>) -> Self {
        let mut set = RegexSetBuilder::new(kept.iter().map(whole));
        let set = set.size_limit(BYTES).dfa_size_limit(BYTES).build();
        Self(set.expect("expressions that all engines understand"), kept.clone())
    }

    fn input(call: &Call) -> &Call {
        call
    }

    fn decide(&mut self, call: &&Call) -> bool {
        let matches = self.0.matches(&call.path);
        matches
            .iter()
            .filter_map(|index| self.1.get(index))
            .any(|rule| rule.caller == call.peer && rule.methods.contains(&call.method))
    }
}
