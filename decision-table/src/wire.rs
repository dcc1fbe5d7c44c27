//! The frame of a table: label, version, length, checksum, section directory.
//!
//! The format is our own rather than a serialisation framework's, because a table
//! comes from outside and is read in place: every offset is checked once against
//! the bytes that are there, after which reading is a bounds-checked look-up that
//! needs no allocation, no alignment and no `unsafe`. Integers are little-endian
//! whatever the host. `FORMAT.md` is the normative description.

use core::fmt;

use crc::{CRC_32_ISO_HDLC, Crc, Table};

/// The first bytes of every table. The bytes around the name show transfers that
/// change line ends, drop the eighth bit or stop at an end-of-file character.
pub(crate) const MAGIC: [u8; 8] = *b"\x89SMI\r\n\x1a\n";
/// The format version that this crate reads and writes.
pub const FORMAT_VERSION: u16 = 1;
/// Length of the fixed part in front of the directory.
pub(crate) const HEADER_LENGTH: usize = 56;
/// Length of a directory entry: kind, offset, length.
pub(crate) const ENTRY_LENGTH: usize = 12;
/// Where the length stands.
const LENGTH: core::ops::Range<usize> = 12..16;
/// Where the checksum stands; it covers everything else.
pub(crate) const CHECKSUM: core::ops::Range<usize> = 16..20;
/// Where the dialect stands.
pub(crate) const DIALECT: usize = 10;
/// Where the form of identities stands.
pub(crate) const IDENTITIES: usize = 11;
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

/// Sixteen bytes as two little-endian numbers. Fields that are parts of a number are
/// read at once; reading them byte by byte costs an instruction and more for each.
pub(crate) const fn halves(bytes: &[u8; 16]) -> [u64; 2] {
    let number = u128::from_le_bytes(*bytes);
    [number as u64, (number >> 64) as u64]
}

/// The same byte eight times.
pub(crate) const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// A run of little-endian `u16`s at any alignment.
#[derive(Clone, Copy)]
pub(crate) struct U16s<'a>(&'a [[u8; 2]]);

impl<'a> U16s<'a> {
    pub(crate) fn iter(self) -> impl Iterator<Item = u16> + 'a {
        self.0.iter().map(|bytes| u16::from_le_bytes(*bytes))
    }

    /// Where `value` stands in an ascending run.
    pub(crate) fn position(self, value: u16) -> Option<u32> {
        let position = self.0.binary_search_by_key(&value, |bytes| u16::from_le_bytes(*bytes));
        position.ok().and_then(|position| u32::try_from(position).ok())
    }
}

/// A run of little-endian words at any alignment.
#[derive(Clone, Copy)]
pub(crate) struct Words<'a>(&'a [[u8; 4]]);

impl<'a> Words<'a> {
    pub(crate) fn get(self, index: usize) -> Option<u32> {
        self.0.get(index).map(|bytes| u32::from_le_bytes(*bytes))
    }

    pub(crate) fn len(self) -> usize {
        self.0.len()
    }

    /// `N` words together, from the one at `index`, and all words behind them.
    pub(crate) fn split<const N: usize>(self, index: u32) -> Option<([u32; N], Self)> {
        let (chunk, rest) = self.0.get(index as usize..)?.split_first_chunk::<N>()?;
        Some((chunk.map(u32::from_le_bytes), Self(rest)))
    }

    /// `N` words together, from the one at `index`.
    pub(crate) fn chunk<const N: usize>(self, index: usize) -> Option<[u32; N]> {
        let chunk = self.0.get(index..)?.first_chunk::<N>()?;
        Some(chunk.map(u32::from_le_bytes))
    }

    pub(crate) fn pairs(self) -> &'a [[[u8; 4]; 2]] {
        self.0.as_chunks().0
    }
}

/// Where a part of a table lies. Verification finds the parts once; deciding only
/// takes slices of the bytes, which cannot be out of range then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Part {
    start: usize,
    end: usize,
}

impl Part {
    pub(crate) const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    pub(crate) const fn start(self) -> usize {
        self.start
    }

    pub(crate) const fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    pub(crate) fn of(self, table: &[u8]) -> &[u8] {
        table.get(self.start..self.end).unwrap_or_default()
    }

    /// `length` bytes of the part, `offset` bytes behind its start.
    pub(crate) fn sub(self, offset: u32, length: u32) -> Option<Self> {
        let start = self.start.checked_add(offset as usize)?;
        let end = start.checked_add(length as usize)?;
        (end <= self.end).then_some(Self { start, end })
    }

    pub(crate) fn u16s(self, table: &[u8]) -> U16s<'_> {
        U16s(self.of(table).as_chunks().0)
    }

    pub(crate) fn words(self, table: &[u8]) -> Words<'_> {
        Words(self.of(table).as_chunks().0)
    }

    /// Records of a fixed size.
    pub(crate) fn records<const SIZE: usize>(self, table: &[u8]) -> &[[u8; SIZE]] {
        self.of(table).as_chunks().0
    }
}

