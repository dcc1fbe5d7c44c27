//! From states with edges to slots and rows.

use alloc::vec;
use alloc::vec::Vec;

use super::{DEAD, ROW, SLOT, kind};
use crate::plan::{Automaton, Buffer, Edge, State, TooLarge};

/// Ranges of bytes that one look at a slot or two can tell apart; a state with
/// more of them has a row.
const MOST_RANGES: usize = 3;
/// What stands in place of a second range of a slot: no byte is in it.
const UNUSED: [u8; 6] = [u8::MAX, 0, 0, 0, 0, 0];
/// Bytes of a literal in one slot.
const MOST_LITERAL: usize = 8;

/// Writes the section.
pub(crate) fn write(automata: &[Automaton]) -> Result<Buffer, TooLarge> {
    let parts: Vec<Buffer> = automata.iter().map(part).collect::<Result<_, _>>()?;
    let mut out = Buffer::default();
    out.length(parts.len())?;
    let mut offset = 0;
    out.length(offset)?;
    for part in &parts {
        offset += part.len();
        out.length(offset)?;
    }
    for part in parts {
        out.bytes(&part.into_bytes());
    }
    Ok(out)
}

fn part(automaton: &Automaton) -> Result<Buffer, TooLarge> {
    let layout = Layout::of(automaton)?;
    let columns = Columns::of(&layout);
    let mut slots = Buffer::default();
    let mut rows = Buffer::default();
    slots.bytes(&[kind::DEAD; SLOT]);
    for (state, shape) in &layout.order {
        let State { class, edges } = layout.state(*state);
        match shape {
            Shape::Row => {
                rows.u32((*class).into());
                for byte in &columns.representatives {
                    rows.u32(layout.reference(target(edges, *byte)));
                }
            }
            shape => layout.slot(*class, shape, &mut slots),
        }
    }
    let meets = automaton.meets.iter().flatten();
    let mut out = Buffer::default();
    out.length(slots.len() / SLOT)?;
    out.u32(layout.rows);
    out.length(columns.representatives.len())?;
    out.u32(layout.reference(automaton.start));
    out.u32(automaton.classes);
    out.length(automaton.meets.len())?;
    out.bytes(&slots.into_bytes());
    if layout.rows > 0 {
        out.bytes(&columns.of_byte);
    }
    out.bytes(&rows.into_bytes());
    for value in meets {
        out.u16(*value);
    }
    Ok(out)
}

/// How a state is written.
enum Shape {
    /// As the first of a chain: these bytes, and then that state.
    Literal(Vec<u8>, u32),
    /// As ranges, and a state for all other bytes.
    Ranges(Vec<Edge>, u32),
    /// As the end of the walk.
    Rest,
    /// As a row of transitions.
    Row,
}

/// Where each state goes.
struct Layout<'a> {
    states: &'a [State],
    /// How many edges lead to each state; one more for the start.
    entries: Vec<u32>,
    /// States that have a place of their own, in the order of their places.
    order: Vec<(u32, Shape)>,
    /// The reference of each of them.
    references: Vec<u32>,
    rows: u32,
}

impl<'a> Layout<'a> {
    fn of(automaton: &'a Automaton) -> Result<Self, TooLarge> {
        let states = automaton.states.as_slice();
        let mut entries = vec![0_u32; states.len()];
        let all = states.iter().flat_map(|state| &state.edges).map(|edge| edge.to);
        for state in all.chain([automaton.start]) {
            if let Some(count) = entries.get_mut(state as usize) {
                *count = count.saturating_add(1);
            }
        }
        let references = vec![DEAD; states.len()];
        let mut layout = Self { states, entries, order: Vec::new(), references, rows: 0 };
        layout.place(automaton.start)?;
        Ok(layout)
    }

