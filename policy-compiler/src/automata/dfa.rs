//! A deterministic automaton that tells which set of patterns matches a text.

use decision_table::plan::{Edge, State};

/// Automata as this module passes them on: states with edges in ascending order;
/// state 0 is dead, and bytes without an edge lead to it.
///
/// The class of a state is the index of the set of patterns that match a text
/// which ends there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dfa {
    pub(crate) states: Vec<State>,
    pub(crate) start: u32,
    /// Sets of patterns by class, each in ascending order; the first one is empty.
    pub(crate) sets: Vec<Vec<u32>>,
}

/// The patterns need more memory or time than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

impl Dfa {
    /// The state with this number; beyond all of them, the dead one.
    pub(crate) fn state(&self, number: u32) -> &State {
        const DEAD: &State = &State { class: 0, edges: Vec::new() };
        self.states.get(number as usize).unwrap_or(DEAD)
    }

    /// The patterns that match a text which ends in this state.
    pub(crate) fn patterns(&self, state: u32) -> &[u32] {
        self.sets.get(usize::from(self.state(state).class)).map_or(&[], Vec::as_slice)
    }

    /// Where a byte leads.
    pub(crate) fn next(&self, state: u32, byte: u8) -> u32 {
        self.next_of(self.state(state), byte)
    }

    fn next_of(&self, State { edges, .. }: &State, byte: u8) -> u32 {
        let at = edges.partition_point(|edge| edge.last < byte);
        edges.get(at).filter(|edge| edge.first <= byte).map_or(0, |edge| edge.to)
    }

    /// The automaton that is asked about texts in upper case or mixed as this one
    /// is about the same texts in lower case.
    pub(super) fn folded(&self) -> Self {
        let states = self.states.iter().map(|state| {
            let mut edges = Vec::new();
            for edge in state.edges.iter().filter(|edge| edge.first < b'A') {
                push(&mut edges, edge.first, edge.last.min(b'A' - 1), edge.to);
            }
            for byte in b'A'..=b'Z' {
                let number = self.next_of(state, byte.to_ascii_lowercase());
                push(&mut edges, byte, byte, number);
            }
            for edge in state.edges.iter().filter(|edge| edge.last > b'Z') {
                push(&mut edges, edge.first.max(b'Z' + 1), edge.last, edge.to);
            }
            State { class: state.class, edges }
        });
        Self { states: states.collect(), start: self.start, sets: self.sets.clone() }
    }

    /// The patterns that match all of a text, which must be UTF-8.
    pub(crate) fn matching(&self, text: &str) -> &[u32] {
        self.patterns(text.bytes().fold(self.start, |state, byte| self.next(state, byte)))
    }
}

/// Adds bytes with a target behind those that are there; neighbours with one
/// target become one edge, and no edge leads to the dead state.
pub(super) fn push(edges: &mut Vec<Edge>, first: u8, last: u8, to: u32) {
    match edges.last_mut() {
        _ if to == 0 => {}
        Some(edge) if edge.to == to && edge.last.checked_add(1) == Some(first) => edge.last = last,
        _ => edges.push(Edge { first, last, to }),
    }
}
