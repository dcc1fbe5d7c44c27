//! Deterministic automata over bytes: which set of patterns matches a whole text.
//!
//! Patterns themselves are not in a table: an accepting state carries the class
//! of its pattern set, and the nodes know what a class allows. Class 0 is the
//! empty set. Bytes that no pattern tells apart share a column.

use crate::wire::{FormatError, Reader, U16s, U32s};

/// State 0 of every automaton: nothing can match any more.
const DEAD: u16 = 0;
/// Words in front of an automaton: states, columns, start state, classes, meets.
const HEADER_WORDS: u32 = 5;

/// All automata of a table.
#[derive(Clone, Copy)]
pub(crate) struct Automata<'a> {
    /// Where each automaton starts, and where the last one ends.
    offsets: U32s<'a>,
    bytes: &'a [u8],
}

impl<'a> Automata<'a> {
    pub(crate) fn split(bytes: &'a [u8]) -> Result<Self, FormatError> {
        let mut reader = Reader::new("automata", bytes);
        let count = reader.u32()?;
        let Some(offsets) = count.checked_add(1) else {
            return reader.fail("a count is too large");
        };
        Ok(Self { offsets: reader.u32s(offsets)?, bytes: reader.rest() })
    }

    pub(crate) fn verify(self) -> Result<(), FormatError> {
        for index in 0..self.len() {
            match self.part(index).map(Automaton::split) {
                Some(automaton) => automaton?.verify()?,
                None => return Reader::new("automata", &[]).fail("one lies outside the section"),
            }
        }
        Ok(())
    }

    pub(crate) fn len(self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    pub(crate) fn get(self, index: u32) -> Option<Automaton<'a>> {
        Automaton::split(self.part(index as usize)?).ok()
    }

    fn part(self, index: usize) -> Option<&'a [u8]> {
        let start = self.offsets.get(index)? as usize;
        self.bytes.get(start..self.offsets.get(index + 1)? as usize)
    }
}

/// One automaton.
#[derive(Clone, Copy)]
pub(crate) struct Automaton<'a> {
    states: u32,
    columns: u32,
    start: u16,
    classes: u32,
    /// The column of each byte.
    column: &'a [u8],
    /// One row of target states for each state.
    transitions: U16s<'a>,
    /// The class of each state, were the text to end there.
    accepts: U16s<'a>,
    /// Three columns, sorted: two classes a < b, and the class of what they share.
    meets: &'a [[u8; 6]],
}

impl<'a> Automaton<'a> {
    fn split(bytes: &'a [u8]) -> Result<Self, FormatError> {
        let mut reader = Reader::new("automata", bytes);
        let header = reader.u32s(HEADER_WORDS)?;
        let word = |index| header.get(index).unwrap_or_default();
        let (states, columns, start, classes) = (word(0), word(1), word(2), word(3));
        let Some(cells) = states.checked_mul(columns) else {
            return reader.fail("a count is too large");
        };
        Ok(Self {
            states,
            columns,
            start: u16::try_from(start).unwrap_or(u16::MAX),
            classes,
            column: reader.bytes(256)?,
            transitions: reader.u16s(cells)?,
            accepts: reader.u16s(states)?,
            meets: reader.array(word(4), 6)?.as_chunks().0,
        })
    }

    fn verify(self) -> Result<(), FormatError> {
        let fail = |problem| Reader::new("automata", &[]).fail(problem);
        if self.column.iter().any(|column| u32::from(*column) >= self.columns) {
            return fail("a byte has no column");
        }
        if u32::from(self.start) >= self.states {
            return fail("the start state does not exist");
        }
        if self.transitions.iter().any(|target| u32::from(target) >= self.states) {
            return fail("a transition leads nowhere");
        }
        // Walking stops early in the dead state; this makes that no shortcut in meaning.
        let dead_row = self.transitions.iter().take(self.columns as usize);
        if dead_row.into_iter().any(|target| target != DEAD) || self.accepts.get(0) != Some(0) {
            return fail("its dead state is not dead");
        }
        if self.accepts.iter().any(|class| u32::from(class) >= self.classes) {
            return fail("a state accepts an unknown class");
        }
        let meets = || self.meets.iter().map(|meet| meet_words(*meet));
        let known = |class: u16| u32::from(class) < self.classes;
        if meets().any(|[a, b, both]| a >= b || !known(b) || !known(both)) {
            return fail("a meet is out of range");
        }
        if !meets().is_sorted_by(|[a, b, _], [c, d, _]| (a, b) < (c, d)) {
            return fail("the meets are not in order");
        }
        Ok(())
    }

    /// The class of the patterns that match all of `text`.
    pub(crate) fn class(self, text: impl Iterator<Item = u8>) -> u16 {
        let mut state = self.start;
        for byte in text {
            let column = self.column.get(usize::from(byte)).copied().unwrap_or_default();
            let cell = usize::from(state) * self.columns as usize + usize::from(column);
            state = self.transitions.get(cell).unwrap_or(DEAD);
            if state == DEAD {
                return 0;
            }
        }
        self.accepts.get(usize::from(state)).unwrap_or_default()
    }

    /// The class of the patterns that are in both classes.
    pub(crate) fn meet(self, a: u16, b: u16) -> u16 {
        if a == b {
            return a;
        }
        let wanted = [a.min(b), a.max(b)];
        let found = self.meets.binary_search_by_key(&wanted, |meet| {
            let [a, b, _] = meet_words(*meet);
            [a, b]
        });
        let meet = found.ok().and_then(|index| self.meets.get(index));
        meet.map_or(0, |meet| meet_words(*meet)[2])
    }

    pub(crate) const fn states(self) -> u32 {
        self.states
    }
}

const fn meet_words([a, b, c, d, e, f]: [u8; 6]) -> [u16; 3] {
    [u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]), u16::from_le_bytes([e, f])]
}

#[cfg(feature = "alloc")]
pub(crate) use write::write;

#[cfg(feature = "alloc")]
mod write {
    use crate::plan::{Automaton, Buffer, TooLarge};
    use alloc::vec::Vec;

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
        let mut out = Buffer::default();
        out.length(automaton.accepts.len())?;
        out.u32(automaton.columns);
        out.u32(automaton.start.into());
        out.u32(automaton.classes);
        out.length(automaton.meets.len())?;
        out.bytes(&automaton.column);
        let meets = automaton.meets.iter().flatten();
        for value in automaton.transitions.iter().chain(&automaton.accepts).chain(meets) {
            out.u16(*value);
        }
        Ok(out)
    }
}