    /// Gives places to a state and to all behind it, depth first: what is walked
    /// through together lies together.
    fn place(&mut self, start: u32) -> Result<(), TooLarge> {
        let mut slots = 1_u32;
        let mut work = vec![start];
        while let Some(state) = work.pop() {
            let is_placed = self.references.get(state as usize).is_none_or(|it| *it != DEAD);
            if state == 0 || is_placed {
                continue;
            }
            let shape = self.shape(state);
            let reference = match &shape {
                Shape::Row => {
                    self.rows += 1;
                    ROW | (self.rows - 1)
                }
                Shape::Literal(..) | Shape::Ranges(..) | Shape::Rest => slots,
            };
            let size = match &shape {
                Shape::Row => 0,
                Shape::Literal(..) | Shape::Rest => 1,
                Shape::Ranges(ranges, _) => 1 + ranges.len() / 2,
            };
            let end = u32::try_from(size).ok().and_then(|size| slots.checked_add(size));
            slots = end.filter(|end| *end < ROW).ok_or(TooLarge)?;
            if let Some(place) = self.references.get_mut(state as usize) {
                *place = reference;
            }
            match &shape {
                Shape::Literal(_, target) => work.push(*target),
                Shape::Ranges(edges, otherwise) => {
                    work.extend(edges.iter().rev().map(|edge| edge.to).chain([*otherwise]));
                }
                Shape::Row => {
                    work.extend(self.state(state).edges.iter().rev().map(|edge| edge.to));
                }
                Shape::Rest => {}
            }
            self.order.push((state, shape));
        }
        Ok(())
    }

    fn shape(&self, state: u32) -> Shape {
        let edges = &self.state(state).edges;
        match edges.as_slice() {
            [Edge { first: 0, last: 255, to }] if *to == state => Shape::Rest,
            [edge] if edge.first == edge.last => self.chain(*edge),
            _ => {
                let runs = runs(edges);
                let otherwise = commonest(&runs);
                let ranges: Vec<Edge> = runs.into_iter().filter(|it| it.to != otherwise).collect();
                match ranges.len() {
                    // A byte has to be taken all the same: `Ranges` has one at least.
                    0 => Shape::Ranges(vec![Edge { first: 0, last: 0, to: otherwise }], otherwise),
                    1..=MOST_RANGES => Shape::Ranges(ranges, otherwise),
                    _ => Shape::Row,
                }
            }
        }
    }

    /// Follows single bytes through states that nothing else leads to and in
    /// which no text may end.
    fn chain(&self, edge: Edge) -> Shape {
        let mut literal = vec![edge.first];
        let mut to = edge.to;
        while literal.len() < MOST_LITERAL && self.entries.get(to as usize) == Some(&1) {
            let state = self.state(to);
            match state.edges.as_slice() {
                [next] if next.first == next.last && state.class == 0 => {
                    literal.push(next.first);
                    to = next.to;
                }
                _ => break,
            }
        }
        Shape::Literal(literal, to)
    }

    fn state(&self, state: u32) -> &'a State {
        const DEAD_STATE: &State = &State { class: 0, edges: Vec::new() };
        self.states.get(state as usize).unwrap_or(DEAD_STATE)
    }

    /// A state that is not there becomes a place that verification refuses.
    fn reference(&self, state: u32) -> u32 {
        self.references.get(state as usize).copied().unwrap_or(!ROW)
    }

    fn slot(&self, class: u16, shape: &Shape, out: &mut Buffer) {
        let count = |length: usize| u8::try_from(length).unwrap_or(u8::MAX);
        match shape {
            Shape::Literal(literal, to) => {
                out.bytes(&[kind::LITERAL, count(literal.len())]);
                out.u16(class);
                out.u32(self.reference(*to));
                // Unused bytes come last; comparing shifts them out.
                let mut content = [0; MOST_LITERAL];
                for (to, byte) in content.iter_mut().zip(literal) {
                    *to = *byte;
                }
                out.bytes(&content);
            }
            Shape::Ranges(ranges, otherwise) => {
                out.bytes(&[kind::RANGES, count(ranges.len())]);
                out.u16(class);
                out.u32(self.reference(*otherwise));
                let (first, more) = ranges.split_at(1);
                first.iter().for_each(|edge| self.range(*edge, out));
                out.u16(0);
                for pair in more.chunks(2) {
                    out.bytes(&[kind::MORE, 0, 0, 0]);
                    pair.iter().for_each(|edge| self.range(*edge, out));
                    out.bytes(if pair.len() == 1 { &UNUSED } else { &[] });
                }
            }
            Shape::Rest => {
                out.bytes(&[kind::REST, 0]);
                out.u16(class);
                out.bytes(&[0; 12]);
            }
            Shape::Row => {}
        }
    }

    fn range(&self, edge: Edge, out: &mut Buffer) {
        out.bytes(&[edge.first, edge.last]);
        out.u32(self.reference(edge.to));
    }
}

