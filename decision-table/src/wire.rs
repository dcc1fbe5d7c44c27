//! The frame of a table: label, version, length, checksum, section directory.
//!
//! The format is our own rather than a serialisation framework's, because a table
//! comes from outside and is read in place: every offset is checked once against
//! the bytes that are there, after which reading is a bounds-checked look-up that
//! needs no allocation, no alignment and no `unsafe`. Integers are little-endian
//! whatever the host. `FORMAT.md` is the normative description.

use core::fmt;

/// The first bytes of every table. The bytes around the name show transfers that
/// change line ends, drop the eighth bit or stop at an end-of-file character.
pub(crate) const MAGIC: [u8; 8] = *b"\x89SMI\r\n\x1a\n";
/// The format version that this crate reads and writes.
pub const FORMAT_VERSION: u16 = 1;
/// Length of the fixed part in front of the directory.
pub(crate) const HEADER_LENGTH: usize = 56;
/// Length of a directory entry: kind, offset, length.
pub(crate) const ENTRY_LENGTH: usize = 12;
/// Where the checksum stands; it covers everything else.
pub(crate) const CHECKSUM: core::ops::Range<usize> = 16..20;
/// Where the digest stands.
pub(crate) const DIGEST: core::ops::Range<usize> = 20..52;

/// Why bytes are not a table that this crate can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatError {
    /// The label at the start is missing: this is something else.
    NotATable,
    /// The table was written in a format that this crate does not know.
    UnsupportedVersion(u16),
    /// The header says another length than there is.
    Length {
        /// What the header says, in bytes.
        declared: u64,
        /// What there is, in bytes.
        actual: u64,
    },
    /// The checksum does not fit: the bytes were damaged on their way.
    Checksum,
    /// A part contradicts the format.
    Malformed {
        /// Which part.
        section: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotATable => f.write_str("not a decision table"),
            Self::UnsupportedVersion(version) => write!(
                f,
                "table format version {version} is not supported, only version {FORMAT_VERSION}"
            ),
            Self::Length { declared, actual } => {
                write!(f, "the table should have {declared} bytes but has {actual}")
            }
            Self::Checksum => f.write_str("the checksum does not match: the table is damaged"),
            Self::Malformed { section, problem } => {
                write!(f, "the table is malformed: {section}: {problem}")
            }
        }
    }
}

impl core::error::Error for FormatError {}

pub(crate) const fn malformed(section: &'static str, problem: &'static str) -> FormatError {
    FormatError::Malformed { section, problem }
}

/// A run of little-endian `u16`s at any alignment.
#[derive(Clone, Copy)]
pub(crate) struct U16s<'a>(&'a [[u8; 2]]);

impl<'a> U16s<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes.as_chunks().0)
    }

    pub(crate) fn get(self, index: usize) -> Option<u16> {
        self.0.get(index).map(|bytes| u16::from_le_bytes(*bytes))
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = u16> + 'a {
        self.0.iter().map(|bytes| u16::from_le_bytes(*bytes))
    }

    /// Where `value` stands in an ascending run.
    pub(crate) fn position(self, value: u16) -> Option<u32> {
        let position = self.0.binary_search_by_key(&value, |bytes| u16::from_le_bytes(*bytes));
        position.ok().and_then(|position| u32::try_from(position).ok())
    }
}

/// A run of little-endian `u32`s at any alignment.
#[derive(Clone, Copy)]
pub(crate) struct U32s<'a>(&'a [[u8; 4]]);

impl<'a> U32s<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes.as_chunks().0)
    }

    pub(crate) fn get(self, index: usize) -> Option<u32> {
        self.0.get(index).map(|bytes| u32::from_le_bytes(*bytes))
    }

    pub(crate) fn len(self) -> usize {
        self.0.len()
    }
}

/// Takes parts off the front of a section, never more than it has.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    section: &'static str,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(section: &'static str, bytes: &'a [u8]) -> Self {
        Self { rest: bytes, section }
    }

    pub(crate) fn fail<T>(&self, problem: &'static str) -> Result<T, FormatError> {
        Err(malformed(self.section, problem))
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Result<&'a [u8], FormatError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(malformed(self.section, "it ends too early"))?;
        self.rest = rest;
        Ok(taken)
    }

    /// `count` parts of `size` bytes each.
    pub(crate) fn array(&mut self, count: u32, size: usize) -> Result<&'a [u8], FormatError> {
        let length = usize::try_from(count).ok().and_then(|count| count.checked_mul(size));
        self.bytes(length.ok_or(malformed(self.section, "a count is too large"))?)
    }

    pub(crate) fn u16s(&mut self, count: u32) -> Result<U16s<'a>, FormatError> {
        self.array(count, 2).map(U16s::new)
    }

    pub(crate) fn u32s(&mut self, count: u32) -> Result<U32s<'a>, FormatError> {
        self.array(count, 4).map(U32s::new)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, FormatError> {
        let bytes = self.bytes(4)?;
        bytes
            .first_chunk()
            .map(|bytes| u32::from_le_bytes(*bytes))
            .map_or_else(|| self.fail("it ends too early"), Ok)
    }

    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

