//! The smallest automaton that tells the same texts apart.

use std::collections::{BTreeMap, BTreeSet};

use decision_table::plan::{Edge, State};

use super::dfa::{Dfa, push};

/// Merges states that no text can tell apart, and numbers those that are left in
/// the order in which bytes lead to them, breadth first. The result depends on
/// the patterns only, not on how the automaton was made.
pub(crate) fn minimise(dfa: &Dfa) -> Dfa {
    let blocks = Partition::refined(dfa);
    // One state of each block speaks for it.
    let mut speaker = BTreeMap::new();
    for (state, block) in (0_u32..).zip(&blocks) {
        speaker.entry(*block).or_insert(state);
    }
    let block = |state: u32| blocks.get(state as usize).copied().unwrap_or(DEAD);
    let mut numbers = BTreeMap::from([(DEAD, 0_u32)]);
    let mut order = vec![DEAD];
    let mut number = |block: u32, order: &mut Vec<u32>| {
        let next = u32::try_from(order.len()).unwrap_or(u32::MAX);
        *numbers.entry(block).or_insert_with(|| {
            order.push(block);
            next
        })
    };
    let start = number(block(dfa.start), &mut order);
    let mut states = Vec::new();
    let mut next = 0;
    while let Some(own) = order.get(next).copied() {
        next += 1;
        let state = speaker.get(&own).map_or_else(State::default, |it| dfa.state(*it).clone());
        let mut edges = Vec::new();
        for Edge { first, last, to } in state.edges {
            let to = number(block(to), &mut order);
            push(&mut edges, first, last, to);
        }
        states.push(State { class: state.class, edges });
    }
    Dfa { states, start, sets: dfa.sets.clone() }
}

/// The block of the dead state, which is never renamed.
const DEAD: u32 = 0;

/// States in blocks, such that states of different blocks are known to differ.
struct Partition<'a> {
    dfa: &'a Dfa,
    /// The block of each state.
    block: Vec<u32>,
    /// The states of each block, and the place of each state among them.
    members: Vec<Vec<u32>>,
    place: Vec<usize>,
    /// States that lead to each state.
    sources: Vec<Vec<u32>>,
}

/// What a state does, as far as blocks are known: bytes and blocks.
type Signature = Vec<(u8, u8, u32)>;

impl<'a> Partition<'a> {
    /// The coarsest partition in which states of one block lead, byte by byte, to
    /// the same blocks.
    ///
    /// Blocks are split until nothing changes. Only states whose successors moved
    /// are looked at again, and the largest part of a block keeps its name, so
    /// that a state moves at most as often as its block can be halved.
    fn refined(dfa: &'a Dfa) -> Vec<u32> {
        let mut partition = Self {
            dfa,
            block: vec![DEAD; dfa.states.len()],
            members: vec![Vec::new(); dfa.sets.len().max(1)],
            place: vec![0; dfa.states.len()],
            sources: vec![Vec::new(); dfa.states.len()],
        };
        for (state, content) in (0..).zip(&dfa.states) {
            partition.add(state, content.class.into());
            for edge in &content.edges {
                if let Some(sources) = partition.sources.get_mut(edge.to as usize) {
                    sources.push(state);
                }
            }
        }
        let mut dirty: BTreeSet<u32> = (0..).take(dfa.states.len()).collect();
        while !dirty.is_empty() {
            dirty = partition.refine(&dirty);
        }
        partition.block
    }

    /// Splits the blocks of states whose successors moved; returns the states
    /// whose successors moved by that.
    fn refine(&mut self, dirty: &BTreeSet<u32>) -> BTreeSet<u32> {
        let mut of_block: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for state in dirty {
            of_block.entry(self.block_of(*state)).or_default().push(*state);
        }
        // All blocks are judged by the partition as it was.
        let split = |(block, states): (&u32, &Vec<u32>)| self.split(*block, states, dirty);
        let parts: Vec<Vec<u32>> = of_block.iter().flat_map(split).collect();
        let mut behind = BTreeSet::new();
        for part in parts {
            let new = u32::try_from(self.members.len()).unwrap_or(u32::MAX);
            self.members.push(Vec::new());
            for state in part {
                self.remove(state);
                self.add(state, new);
                behind.extend(self.sources.get(state as usize).into_iter().flatten());
            }
        }
        behind
    }

    /// The parts of a block that must leave it. Members that are not `dirty` do
    /// what they did, all the same.
    fn split(&self, block: u32, dirty: &[u32], all_dirty: &BTreeSet<u32>) -> Vec<Vec<u32>> {
        let members = self.members.get(block as usize).map_or(&[][..], Vec::as_slice);
        let clean = members.iter().find(|state| !all_dirty.contains(state)).copied();
        let clean = clean.filter(|_| dirty.len() < members.len());
        let clean_signature = clean.map(|state| self.signature(state));
        let mut parts: BTreeMap<Signature, Vec<u32>> = BTreeMap::new();
        for state in dirty {
            parts.entry(self.signature(*state)).or_default().push(*state);
        }
        let clean_count = members.len() - dirty.len();
        let size = |(signature, part): &(&Signature, &Vec<u32>)| {
            let others = if clean_signature.as_ref() == Some(*signature) { clean_count } else { 0 };
            part.len() + others
        };
        let largest = parts.iter().max_by_key(size).map(|it| (size(&it), it.0.clone()));
        let stays: Option<Signature> = if block == DEAD {
            Some(self.signature(DEAD))
        } else {
            match (largest, clean_signature.clone()) {
                (Some((size, _)), Some(clean)) if size < clean_count => Some(clean),
                (Some((_, largest)), _) => Some(largest),
                (None, clean) => clean,
            }
        };
        if clean_signature.is_some() && clean_signature != stays {
            let clean = members.iter().filter(|state| !all_dirty.contains(state));
            let part = parts.entry(clean_signature.unwrap_or_default()).or_default();
            part.extend(clean);
        }
        parts.into_iter().filter(|(of, _)| Some(of) != stays.as_ref()).map(|(_, it)| it).collect()
    }

    fn signature(&self, state: u32) -> Signature {
        let mut edges = Vec::new();
        for edge in &self.dfa.state(state).edges {
            push(&mut edges, edge.first, edge.last, self.block_of(edge.to));
        }
        edges.into_iter().map(|edge| (edge.first, edge.last, edge.to)).collect()
    }

    fn block_of(&self, state: u32) -> u32 {
        self.block.get(state as usize).copied().unwrap_or(DEAD)
    }

    fn add(&mut self, state: u32, block: u32) {
        let Some(members) = self.members.get_mut(block as usize) else { return };
        if let (Some(of), Some(place)) =
            (self.block.get_mut(state as usize), self.place.get_mut(state as usize))
        {
            *of = block;
            *place = members.len();
            members.push(state);
        }
    }

    fn remove(&mut self, state: u32) {
        let block = self.block_of(state);
        let place = self.place.get(state as usize).copied().unwrap_or(0);
        let Some(members) = self.members.get_mut(block as usize) else { return };
        if place < members.len() {
            members.swap_remove(place);
            if let Some(last) =
                members.get(place).and_then(|last| self.place.get_mut(*last as usize))
            {
                *last = place;
            }
        }
    }
}
