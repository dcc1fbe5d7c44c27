//! The obvious improvement: a hash table by caller, and a loop over the rules of
//! that caller only. Hard to beat where callers have few rules.

use std::collections::HashMap;

use bench_workload::{Call, Policies, Rule};
use regex::Regex;

use crate::Engine;
use crate::scan::anchored;

/// Rules by caller.
pub struct Index(HashMap<String, Vec<([&'static str; 2], Regex)>>);

impl Engine for Index {
    const NAME: &'static str = "hash by caller, regex";
    type Kept = Vec<Rule>;
    type Input<'a> = &'a Call;

    fn keep(policies: &Policies) -> Vec<Rule> {
        policies.rules.clone()
    }

    fn load(kept: &Vec<Rule>) -> Self {
        let mut rules: HashMap<_, Vec<_>> = HashMap::new();
        for rule in kept {
            rules.entry(rule.caller.clone()).or_default().push((rule.methods, anchored(rule)));
        }
        Self(rules)
    }

    fn input(call: &Call) -> &Call {
        call
    }

    fn decide(&mut self, call: &&Call) -> bool {
        let rules = self.0.get(&call.peer).map_or(&[][..], Vec::as_slice);
        rules.iter().any(|(methods, expression)| {
            methods.contains(&call.method) && expression.is_match(&call.path)
        })
    }
}
