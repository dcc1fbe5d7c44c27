//! Tables in pieces, of which one can be changed before they are put together.

use decision_table::{FormatError, Table};

use crate::sample::plan;

pub(super) const DIRECTORY: usize = 56;

/// A table taken apart: what stands in front of the directory, and the sections.
pub(super) struct Taken {
    pub(super) header: Vec<u8>,
    pub(super) sections: Vec<(u32, Vec<u8>)>,
}

pub(super) fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

pub(super) fn set(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

impl Taken {
    pub(super) fn from(bytes: &[u8]) -> Self {
        let entry = |index: usize| {
            let at = DIRECTORY + index * 12;
            let [kind, offset, length] = [0, 4, 8].map(|field| word(bytes, at + field));
            (kind, bytes[offset as usize..][..length as usize].to_vec())
        };
        let count = word(bytes, 52) as usize;
        Self { header: bytes[..52].to_vec(), sections: (0..count).map(entry).collect() }
    }

    pub(super) fn section(&mut self, kind: u32) -> &mut Vec<u8> {
        &mut self.sections.iter_mut().find(|(of, _)| *of == kind).unwrap().1
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = self.header.clone();
        out.extend(u32::try_from(self.sections.len()).unwrap().to_le_bytes());
        let mut offset = DIRECTORY + self.sections.len() * 12;
        for (kind, section) in &self.sections {
            for value in [*kind as usize, offset, section.len()] {
                out.extend(u32::try_from(value).unwrap().to_le_bytes());
            }
            offset += section.len().next_multiple_of(4);
        }
        for (_, section) in &self.sections {
            out.extend(section);
            out.resize(out.len().next_multiple_of(4), 0);
        }
        sealed(out)
    }
}

/// With a length and a checksum that fit.
pub(super) fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap();
    set(&mut bytes, 12, length);
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[..16]);
    hasher.update(&bytes[20..]);
    let checksum = hasher.finalize();
    set(&mut bytes, 16, checksum);
    bytes
}

pub(super) mod kind {
    pub(crate) const SCOPE: u32 = 1;
    pub(crate) const PEERS: u32 = 3;
    pub(crate) const METHODS: u32 = 5;
    pub(crate) const PORTS: u32 = 6;
    pub(crate) const LEVELS: u32 = 7;
    pub(crate) const AUTOMATA: u32 = 8;
    pub(crate) const ACCESS: u32 = 9;
    pub(crate) const SPLITS: u32 = 10;
    pub(crate) const SHARES: u32 = 11;
    pub(crate) const PROVENANCE: u32 = 12;
}

pub(super) fn taken() -> Taken {
    Taken::from(&plan().write().unwrap())
}

/// What verification says about bytes.
pub(super) fn problem(bytes: Vec<u8>) -> String {
    match Table::from_bytes(bytes) {
        Ok(_) => "fine".to_owned(),
        Err(FormatError::Malformed { section, problem }) => format!("{section}: {problem}"),
        Err(other) => format!("{other:?}"),
    }
}

/// What it says about a table of which a section was changed.
pub(super) fn changed(kind: u32, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut taken = taken();
    change(taken.section(kind));
    problem(taken.bytes())
}

/// What it says when a word of a section has another value.
pub(super) fn with_word(kind: u32, index: usize, value: u32) -> String {
    changed(kind, |section| set(section, index * 4, value))
}

pub(super) fn get(kind: u32, index: usize) -> u32 {
    word(taken().section(kind), index * 4)
}
