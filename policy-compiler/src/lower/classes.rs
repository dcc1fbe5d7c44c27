//! Classes of the attributes that are compared exactly.

use std::collections::{BTreeMap, BTreeSet};

use super::clause::Clause;
use crate::ir::Rule;

/// Names with their classes, from 1.
pub(super) type Names = Vec<(String, u32)>;

/// Peers that the same rules admit share a class: a table has as many classes as
/// the policies tell kinds of callers apart. With them, for each rule, the classes
/// that it admits.
pub(super) fn peers(rules: &[&Rule]) -> (Names, Vec<Vec<u32>>) {
    let mut admitting: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, rule) in rules.iter().enumerate() {
        for source in rule.sources.iter() {
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
    (names, admitted)
}

/// The ports that clauses name; the class of each is its place, from 1.
pub(super) fn ports<'a>(clauses: impl Iterator<Item = &'a Clause<'a>>) -> Vec<u16> {
    let ports: BTreeSet<u16> = clauses.filter_map(|it| it.ports).flatten().copied().collect();
    ports.into_iter().collect()
}

pub(super) fn classes_of_ports(all: &[u16], ports: &BTreeSet<u16>) -> Vec<u32> {
    ports.iter().filter_map(|port| all.binary_search(port).ok()).map(class).collect()
}

/// The methods that clauses name. Those that every clause takes together or not
/// at all share a class.
pub(super) fn methods<'a>(clauses: impl Iterator<Item = &'a Clause<'a>>) -> Names {
    let sets: BTreeSet<&BTreeSet<String>> = clauses.filter_map(Clause::methods).collect();
    let mut member_of: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, set) in sets.iter().enumerate() {
        for method in *set {
            member_of.entry(method).or_default().push(index);
        }
    }
    let mut classes: BTreeMap<Vec<usize>, u32> = BTreeMap::new();
    let named = member_of.into_iter().map(|(method, sets)| {
        let next = class(classes.len());
        (method.to_owned(), *classes.entry(sets).or_insert(next))
    });
    named.collect()
}

pub(super) fn classes_of_methods(all: &Names, methods: &BTreeSet<String>) -> Vec<u32> {
    let class_of = |method: &String| {
        let at = all.binary_search_by_key(&method.as_str(), |(name, _)| name).ok()?;
        all.get(at).map(|(_, class)| *class)
    };
    let classes: BTreeSet<u32> = methods.iter().filter_map(class_of).collect();
    classes.into_iter().collect()
}

/// How many classes there are, with class 0: whatever no rule names.
pub(super) fn count(names: &Names) -> u32 {
    names.iter().map(|(_, class)| *class).max().unwrap_or(0).saturating_add(1)
}

pub(super) fn class(index: usize) -> u32 {
    u32::try_from(index).map_or(u32::MAX, |index| index.saturating_add(1))
}