/// All 256 bytes in runs that lead to the same state, dead or not.
fn runs(edges: &[Edge]) -> Vec<Edge> {
    let mut runs: Vec<Edge> = Vec::with_capacity(2 * edges.len() + 1);
    let mut add = |first: u16, end: u16, to| {
        let byte = |number| u8::try_from(number).unwrap_or(u8::MAX);
        match runs.last_mut() {
            _ if first >= end => {}
            Some(run) if run.to == to => run.last = byte(end - 1),
            _ => runs.push(Edge { first: byte(first), last: byte(end - 1), to }),
        }
    };
    let mut next = 0;
    for edge in edges {
        add(next, edge.first.into(), 0);
        next = u16::from(edge.last) + 1;
        add(edge.first.into(), next, edge.to);
    }
    add(next, 256, 0);
    runs
}

fn target(edges: &[Edge], byte: u8) -> u32 {
    let at = edges.partition_point(|edge| edge.last < byte);
    edges.get(at).filter(|edge| edge.first <= byte).map_or(0, |edge| edge.to)
}

/// The state to which most runs lead: the others remain.
fn commonest(runs: &[Edge]) -> u32 {
    let count = |to| runs.iter().filter(|run| run.to == to).count();
    let targets = runs.iter().map(|run| (count(run.to), core::cmp::Reverse(run.to)));
    targets.max().map_or(0, |(_, core::cmp::Reverse(to))| to)
}

/// Bytes that no row tells apart share a column.
struct Columns {
    of_byte: [u8; 256],
    /// One byte of each column.
    representatives: Vec<u8>,
}

impl Columns {
    fn of(layout: &Layout<'_>) -> Self {
        // Where a run of some row begins, a column begins at first.
        let mut begins = [false; 257];
        let mut rows = Vec::new();
        for (state, shape) in &layout.order {
            if !matches!(shape, Shape::Row) {
                continue;
            }
            let edges = &layout.state(*state).edges;
            for edge in edges {
                for at in [usize::from(edge.first), usize::from(edge.last) + 1] {
                    if let Some(begin) = begins.get_mut(at) {
                        *begin = true;
                    }
                }
            }
            rows.push(edges);
        }
        let mut columns = Self { of_byte: [0; 256], representatives: Vec::new() };
        if rows.is_empty() {
            return columns;
        }
        // Runs apart from each other may still be alike in every row.
        let mut numbers = alloc::collections::BTreeMap::new();
        let mut column = 0;
        for (byte, slot) in (0..=u8::MAX).zip(columns.of_byte.iter_mut()) {
            if byte == 0 || begins.get(usize::from(byte)) == Some(&true) {
                let targets: Vec<u32> = rows.iter().map(|edges| target(edges, byte)).collect();
                let next = u8::try_from(numbers.len()).unwrap_or(u8::MAX);
                column = *numbers.entry(targets).or_insert_with(|| {
                    columns.representatives.push(byte);
                    next
                });
            }
            *slot = column;
        }
        columns
    }
}