/// Takes parts off the front of a section, never more than it has.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) table: &'a [u8],
    rest: Part,
    section: &'static str,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(section: &'static str, table: &'a [u8], part: Part) -> Self {
        Self { table, rest: part, section }
    }

    pub(crate) fn fail<T>(&self, problem: &'static str) -> Result<T, FormatError> {
        Err(malformed(self.section, problem))
    }

    pub(crate) fn part(&mut self, length: usize) -> Result<Part, FormatError> {
        let Part { start, end } = self.rest;
        let middle = start.checked_add(length).filter(|middle| *middle <= end);
        let middle = middle.ok_or(malformed(self.section, "it ends too early"))?;
        self.rest = Part { start: middle, end };
        Ok(Part { start, end: middle })
    }

    /// `count` records of `size` bytes each.
    pub(crate) fn array(&mut self, count: u32, size: usize) -> Result<Part, FormatError> {
        let length = usize::try_from(count).ok().and_then(|count| count.checked_mul(size));
        self.part(length.ok_or(malformed(self.section, "a count is too large"))?)
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Result<&'a [u8], FormatError> {
        self.part(length).map(|part| part.of(self.table))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, FormatError> {
        let bytes = self.bytes(4)?;
        bytes
            .first_chunk()
            .map(|bytes| u32::from_le_bytes(*bytes))
            .map_or_else(|| self.fail("it ends too early"), Ok)
    }

    pub(crate) const fn rest(&self) -> Part {
        self.rest
    }

    /// Ends the section: nothing may be left of it.
    pub(crate) fn end(&self) -> Result<(), FormatError> {
        if self.rest.len() == 0 { Ok(()) } else { self.fail("there are bytes behind its end") }
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
    Services = 4,
    Methods = 5,
    Ports = 6,
    Levels = 7,
    Automata = 8,
    Access = 9,
    Splits = 10,
    Shares = 11,
    Provenance = 12,
}

impl Kind {
    pub(crate) const ALL: [Self; 12] = [
        Self::Scope,
        Self::Destinations,
        Self::Peers,
        Self::Services,
        Self::Methods,
        Self::Ports,
        Self::Levels,
        Self::Automata,
        Self::Access,
        Self::Splits,
        Self::Shares,
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
            Self::Services => "services",
            Self::Methods => "methods",
            Self::Ports => "ports",
            Self::Levels => "levels",
            Self::Automata => "automata",
            Self::Access => "access",
            Self::Splits => "splits",
            Self::Shares => "shares",
            Self::Provenance => "provenance",
        }
    }
}

/// Where each section lies; an absent one is empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct Directory {
    parts: [Part; Kind::ALL.len()],
}

impl Directory {
    pub(crate) fn part(&self, kind: Kind) -> Part {
        let index = (kind.id() as usize).saturating_sub(1);
        self.parts.get(index).copied().unwrap_or_default()
    }

    pub(crate) fn reader<'a>(&self, kind: Kind, table: &'a [u8]) -> Reader<'a> {
        Reader::new(kind.name(), table, self.part(kind))
    }
}

/// How many bytes a table says that it has, which is where it ends among others; 0 for
/// what is too short to say it. Nothing is verified.
#[must_use]
pub fn declared_length(table: &[u8]) -> usize {
    let length = table.get(LENGTH).and_then(|bytes| bytes.first_chunk());
    length.map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize)
}

/// Checks the frame and finds the sections.
pub(crate) fn open(table: &[u8]) -> Result<Directory, FormatError> {
    if !table.starts_with(&MAGIC) {
        return Err(FormatError::NotATable);
    }
    let mut header = Reader::new("header", table, Part::new(0, table.len()));
    header.bytes(MAGIC.len())?;
    let [low, high, _dialect, _identities] =
        *header.bytes(4)?.first_chunk().ok_or(malformed("header", "it ends too early"))?;
    let version = u16::from_le_bytes([low, high]);
    if version != FORMAT_VERSION {
        return Err(FormatError::UnsupportedVersion(version));
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
    // Larger tables would take a few milliseconds off a few megabytes, and as much
    // room in the filter as everything that decides.
    const CRC: Crc<u32, Table<1>> = Crc::<u32, Table<1>>::new(&CRC_32_ISO_HDLC);
    let mut digest = CRC.digest();
    digest.update(before);
    digest.update(behind);
    digest.finalize()
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
        if let Some(part) = directory.parts.get_mut(kind.id() as usize - 1) {
            *part = Part::new(expected, end);
        }
        expected = end.next_multiple_of(4);
        let padding = reader.table.get(end..expected.min(total)).unwrap_or_default();
        if padding.iter().any(|byte| *byte != 0) {
            return reader.fail("there are bytes between sections");
        }
    }
    if expected != total {
        return reader.fail("there are bytes behind the last section");
    }
    Ok(directory)
}
