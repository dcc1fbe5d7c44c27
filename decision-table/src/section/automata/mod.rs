//! Deterministic automata over bytes: which set of patterns matches a whole text.
//!
//! Patterns themselves are not in a table: an accepting state carries the class
//! of its pattern set, and the nodes know what a class allows. Class 0 is the
//! empty set.
//!
//! Paths are mostly literal, so states are mostly links of chains. A *slot* of 16
//! bytes holds up to eight literal bytes, or a few ranges of bytes with their
//! targets; only a state with many different successors has a row of its own in a
//! table of transitions. A policy's automaton takes a fraction of the memory of a
//! plain table then, and a text is compared eight bytes at a time.

mod lanes;
mod slot;
#[cfg(feature = "alloc")]
mod write;

use self::slot::{Range, Ranges, SLOT, Slot, kind};
use crate::wire::{FormatError, Part, Reader};

#[cfg(feature = "alloc")]
pub(crate) use write::write;

/// Words in front of an automaton: slots, rows, columns, start, classes, meets.
const HEADER_WORDS: usize = 6;
/// Length of a meet.
const MEET: usize = 6;
/// Classes are 16 bits wide in slots, so that they are in rows too.
const MOST_CLASSES: u32 = 1 << 16;
/// Set in a reference to a row; otherwise it is the index of a slot.
const ROW: u32 = 1 << 31;
/// The slot from which nothing matches any more.
const DEAD: u32 = 0;

/// All automata of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Automata {
    count: u32,
    /// Where each automaton starts, and where the last one ends.
    offsets: Part,
    body: Part,
}

impl Automata {
    /// Reads and verifies the section.
    pub(crate) fn open(mut reader: Reader<'_>) -> Result<Self, FormatError> {
        let count = reader.u32()?;
        let Some(offsets) = count.checked_add(1) else {
            return reader.fail("a count is too large");
        };
        let offsets = reader.array(offsets, 4)?;
        let automata = Self { count, offsets, body: reader.rest() };
        let mut expected = 0;
        for index in 0..count {
            match automata.part(reader.table, index) {
                Some(part) if part.start() == automata.body.start() + expected => {
                    let located = Located::read(Reader::new("automata", reader.table, part))?;
                    located.of(reader.table).verify()?;
                    expected += part.len();
                }
                _ => return reader.fail("one is not where it should be"),
            }
        }
        if expected != automata.body.len() {
            return reader.fail("there are bytes behind its end");
        }
        Ok(automata)
    }

    pub(crate) const fn len(self) -> u32 {
        self.count
    }

    pub(crate) fn get(self, table: &[u8], index: u32) -> Option<Automaton<'_>> {
        Some(self.locate(table, index)?.of(table))
    }

    /// Where the parts of an automaton lie.
    pub(crate) fn locate(self, table: &[u8], index: u32) -> Option<Located> {
        Located::read(Reader::new("automata", table, self.part(table, index)?)).ok()
    }

    fn part(self, table: &[u8], index: u32) -> Option<Part> {
        let [start, end] = self.offsets.words(table).chunk(index as usize)?;
        self.body.sub(start, end.checked_sub(start)?)
    }
}

/// Where the parts of one automaton lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Located {
    start: u32,
    classes: u32,
    width: u32,
    slots: Part,
    columns: Part,
    rows: Part,
    meets: Part,
}

impl Located {
    fn read(mut reader: Reader<'_>) -> Result<Self, FormatError> {
        let mut header = [0; HEADER_WORDS];
        for word in &mut header {
            *word = reader.u32()?;
        }
        let [slots, rows, columns, start, classes, meets] = header;
        if classes > MOST_CLASSES {
            return reader.fail("there are too many classes");
        }
        if columns > 256 || (columns == 0) != (rows == 0) {
            return reader.fail("rows and columns do not fit");
        }
        let width = columns + 1;
        let Some(cells) = width.checked_mul(rows) else {
            return reader.fail("a count is too large");
        };
        let slots = reader.array(slots, SLOT)?;
        let columns = reader.part(if rows == 0 { 0 } else { 256 })?;
        let rows = reader.array(cells, 4)?;
        let meets = reader.array(meets, MEET)?;
        reader.end()?;
        Ok(Self { start, classes, width, slots, columns, rows, meets })
    }

    pub(crate) fn of(self, table: &[u8]) -> Automaton<'_> {
        Automaton {
            start: self.start,
            classes: self.classes,
            slots: self.slots.records(table),
            columns: self.columns.of(table),
            width: self.width as usize,
            rows: self.rows.records(table),
            meets: self.meets.records(table),
        }
    }
}

/// One automaton.
#[derive(Clone, Copy)]
pub(crate) struct Automaton<'a> {
    start: u32,
    classes: u32,
    slots: &'a [[u8; SLOT]],
    /// The column of each byte; empty when there are no rows.
    columns: &'a [u8],
    /// Words of a row: the class at the end of the text, then a target for each column.
    width: usize,
    rows: &'a [[u8; 4]],
    /// Three columns, sorted: two classes a < b, and the class of what they share.
    meets: &'a [[u8; MEET]],
}

