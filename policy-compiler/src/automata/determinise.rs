//! Subset construction: from many patterns to one deterministic automaton.
//!
//! The patterns become one non-deterministic automaton (Thompson's construction,
//! by regex-automata), whose sets of states become states. Sets and edges are
//! kept as lists rather than as rows of 256, because policies are mostly literal:
//! most states have one edge.

use std::collections::{BTreeMap, HashMap};

use decision_table::plan::{Edge, State};
use regex_automata::nfa::thompson::{self, NFA, State as Part, WhichCaptures};
use regex_automata::util::look::Look;
use regex_automata::util::primitives::StateID;
use regex_syntax::hir::Hir;

use super::around::{Before, Behind, KINDS, holds};
use super::dfa::{Dfa, TooLarge, push};

/// Builds the automaton of patterns that match whole texts. Its sets hold the
/// places of the patterns in `languages`.
///
/// # Errors
///
/// When it would take more than `limit` bytes while it is built.
pub(crate) fn determinise(languages: &[Hir], limit: usize) -> Result<Dfa, TooLarge> {
    let nfa = thompson::Compiler::new()
        .configure(
            thompson::Config::new().which_captures(WhichCaptures::None).nfa_size_limit(Some(limit)),
        )
        .build_many_from_hir(languages)
        .map_err(|_| TooLarge)?;
    let mut construction = Construction {
        nfa: &nfa,
        seen: vec![0; nfa.states().len()],
        round: 0,
        numbers: HashMap::new(),
        sets: Vec::new(),
        looks: !nfa.look_set_any().is_empty(),
        budget: limit,
    };
    construction.run()
}

/// A state to be: places in the patterns that wait for a byte or for what stands
/// around them, in ascending order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Set {
    places: Box<[StateID]>,
    before: Before,
}

struct Construction<'n> {
    nfa: &'n NFA,
    /// The last round in which each place was seen.
    seen: Vec<u32>,
    round: u32,
    numbers: HashMap<Set, u32>,
    sets: Vec<Set>,
    /// Whether any pattern has `^`, `$` or `\b`.
    looks: bool,
    /// Bytes that may still be taken.
    budget: usize,
}

