//! Few automata for many patterns.

use std::collections::{BTreeMap, BTreeSet};

use decision_table::plan::Automaton;
use regex_syntax::hir::Hir;

use super::determinise::determinise;
use super::dfa::{Dfa, TooLarge};
use super::holes;
use super::minimise::minimise;
use super::pattern::Pattern;

/// What texts an automaton judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    /// Paths.
    Path,
    /// Hosts, whose case does not matter: patterns are asked about them in lower
    /// case.
    Host,
    /// Headers, which can be there several times: what several values share needs
    /// a class as well.
    Header,
}

/// Patterns that share an automaton.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) automaton: Automaton,
    /// The classes whose sets contain each pattern.
    pub(crate) classes: BTreeMap<Pattern, Vec<u32>>,
}

/// Spreads patterns over as few automata as the limit asks for.
///
/// # Errors
///
/// The patterns that are too large on their own.
pub(crate) fn pack(
    patterns: &BTreeSet<&Pattern>,
    text: Text,
    limit: usize,
) -> Result<Vec<Group>, Vec<Pattern>> {
    let mut ordered: Vec<&Pattern> = patterns.iter().copied().collect();
    // Floating patterns multiply each other's states, not those of the rest.
    ordered.sort_by_key(|pattern| pattern.is_floating());
    let mut groups = Vec::new();
    let mut too_large = Vec::new();
    let mut work: Vec<&[&Pattern]> = vec![&ordered];
    while let Some(part) = work.pop() {
        match (build(part, text, limit), part) {
            (_, []) => {}
            (Ok(group), _) => groups.push(group),
            (Err(TooLarge), [pattern]) => too_large.push((*pattern).clone()),
            (Err(TooLarge), several) => {
                let (left, right) = several.split_at(several.len() / 2);
                work.extend([right, left]);
            }
        }
    }
    if too_large.is_empty() { Ok(groups) } else { Err(too_large) }
}

/// Builds one automaton.
fn build(patterns: &[&Pattern], text: Text, limit: usize) -> Result<Group, TooLarge> {
    let mut sorted = patterns.to_vec();
    sorted.sort_unstable();
    let mut dfa = determinise(&languages(&sorted), limit)?;
    if text == Text::Host {
        dfa = dfa.folded();
    }
    let mut dfa = minimise(&holes::fill(&dfa, text));
    let mut shared = Vec::new();
    if text == Text::Header {
        close_under_intersection(&mut dfa)?;
        shared = meets(&dfa.sets);
    }
    let Dfa { states, start, sets } = dfa;
    let mut classes = vec![Vec::new(); sorted.len()];
    for (class, set) in (0..).zip(&sets) {
        for pattern in set {
            if let Some(classes) = classes.get_mut(*pattern as usize) {
                classes.push(class);
            }
        }
    }
    let count = u32::try_from(sets.len()).map_err(|_| TooLarge)?;
    let classes = sorted.into_iter().cloned().zip(classes).collect();
    Ok(Group { automaton: Automaton { states, start, classes: count, meets: shared }, classes })
}

/// The minimal automaton of some patterns; its sets hold their places.
pub(crate) fn automaton(patterns: &[&Pattern], limit: usize) -> Result<Dfa, TooLarge> {
    determinise(&languages(patterns), limit).map(|dfa| minimise(&dfa))
}

fn languages(patterns: &[&Pattern]) -> Vec<Hir> {
    patterns.iter().map(|pattern| pattern.language()).collect()
}

/// Sets of patterns of one header, with what they share: enough for any policy
/// that people write, and few enough for a table of pairs.
const MOST_SETS: usize = 4096;

/// Adds what sets share, so that several values of one header have a class
/// together. The empty set sorts first and so stays class 0.
fn close_under_intersection(dfa: &mut Dfa) -> Result<(), TooLarge> {
    let mut closed: BTreeSet<Vec<u32>> = dfa.sets.iter().cloned().collect();
    let mut work = dfa.sets.clone();
    while let Some(set) = work.pop() {
        let new: Vec<Vec<u32>> = closed
            .iter()
            .map(|other| intersection(&set, other))
            .filter(|shared| !closed.contains(shared))
            .collect();
        for shared in new {
            if closed.insert(shared.clone()) {
                work.push(shared);
            }
        }
        if closed.len() > MOST_SETS {
            return Err(TooLarge);
        }
    }
    let closed: Vec<Vec<u32>> = closed.into_iter().collect();
    for state in &mut dfa.states {
        let set = dfa.sets.get(usize::from(state.class));
        let class = set.and_then(|set| closed.binary_search(set).ok()).unwrap_or(0);
        state.class = u16::try_from(class).map_err(|_| TooLarge)?;
    }
    dfa.sets = closed;
    Ok(())
}

fn intersection(a: &[u32], b: &[u32]) -> Vec<u32> {
    a.iter().filter(|pattern| b.binary_search(pattern).is_ok()).copied().collect()
}

/// The pairs of classes that share patterns, and the class of what they share.
fn meets(sets: &[Vec<u32>]) -> Vec<[u16; 3]> {
    let class = |index: usize| u16::try_from(index).unwrap_or(0);
    let mut meets = Vec::new();
    for (a, first) in sets.iter().enumerate() {
        for (b, second) in sets.iter().enumerate().skip(a + 1) {
            let shared = intersection(first, second);
            if !shared.is_empty() {
                let both = sets.binary_search(&shared).unwrap_or(0);
                meets.push([class(a), class(b), class(both)]);
            }
        }
    }
    meets
}
