//! What is looked at, in which order.

use crate::wire::{FormatError, Part, Reader, halves};

/// Words of an entry: attribute, automaton, offset and length of a header's name.
const ENTRY_WORDS: usize = 4;

/// What a level looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attribute<'a> {
    /// HTTP, TCP or UDP.
    Protocol,
    /// The workload that is called.
    Destination,
    /// The caller.
    Peer,
    /// The port.
    Port,
    /// The path, by the automaton with this index.
    Path(u32),
    /// The HTTP method.
    Method,
    /// The host, by the automaton with this index.
    Host(u32),
    /// All values of the header with this name, by the automaton with this index.
    Header(&'a [u8], u32),
    /// The root Service of a split.
    Service,
}

impl Attribute<'_> {
    /// Its automaton, when it has one.
    pub(crate) const fn automaton(self) -> Option<u32> {
        match self {
            Self::Path(index) | Self::Host(index) | Self::Header(_, index) => Some(index),
            Self::Protocol
            | Self::Destination
            | Self::Peer
            | Self::Port
            | Self::Method
            | Self::Service => None,
        }
    }
}

/// The numbers that stand for attributes in a table.
mod id {
    pub(super) const PROTOCOL: u32 = 0;
    pub(super) const DESTINATION: u32 = 1;
    pub(super) const PEER: u32 = 2;
    pub(super) const PORT: u32 = 3;
    pub(super) const PATH: u32 = 4;
    pub(super) const METHOD: u32 = 5;
    pub(super) const HOST: u32 = 6;
    pub(super) const HEADER: u32 = 7;
    pub(super) const SERVICE: u32 = 8;
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Levels {
    count: u32,
    entries: Part,
    text: Part,
}

impl Levels {
    /// Reads and verifies the section, of a table with so many automata.
    pub(crate) fn open(mut reader: Reader<'_>, automata: u32) -> Result<Self, FormatError> {
        let count = reader.u32()?;
        let entries = reader.array(count, ENTRY_WORDS * 4)?;
        let levels = Self { count, entries, text: reader.rest() };
        for index in 0..count {
            match levels.get(reader.table, index) {
                None => return reader.fail("one looks at something unknown"),
                Some(attribute) => {
                    if attribute.automaton().is_some_and(|index| index >= automata) {
                        return reader.fail("one needs an automaton that is not there");
                    }
                    // A host looks for names in lower case, and must find them.
                    if let Attribute::Header(name, _) = attribute
                        && (name.is_empty() || name.iter().any(u8::is_ascii_uppercase))
                    {
                        return reader.fail("one has no name of a header in lower case");
                    }
                }
            }
        }
        Ok(levels)
    }

    pub(crate) const fn len(self) -> u32 {
        self.count
    }

    pub(crate) fn get(self, table: &[u8], index: u32) -> Option<Attribute<'_>> {
        let entry = self.entries.records::<{ ENTRY_WORDS * 4 }>(table).get(index as usize)?;
        let [head, name] = halves(entry);
        let automaton = (head >> 32) as u32;
        Some(match head as u32 {
            id::PROTOCOL => Attribute::Protocol,
            id::DESTINATION => Attribute::Destination,
            id::PEER => Attribute::Peer,
            id::PORT => Attribute::Port,
            id::PATH => Attribute::Path(automaton),
            id::METHOD => Attribute::Method,
            id::HOST => Attribute::Host(automaton),
            id::HEADER => {
                let text = self.text.sub(name as u32, (name >> 32) as u32)?;
                Attribute::Header(text.of(table), automaton)
            }
            id::SERVICE => Attribute::Service,
            _ => return None,
        })
    }

    pub(crate) fn iter(self, table: &[u8]) -> impl Iterator<Item = Attribute<'_>> {
        (0..self.count).filter_map(move |index| self.get(table, index))
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
            Level::Service => (id::SERVICE, 0, ""),
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
