//! The obvious program: one rule after the other, until one fits. Expressions are
//! compiled before, and looked at last.

use bench_workload::{Call, Policies, Rule};
use regex::Regex;

use crate::Engine;

/// A list of rules.
pub struct Scan(Vec<(Rule, Regex)>);

impl Engine for Scan {
    const NAME: &'static str = "loop, regex";
    type Kept = Vec<Rule>;
    type Input<'a> = &'a Call;

    fn keep(policies: &Policies) -> Vec<Rule> {
        policies.rules.clone()
    }

    fn load(kept: &Vec<Rule>) -> Self {
        Self(kept.iter().map(|rule| (rule.clone(), anchored(rule))).collect())
    }

    fn input(call: &Call) -> &Call {
        call
    }

    fn decide(&mut self, call: &&Call) -> bool {
        self.0.iter().any(|(rule, expression)| {
            rule.caller == call.peer
                && rule.methods.contains(&call.method)
                && expression.is_match(&call.path)
        })
    }
}

/// The expression of a rule, which must match the whole path.
pub(crate) fn anchored(rule: &Rule) -> Regex {
    Regex::new(&whole(rule)).expect("an expression that all engines understand")
}

pub(crate) fn whole(rule: &Rule) -> String {
    format!("^(?:{})$", rule.expression)
}
