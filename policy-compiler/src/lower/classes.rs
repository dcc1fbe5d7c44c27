//! Classes of the attributes that are compared exactly.

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::{Condition, HttpCondition, Rule};

/// Names with their classes, and the classes that each rule admits.
pub(super) struct Classes<K> {
    /// The class of each name, from 1.
    pub(super) names: Vec<(K, u32)>,
    /// For each rule, in order: `None` admits everything.
    pub(super) admitted: Vec<Option<Vec<u32>>>,
}

/// Peers that the same rules admit share a class: a table has as many classes as
/// the policies tell kinds of callers apart.
pub(super) fn peers(rules: &[&Rule]) -> Classes<String> {
    let mut admitting: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, rule) in rules.iter().enumerate() {
        for source in &rule.sources {
            admitting.entry(source).or_default().push(index);
        }
    }
    let mut classes: BTreeMap<&[usize], u32> = BTreeMap::new();
    let mut admitted = vec![Vec::new(); rules.len()];
    let mut names = Vec::new();
    for (peer, rules) in &admitting {
        let next = class(classes.len());
        let of_peer = *classes.entry(rules).or_insert_with(|| {
            for rule in rules {
                if let Some(admitted) = admitted.get_mut(*rule) {
                    admitted.push(next);
                }
            }
            next
        });
        names.push(((*peer).to_owned(), of_peer));
    }
    Classes { names, admitted: admitted.into_iter().map(Some).collect() }
}

/// Every destination is a class of its own. `workload` is one even when no rule
/// has it as its destination.
pub(super) fn destinations(rules: &[&Rule], workload: Option<&str>) -> Classes<String> {
    let all = rules.iter().map(|rule| rule.destination.as_str()).chain(workload);
    listed(all.map(str::to_owned).collect(), rules, |rule| {
        Some(std::iter::once(rule.destination.clone()).collect())
    })
}

pub(super) fn ports(rules: &[&Rule]) -> Classes<u16> {
    let all = rules.iter().filter_map(|rule| rule.ports.as_ref()).flatten().copied();
    listed(all.collect(), rules, |rule| rule.ports.clone())
}

pub(super) fn methods(rules: &[&Rule]) -> Classes<String> {
    let of = |rule: &Rule| http(rule).and_then(|condition| condition.methods.clone());
    let all = rules.iter().filter_map(|rule| of(rule)).flatten();
    listed(all.collect(), rules, of)
}

/// The class of each name is its place among them, counted from 1.
fn listed<K: Ord + Clone>(
    all: BTreeSet<K>,
    rules: &[&Rule],
    of: impl Fn(&Rule) -> Option<BTreeSet<K>>,
) -> Classes<K> {
    let names: Vec<(K, u32)> =
        all.into_iter().enumerate().map(|(index, name)| (name, class(index))).collect();
    let place = |name: &K| names.binary_search_by_key(&name, |(name, _)| name).map_or(0, class);
    let admitted =
        rules.iter().map(|rule| of(rule).map(|set| set.iter().map(place).collect())).collect();
    Classes { names, admitted }
}

/// The HTTP condition of a rule, if it has one.
pub(super) fn http(rule: &Rule) -> Option<&HttpCondition> {
    match &rule.condition {
        Condition::Http(condition) => Some(condition),
        Condition::Tcp | Condition::Udp => None,
    }
}

/// Class 0 is for whatever no rule names.
fn class(index: usize) -> u32 {
    u32::try_from(index).map_or(u32::MAX, |index| index.saturating_add(1))
}
