//! One automaton for many patterns.

use std::collections::{BTreeMap, BTreeSet};

use decision_table::plan::Automaton;
use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::{primitives::StateID, start};
use regex_automata::{Anchored, MatchKind};

use super::minimise::minimise;
use super::pattern::Pattern;

/// The patterns need more states or memory than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

/// How often the text that an automaton judges can be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Values {
    /// A path or a host.
    One,
    /// A header: what several values share needs a class as well.
    Several,
}

/// Patterns that share an automaton.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) automaton: Automaton,
    /// The classes whose sets contain each pattern.
    pub(crate) classes: BTreeMap<Pattern, Vec<u32>>,
}

/// States and transitions before minimisation, in rows of `columns`.
pub(super) struct Raw {
    pub(super) column: [u8; 256],
    pub(super) columns: usize,
    pub(super) start: usize,
    pub(super) transitions: Vec<usize>,
    /// The class of each state.
    pub(super) accepts: Vec<usize>,
}

/// Spreads patterns over as few automata as the limit asks for.
///
/// # Errors
///
/// The patterns that are too large on their own.
pub(crate) fn pack(
    patterns: &BTreeSet<&Pattern>,
    values: Values,
    limit: usize,
) -> Result<Vec<Group>, Vec<Pattern>> {
    let mut ordered: Vec<&Pattern> = patterns.iter().copied().collect();
    // Floating patterns multiply each other's states, not those of the rest.
    ordered.sort_by_key(|pattern| pattern.is_floating());
    let mut groups = Vec::new();
    let mut too_large = Vec::new();
    let mut work: Vec<&[&Pattern]> = vec![&ordered];
    while let Some(part) = work.pop() {
        match (build(part, values, limit), part) {
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
fn build(patterns: &[&Pattern], values: Values, limit: usize) -> Result<Group, TooLarge> {
    let mut sorted = patterns.to_vec();
    sorted.sort_unstable();
    let dfa = determinise(&sorted, limit)?;
    let (raw, sets) = explore(&dfa, values)?;
    let meets = if values == Values::Several { meets(&sets) } else { Vec::new() };
    let automaton = Automaton { meets, ..minimise(&raw, sets.len())? };
    let mut classes = vec![Vec::new(); sorted.len()];
    for (class, set) in (0..).zip(&sets) {
        for pattern in set {
            if let Some(classes) = classes.get_mut(*pattern) {
                classes.push(class);
            }
        }
    }
    let classes = sorted.into_iter().cloned().zip(classes).collect();
    Ok(Group { automaton, classes })
}

fn determinise(patterns: &[&Pattern], limit: usize) -> Result<dense::DFA<Vec<u32>>, TooLarge> {
    let languages: Vec<_> = patterns.iter().map(|pattern| pattern.language()).collect();
    let nfa = thompson::Compiler::new()
        .configure(
            thompson::Config::new().which_captures(WhichCaptures::None).nfa_size_limit(Some(limit)),
        )
        .build_many_from_hir(&languages)
        .map_err(|_| TooLarge)?;
    dense::Builder::new()
        .configure(
            dense::Config::new()
                .match_kind(MatchKind::All)
                .start_kind(StartKind::Anchored)
                .accelerate(false)
                .dfa_size_limit(Some(limit))
                .determinize_size_limit(Some(limit)),
        )
        .build_from_nfa(&nfa)
        .map_err(|_| TooLarge)
}

/// Numbers the states in the order in which they are met, from the dead one, and
/// collects the sets of patterns that texts ending there match as a whole.
fn explore(dfa: &dense::DFA<Vec<u32>>, values: Values) -> Result<(Raw, Vec<Vec<usize>>), TooLarge> {
    let bytes = dfa.byte_classes();
    let mut column = [0; 256];
    let mut representatives = Vec::new();
    for byte in 0..=u8::MAX {
        let class = bytes.get(byte);
        if usize::from(class) == representatives.len() {
            representatives.push(byte);
        }
        if let Some(slot) = column.get_mut(usize::from(byte)) {
            *slot = class;
        }
    }

    let dead = StateID::ZERO;
    let start = dfa.start_state(&start::Config::new().anchored(Anchored::Yes));
    let start = start.map_err(|_| TooLarge)?;
    let mut states = vec![dead];
    let mut numbers: BTreeMap<StateID, usize> = BTreeMap::from([(dead, 0)]);
    let mut number = |state: StateID, states: &mut Vec<StateID>| {
        *numbers.entry(if dfa.is_dead_state(state) { dead } else { state }).or_insert_with(|| {
            states.push(state);
            states.len() - 1
        })
    };
    let start = number(start, &mut states);
    let mut transitions = Vec::new();
    let mut accepted = Vec::new();
    let mut next = 0;
    while let Some(state) = states.get(next).copied() {
        next += 1;
        for byte in &representatives {
            transitions.push(number(dfa.next_state(state, *byte), &mut states));
        }
        accepted.push(matched(dfa, dfa.next_eoi_state(state)));
    }

    let mut sets: BTreeSet<Vec<usize>> = accepted.iter().cloned().collect();
    sets.insert(Vec::new());
    let sets = match values {
        Values::One => sets.into_iter().collect(),
        Values::Several => closed_under_intersection(sets)?,
    };
    let accepts = accepted.iter().map(|set| sets.binary_search(set).unwrap_or(0)).collect();
    let raw = Raw { column, columns: representatives.len(), start, transitions, accepts };
    Ok((raw, sets))
}

fn matched(dfa: &dense::DFA<Vec<u32>>, state: StateID) -> Vec<usize> {
    if !dfa.is_match_state(state) {
        return Vec::new();
    }
    let patterns =
        (0..dfa.match_len(state)).map(|index| dfa.match_pattern(state, index).as_usize());
    let mut patterns: Vec<usize> = patterns.collect();
    patterns.sort_unstable();
    patterns
}

/// Sets of patterns of one header, with what they share: enough for any policy
/// that people write, and few enough for a table of pairs.
const MOST_SETS: usize = 4096;

/// Adds what sets share, so that several values of one header have a class
/// together. The empty set sorts first and so is class 0.
fn closed_under_intersection(sets: BTreeSet<Vec<usize>>) -> Result<Vec<Vec<usize>>, TooLarge> {
    let mut closed = sets.clone();
    let mut work: Vec<Vec<usize>> = sets.into_iter().collect();
    while let Some(set) = work.pop() {
        let new: Vec<Vec<usize>> = closed
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
    Ok(closed.into_iter().collect())
}

fn intersection(a: &[usize], b: &[usize]) -> Vec<usize> {
    a.iter().filter(|pattern| b.binary_search(pattern).is_ok()).copied().collect()
}

/// The pairs of classes that share patterns, and the class of what they share.
fn meets(sets: &[Vec<usize>]) -> Vec<[u16; 3]> {
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
