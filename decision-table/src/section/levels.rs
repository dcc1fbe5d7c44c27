//! What is looked at, in which order.

use super::automata::Automata;
use crate::wire::{FormatError, Reader, U32s};

/// Words of an entry: attribute, automaton, offset and length of a header's name.
const ENTRY_WORDS: u32 = 4;

/// What a level looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attribute<'a> {
    Protocol,
    Destination,
    Peer,
    Port,
    /// The path, by the automaton with this index.
    Path(u32),
    Method,
    Host(u32),
    Header(&'a [u8], u32),
}

/// The numbers that stand for attributes in a table.
pub(crate) mod id {
    pub(crate) const PROTOCOL: u32 = 0;
    pub(crate) const DESTINATION: u32 = 1;
    pub(crate) const PEER: u32 = 2;
    pub(crate) const PORT: u32 = 3;
    pub(crate) const PATH: u32 = 4;
    pub(crate) const METHOD: u32 = 5;
    pub(crate) const HOST: u32 = 6;
    pub(crate) const HEADER: u32 = 7;
}

#[derive(Clone, Copy)]
pub(crate) struct Levels<'a> {
    entries: U32s<'a>,
    text: &'a [u8],
}

impl<'a> Levels<'a> {
    pub(crate) fn split(bytes: &'a [u8]) -> Result<Self, FormatError> {
        let mut reader = Reader::new("levels", bytes);
        let count = reader.u32()?;
        let Some(words) = count.checked_mul(ENTRY_WORDS) else {
            return reader.fail("a count is too large");
        };
        Ok(Self { entries: reader.u32s(words)?, text: reader.rest() })
    }

    pub(crate) fn verify(self, automata: Automata<'_>) -> Result<(), FormatError> {
        let fail = |problem| Reader::new("levels", &[]).fail(problem);
        for index in 0..self.len() {
            match self.get(index) {
                None => return fail("one looks at something unknown"),
                Some(
                    Attribute::Path(automaton)
                    | Attribute::Host(automaton)
                    | Attribute::Header(_, automaton),
                ) if automaton as usize >= automata.len() => {
                    return fail("one needs an automaton that is not there");
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    pub(crate) fn len(self) -> usize {
        self.entries.len() / ENTRY_WORDS as usize
    }

    pub(crate) fn get(self, index: usize) -> Option<Attribute<'a>> {
        let at = index.checked_mul(ENTRY_WORDS as usize)?;
        let automaton = self.entries.get(at + 1)?;
        Some(match self.entries.get(at)? {
            id::PROTOCOL => Attribute::Protocol,
            id::DESTINATION => Attribute::Destination,
            id::PEER => Attribute::Peer,
            id::PORT => Attribute::Port,
            id::PATH => Attribute::Path(automaton),
            id::METHOD => Attribute::Method,
            id::HOST => Attribute::Host(automaton),
            id::HEADER => {
                let start = self.entries.get(at + 2)? as usize;
                let end = start.checked_add(self.entries.get(at + 3)? as usize)?;
                Attribute::Header(self.text.get(start..end)?, automaton)
            }
            _ => return None,
        })
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Attribute<'a>> {
        (0..self.len()).filter_map(move |index| self.get(index))
    }
}

#[cfg(feature = "alloc")]
pub(crate) fn write(
    levels: &[crate::plan::Level],
) -> Result<crate::plan::Buffer, crate::plan::TooLarge> {
    use crate::plan::Level;
    let mut out = crate::plan::Buffer::default();
    out.length(levels.len())?;
    let mut text = alloc::vec::Vec::new();
    for level in levels {
        let (attribute, automaton, name) = match level {
            Level::Protocol => (id::PROTOCOL, 0, ""),
            Level::Destination => (id::DESTINATION, 0, ""),
            Level::Peer => (id::PEER, 0, ""),
            Level::Port => (id::PORT, 0, ""),
            Level::Path(automaton) => (id::PATH, *automaton, ""),
            Level::Method => (id::METHOD, 0, ""),
            Level::Host(automaton) => (id::HOST, *automaton, ""),
            Level::Header(name, automaton) => (id::HEADER, *automaton, name.as_str()),
        };
        out.u32(attribute);
        out.u32(automaton);
        out.length(text.len())?;
        out.length(name.len())?;
        text.extend_from_slice(name.as_bytes());
    }
    out.bytes(&text);
    Ok(out)
}