impl Construction<'_> {
    fn run(&mut self) -> Result<Dfa, TooLarge> {
        let dead = Set { places: Box::default(), before: Before::Anything };
        self.number(dead)?;
        let start = self.closure(&[self.nfa.start_anchored()], None);
        let start = self.set(start, Before::Start)?;
        let mut states = Vec::new();
        let mut accepting = BTreeMap::from([(Vec::new(), 0_u32)]);
        let mut next = 0;
        while let Some(set) = self.sets.get(next).cloned() {
            next += 1;
            let edges = self.edges(&set)?;
            self.spend(edges.len() * size_of::<Edge>() + size_of::<State>())?;
            let accepted = self.accepted(&set);
            let class = u32::try_from(accepting.len()).map_err(|_| TooLarge)?;
            let class = *accepting.entry(accepted).or_insert(class);
            states.push((class, edges));
        }
        // Classes in the order of their sets, whatever the order of the walk.
        let order: BTreeMap<u32, u16> =
            (0..=u16::MAX).zip(accepting.values()).map(|(new, old)| (*old, new)).collect();
        let class = |old| order.get(&old).copied().ok_or(TooLarge);
        let states = states
            .into_iter()
            .map(|(old, edges)| Ok(State { class: class(old)?, edges }))
            .collect::<Result<_, _>>()?;
        Ok(Dfa { states, start, sets: accepting.into_keys().collect() })
    }

    /// The number of the state of a set.
    fn set(&mut self, mut places: Vec<StateID>, before: Before) -> Result<u32, TooLarge> {
        places.sort_unstable();
        let looks = places.iter().any(|place| self.look(*place).is_some());
        let before = if looks { before } else { Before::Anything };
        self.number(Set { places: places.into(), before })
    }

    fn number(&mut self, set: Set) -> Result<u32, TooLarge> {
        if let Some(number) = self.numbers.get(&set) {
            return Ok(*number);
        }
        self.spend(2 * (set.places.len() * size_of::<StateID>() + size_of::<Set>()))?;
        let number = u32::try_from(self.sets.len()).map_err(|_| TooLarge)?;
        self.sets.push(set.clone());
        self.numbers.insert(set, number);
        Ok(number)
    }

    fn spend(&mut self, bytes: usize) -> Result<(), TooLarge> {
        self.budget = self.budget.checked_sub(bytes).ok_or(TooLarge)?;
        Ok(())
    }

    /// All places that are reached without a byte, and wait there. Looking around
    /// is waiting, too, unless it is known what stands around.
    fn closure(&mut self, from: &[StateID], around: Option<(Before, Behind)>) -> Vec<StateID> {
        self.round += 1;
        let mut waiting = Vec::new();
        let mut work: Vec<StateID> = from.iter().rev().copied().collect();
        while let Some(place) = work.pop() {
            match self.seen.get_mut(place.as_usize()) {
                Some(round) if *round != self.round => *round = self.round,
                _ => continue,
            }
            match self.nfa.state(place) {
                Part::Union { alternates } => work.extend(alternates.iter().copied()),
                Part::BinaryUnion { alt1, alt2 } => work.extend([*alt1, *alt2]),
                Part::Capture { next, .. } => work.push(*next),
                Part::Look { look, next } => match around {
                    Some((before, behind)) if holds(*look, before, behind) => work.push(*next),
                    Some(_) => {}
                    None => waiting.push(place),
                },
                Part::Fail => {}
                Part::ByteRange { .. } | Part::Sparse(_) | Part::Dense(_) | Part::Match { .. } => {
                    waiting.push(place)
                }
            }
        }
        waiting
    }

    fn look(&self, place: StateID) -> Option<Look> {
        match self.nfa.state(place) {
            Part::Look { look, .. } => Some(*look),
            _ => None,
        }
    }

    fn accepted(&mut self, set: &Set) -> Vec<u32> {
        let places = self.resolved(set, Behind::End);
        let mut patterns: Vec<u32> = places
            .iter()
            .filter_map(|place| match self.nfa.state(*place) {
                Part::Match { pattern_id } => Some(pattern_id.as_u32()),
                _ => None,
            })
            .collect();
        patterns.sort_unstable();
        patterns
    }

    /// The places of a set when it is known what comes next.
    fn resolved(&mut self, set: &Set, behind: Behind) -> Vec<StateID> {
        if set.before == Before::Anything {
            return set.places.to_vec();
        }
        self.closure(&set.places, Some((set.before, behind)))
    }

    fn edges(&mut self, set: &Set) -> Result<Vec<Edge>, TooLarge> {
        if set.before == Before::Anything {
            return self.pieces(&self.parts(&set.places)).map(merged);
        }
        let mut edges: Vec<Edge> = Vec::new();
        for behind in [Behind::LineFeed, Behind::Word, Behind::Other] {
            let places = self.resolved(set, behind);
            let of_kind = self.pieces(&self.parts(&places))?;
            edges.extend(of_kind.into_iter().filter(|edge| Behind::of(edge.first) == behind));
        }
        edges.sort_unstable_by_key(|edge| edge.first);
        Ok(merged(edges))
    }

    /// Bytes and places to which they lead.
    fn parts(&self, places: &[StateID]) -> Vec<(u8, u8, StateID)> {
        let mut parts = Vec::new();
        for place in places {
            match self.nfa.state(*place) {
                Part::ByteRange { trans } => parts.push((trans.start, trans.end, trans.next)),
                Part::Sparse(sparse) => {
                    parts.extend(sparse.transitions.iter().map(|it| (it.start, it.end, it.next)));
                }
                Part::Dense(dense) => {
                    let targets = (0..=u8::MAX).zip(dense.transitions.iter());
                    let alive = targets.filter(|(_, next)| **next != StateID::ZERO);
                    parts.extend(alive.map(|(byte, next)| (byte, byte, *next)));
                }
                _ => {}
            }
        }
        parts
    }

    /// Cuts ranges where any of them begins or ends, and where bytes of another
    /// kind begin; each piece leads to the set of all places that its ranges lead to.
    fn pieces(&mut self, parts: &[(u8, u8, StateID)]) -> Result<Vec<Edge>, TooLarge> {
        let ends = parts.iter().flat_map(|(first, last, _)| [u16::from(*first), end(*last)]);
        let mut cuts: Vec<u16> = if self.looks { KINDS.to_vec() } else { Vec::new() };
        cuts.extend(ends);
        cuts.sort_unstable();
        cuts.dedup();
        let mut pieces: Vec<Vec<StateID>> = vec![Vec::new(); cuts.len()];
        let at = |cut: u16| cuts.partition_point(|other| *other < cut);
        for (first, last, to) in parts {
            let range = at((*first).into())..at(end(*last));
            for piece in pieces.get_mut(range).into_iter().flatten() {
                piece.push(*to);
            }
        }
        let mut edges = Vec::new();
        let mut known: HashMap<(&[StateID], Before), u32> = HashMap::new();
        for (bounds, piece) in cuts.windows(2).zip(&pieces).filter(|(_, it)| !it.is_empty()) {
            let &[first, next] = bounds else { continue };
            let [Ok(first), Ok(last)] = [first, next - 1].map(u8::try_from) else { continue };
            let before = Behind::of(first).as_before();
            let key = (piece.as_slice(), before);
            let to = match known.get(&key) {
                Some(to) => *to,
                None => {
                    let places = self.closure(piece, None);
                    let to = self.set(places, before)?;
                    known.insert(key, to);
                    to
                }
            };
            edges.push(Edge { first, last, to });
        }
        Ok(edges)
    }
}