/// The parts of a table by kind. Unknown kinds are refused: a reader must not
/// ignore a condition that it cannot see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub(crate) enum Kind {
    Scope = 1,
    Destinations = 2,
    Peers = 3,
    Methods = 4,
    Ports = 5,
    Levels = 6,
    Automata = 7,
    Nodes = 8,
    Provenance = 9,
}

impl Kind {
    pub(crate) const ALL: [Self; 9] = [
        Self::Scope,
        Self::Destinations,
        Self::Peers,
        Self::Methods,
        Self::Ports,
        Self::Levels,
        Self::Automata,
        Self::Nodes,
        Self::Provenance,
    ];

    pub(crate) const fn id(self) -> u32 {
        self as u32
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Scope => "scope",
            Self::Destinations => "destinations",
            Self::Peers => "peers",
            Self::Methods => "methods",
            Self::Ports => "ports",
            Self::Levels => "levels",
            Self::Automata => "automata",
            Self::Nodes => "nodes",
            Self::Provenance => "provenance",
        }
    }
}

/// Where each section lies; the provenance may be empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct Directory {
    ranges: [(usize, usize); Kind::ALL.len()],
}

impl Directory {
    /// The bytes of a section; empty when it is absent.
    pub(crate) fn section<'a>(&self, kind: Kind, table: &'a [u8]) -> &'a [u8] {
        let index = (kind.id() as usize).saturating_sub(1);
        let (start, end) = self.ranges.get(index).copied().unwrap_or_default();
        table.get(start..end).unwrap_or_default()
    }
}

/// Checks the frame and finds the sections.
pub(crate) fn open(table: &[u8]) -> Result<Directory, FormatError> {
    if !table.starts_with(&MAGIC) {
        return Err(FormatError::NotATable);
    }
    let mut header = Reader::new("header", table);
    header.bytes(MAGIC.len())?;
    let [low, high, _dialect, flags] =
        *header.bytes(4)?.first_chunk().ok_or(malformed("header", "it ends too early"))?;
    let version = u16::from_le_bytes([low, high]);
    if version != FORMAT_VERSION {
        return Err(FormatError::UnsupportedVersion(version));
    }
    if flags != 0 {
        return header.fail("an unknown flag is set");
    }
    let declared = header.u32()?;
    if usize::try_from(declared) != Ok(table.len()) {
        return Err(FormatError::Length { declared: declared.into(), actual: table.len() as u64 });
    }
    let checksum = header.u32()?;
    let part = |range| table.get::<core::ops::Range<usize>>(range).unwrap_or_default();
    if checksum_of(part(0..CHECKSUM.start), part(CHECKSUM.end..table.len())) != checksum {
        return Err(FormatError::Checksum);
    }
    header.bytes(DIGEST.len())?;
    let count = header.u32()?;
    directory(header, count, table.len())
}

/// The CRC-32 (IEEE 802.3) of what stands before and behind the checksum.
pub(crate) fn checksum_of(before: &[u8], behind: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(before);
    hasher.update(behind);
    hasher.finalize()
}

/// Sections stand in ascending order of kind, each where the one before it ended
/// (rounded up to four bytes), so that there is one way to write a table.
fn directory(mut reader: Reader<'_>, count: u32, total: usize) -> Result<Directory, FormatError> {
    if count as usize > Kind::ALL.len() {
        return reader.fail("it has too many sections");
    }
    let mut directory = Directory::default();
    let mut expected = HEADER_LENGTH + count as usize * ENTRY_LENGTH;
    let mut kinds = Kind::ALL.iter();
    for _ in 0..count {
        let (kind, offset, length) = (reader.u32()?, reader.u32()?, reader.u32()?);
        let Some(kind) = kinds.find(|candidate| candidate.id() == kind) else {
            return reader.fail("a section is unknown or out of order");
        };
        if offset as usize != expected {
            return reader.fail("a section is not where it should be");
        }
        let end = expected.checked_add(length as usize).filter(|end| *end <= total);
        let Some(end) = end else {
            return reader.fail("a section is longer than the table");
        };
        if let Some(range) = directory.ranges.get_mut(kind.id() as usize - 1) {
            *range = (expected, end);
        }
        expected = end.next_multiple_of(4);
    }
    if expected != total {
        return reader.fail("there are bytes behind the last section");
    }
    Ok(directory)
}