impl Automaton<'_> {
    fn verify(self) -> Result<(), FormatError> {
        let fail = |problem| Reader::new("automata", &[], Part::default()).fail(problem);
        if !self.leads_on(self.start) {
            return fail("the start state does not exist");
        }
        if self.columns.iter().any(|column| usize::from(*column) + 1 >= self.width) {
            return fail("a byte has no column");
        }
        for row in self.rows.chunks(self.width) {
            let (class, targets) = row.split_first().unwrap_or((&[0; 4], &[]));
            let class = u32::from_le_bytes(*class);
            let mut targets = targets.iter().map(|target| u32::from_le_bytes(*target));
            if class >= self.classes || !targets.all(|target| self.leads_on(target)) {
                return fail("a row leads nowhere");
            }
        }
        let mut rest = self.slots;
        while let Some((slot, behind)) = rest.split_first() {
            let more = Slot::of(slot).more();
            let is_first = rest.len() == self.slots.len();
            let Some((more, behind)) = behind.split_at_checked(more) else {
                return fail("a slot is cut off");
            };
            if !self.is_sound(Slot::of(slot), more, is_first) {
                return fail("a slot is malformed");
            }
            rest = behind;
        }
        self.verify_meets()
    }

    /// Whether a slot with its continuation is one that the writer could have made.
    fn is_sound(self, slot: Slot, more: &[[u8; SLOT]], is_first: bool) -> bool {
        let known = u32::from(slot.class()) < self.classes;
        let count = slot.count();
        known
            && match slot.kind() {
                kind::DEAD => is_first && slot.is_empty(),
                kind::LITERAL => (1..=8).contains(&count) && self.leads_on(slot.target()),
                kind::RANGES => {
                    let ranges = Ranges { slot, more };
                    let used = usize::from(count);
                    count >= 1
                        && ranges.all().skip(used).all(|range| range == Range::UNUSED)
                        && more.iter().all(|more| Slot::of(more).kind() == kind::MORE)
                        && self.leads_on(slot.target())
                        && ranges.iter().all(|range| self.leads_on(range.target))
                        && ranges.iter().all(|range| range.first <= range.last)
                        && ranges.iter().is_sorted_by(|a, b| a.last < b.first)
                }
                kind::REST => true,
                _ => false,
            }
    }

    /// Whether a reference is a row or a slot that is not the continuation of another.
    fn leads_on(self, to: u32) -> bool {
        if to & ROW != 0 {
            return ((to & !ROW) as usize) < self.rows.len() / self.width;
        }
        self.slots.get(to as usize).is_some_and(|slot| Slot::of(slot).kind() != kind::MORE)
    }

    fn verify_meets(self) -> Result<(), FormatError> {
        let fail = |problem| Reader::new("automata", &[], Part::default()).fail(problem);
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

    /// The class of the patterns that match all of `text`, which must be UTF-8.
    pub(crate) fn class(self, text: &[u8]) -> u16 {
        self.walk(text).unwrap_or(0)
    }

    /// `None` where the text leaves all patterns. Every step takes at least one
    /// byte, so the walk ends.
    fn walk(self, text: &[u8]) -> Option<u16> {
        let mut at = self.start;
        let mut rest = text;
        loop {
            if at & ROW != 0 {
                (at, rest) = match self.walk_rows(at, rest)? {
                    Walked::Out(at, rest) => (at, rest),
                    Walked::End(class) => return Some(class),
                };
            }
            let slot = Slot::of(self.slots.get(at as usize)?);
            match slot.kind() {
                kind::LITERAL => {
                    if rest.is_empty() {
                        return Some(slot.class());
                    }
                    rest = slot.behind_literal(rest, text)?;
                    at = slot.target();
                }
                kind::RANGES => {
                    let ranges = Ranges { slot, more: self.slots.get(at as usize + 1..)? };
                    let Some((byte, behind)) = ranges.behind_loop(at, rest, text).split_first()
                    else {
                        return Some(slot.class());
                    };
                    at = ranges.target(*byte);
                    rest = behind;
                }
                kind::REST => return Some(slot.class()),
                _ => return None,
            }
        }
    }

    /// Walks from row to row, until the end of the text or out of the rows.
    fn walk_rows<'t>(self, mut at: u32, mut rest: &'t [u8]) -> Option<Walked<'t>> {
        while at & ROW != 0 {
            let row = (at & !ROW) as usize * self.width;
            let Some((byte, behind)) = rest.split_first() else {
                let class = u32::from_le_bytes(*self.rows.get(row)?);
                return Some(Walked::End(u16::try_from(class).ok()?));
            };
            let column = usize::from(*self.columns.get(usize::from(*byte))?);
            at = u32::from_le_bytes(*self.rows.get(row + 1 + column)?);
            rest = behind;
        }
        Some(Walked::Out(at, rest))
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

    pub(crate) fn shape(self) -> Shape {
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        Shape {
            slots: count(self.slots.len()),
            rows: count(self.rows.len() / self.width),
            columns: count(self.width - 1),
            classes: self.classes,
            meets: count(self.meets.len()),
        }
    }
}

/// How large an automaton is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Slots: literals, ranges, ends.
    pub slots: u32,
    /// States with a row of transitions.
    pub rows: u32,
    /// Transitions in a row: sets of bytes that the rows do not tell apart.
    pub columns: u32,
    /// Sets of patterns that texts match, with the empty one.
    pub classes: u32,
    /// Pairs of classes that share patterns.
    pub meets: u32,
}

/// Where a walk through rows ended.
enum Walked<'t> {
    /// At a slot, with the rest of the text.
    Out(u32, &'t [u8]),
    /// With the text.
    End(u16),
}

const fn meet_words([a, b, c, d, e, f]: [u8; 6]) -> [u16; 3] {
    [u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]), u16::from_le_bytes([e, f])]
}