/// Neighbours with one target become one edge.
fn merged(pieces: Vec<Edge>) -> Vec<Edge> {
    let mut edges = Vec::with_capacity(pieces.len());
    for Edge { first, last, to } in pieces {
        push(&mut edges, first, last, to);
    }
    edges
}

fn end(last: u8) -> u16 {
    u16::from(last) + 1
}

#[cfg(test)]
mod tests {
    use smi_model::regex::Regex;

    use crate::automata::{Pattern, automaton};
    use crate::options::Anchoring;

    const LIMIT: usize = 1 << 20;

    fn pattern(expression: &str) -> Pattern {
        Pattern::new(Regex::new(expression).unwrap(), Anchoring::Full)
    }

    #[test]
    fn one_automaton_tells_which_patterns_match_all_of_a_text() {
        let patterns = ["/a.*", "/ab?", "/[a-c]+", r"(?i)/ABC", "/é", ""].map(pattern);
        let dfa = automaton(&patterns.each_ref(), LIMIT).unwrap();
        for (text, expected) in [
            ("/a", &[0, 1, 2][..]),
            ("/ab", &[0, 1, 2]),
            ("/abc", &[0, 2, 3]),
            ("/aBC", &[0, 3]),
            ("/c", &[2]),
            ("/é", &[4]),
            ("/aé\u{1f600}", &[0]),
            ("/a\nb", &[]),
            ("", &[5]),
            ("x", &[]),
        ] {
            assert_eq!(dfa.matching(text), expected, "{text:?}");
        }
    }

    #[test]
    fn counted_characters_are_characters_and_not_bytes() {
        let dfa = automaton(&[&pattern("/.{2}[^/]{1,2}")], LIMIT).unwrap();
        for (text, matches) in
            [("/éé", false), ("/ééé", true), ("/éa€é", true), ("/éa€éa", false), ("/ab/", false)]
        {
            assert_eq!(!dfa.matching(text).is_empty(), matches, "{text}");
        }
    }

    #[test]
    fn the_same_language_is_the_same_automaton() {
        for (one, other) in [
            ("/a|/b", "/[ab]"),
            ("(/a)+", "/a(/a)*"),
            ("/(a|b)*", "/[ab]*"),
            ("/x{0,2}", "/(xx?)?"),
        ] {
            let build = |expression| automaton(&[&pattern(expression)], LIMIT).unwrap();
            assert_eq!(build(one), build(other), "{one} and {other}");
        }
    }

    #[test]
    fn what_explodes_is_refused() {
        assert!(automaton(&[&pattern(".*a.{20}")], LIMIT).is_err());
    }
}
