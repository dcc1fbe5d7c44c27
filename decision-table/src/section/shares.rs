//! Who gets the requests that a split shares.

use crate::wire::{FormatError, Part, Reader};

/// Words of a backend: offset and length of its name, weight, target port.
const BACKEND_WORDS: usize = 4;
/// Words of a share: offset and length of the split's name, its first backend.
const SHARE_WORDS: usize = 3;

/// A Service that gets a part of the requests for a root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backend<'a> {
    /// The Service: `namespace/name`.
    pub service: &'a str,
    /// Its weight relative to the other backends of its share.
    pub weight: u32,
    /// The port of its pods, when it differs from the port that the request is for.
    pub target_port: Option<u16>,
}

/// The backends that share requests, and which TrafficSplit says so.
#[derive(Clone, Copy, Debug)]
pub struct Share<'a> {
    table: &'a [u8],
    text: Part,
    backends: Part,
    split: &'a str,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Shares {
    count: u32,
    entries: Part,
    backends: Part,
    text: Part,
}

impl Shares {
    /// Reads and verifies the section.
    pub(crate) fn open(mut reader: Reader<'_>) -> Result<Self, FormatError> {
        let (count, backends) = (reader.u32()?, reader.u32()?);
        let entries = reader.array(count, SHARE_WORDS * 4)?;
        let backends = reader.array(backends, BACKEND_WORDS * 4)?;
        let shares = Self { count, entries, backends, text: reader.rest() };
        shares.verify(&reader)?;
        Ok(shares)
    }

    fn verify(self, reader: &Reader<'_>) -> Result<(), FormatError> {
        // Names can be shared, so the text is looked at once and not name by name:
        // a table must not be able to make its own verification take for ever.
        let Ok(text) = core::str::from_utf8(self.text.of(reader.table)) else {
            return reader.fail("a name is not text");
        };
        let is_name = |offset: u32, length: u32| {
            let range = (offset as usize).checked_add(length as usize);
            range.is_some_and(|end| text.get(offset as usize..end).is_some())
        };
        let mut backends = self.backends.records::<{ BACKEND_WORDS * 4 }>(reader.table).iter();
        for index in 0..self.count {
            let at = index as usize * SHARE_WORDS;
            let share = self.entries.words(reader.table).chunk::<SHARE_WORDS>(at);
            let end = self.starts_at(reader.table, index + 1);
            let (Some([offset, length, start]), Some(end)) = (share, end) else {
                return reader.fail("a share lies outside the section");
            };
            let covered = self.all() as usize - backends.len();
            if !is_name(offset, length) || start as usize != covered || end < start {
                return reader.fail("a share is malformed");
            }
            let mut total = 0;
            for backend in backends.by_ref().take((end - start) as usize) {
                let [offset, length, weight, port] = words(backend);
                if !is_name(offset, length) || port > u32::from(u16::MAX) {
                    return reader.fail("a backend is malformed");
                }
                total += u64::from(weight);
            }
            if total == 0 {
                return reader.fail("the weights of a share are all zero");
            }
        }
        if backends.len() == 0 { Ok(()) } else { reader.fail("a backend has no share") }
    }

    pub(crate) const fn len(self) -> u32 {
        self.count
    }

    pub(crate) fn get(self, table: &[u8], index: u32) -> Option<Share<'_>> {
        let entries = self.entries.words(table);
        let at = (index as usize).checked_mul(SHARE_WORDS)?;
        let [offset, length, start] = entries.chunk(at)?;
        let end = self.starts_at(table, index + 1)?;
        let size = u32::try_from(BACKEND_WORDS * 4).ok()?;
        let count = end.checked_sub(start)?;
        let backends = self.backends.sub(start.checked_mul(size)?, count.checked_mul(size)?)?;
        let split = core::str::from_utf8(self.text.sub(offset, length)?.of(table)).ok()?;
        Some(Share { table, text: self.text, backends, split })
    }

    /// The first backend of a share; behind the last share, the end of all.
    fn starts_at(self, table: &[u8], index: u32) -> Option<u32> {
        if index == self.count {
            return Some(self.all());
        }
        self.entries.words(table).get((index as usize).checked_mul(SHARE_WORDS)?.checked_add(2)?)
    }

    fn all(self) -> u32 {
        u32::try_from(self.backends.len() / (BACKEND_WORDS * 4)).unwrap_or(u32::MAX)
    }
}

impl<'a> Share<'a> {
    /// The TrafficSplit: `namespace/name`.
    #[must_use]
    pub const fn split(&self) -> &'a str {
        self.split
    }

    /// The backends, those with weight zero too.
    pub fn backends(self) -> impl Iterator<Item = Backend<'a>> {
        (0..self.len()).filter_map(move |index| self.backend(index))
    }

    /// The sum of the weights: positive.
    #[must_use]
    pub fn total(self) -> u64 {
        (0..self.len()).filter_map(|index| self.weight(index)).map(u64::from).sum()
    }

    /// The backend at a point from 0 to below [`total`](Self::total): each owns as
    /// many points as its weight.
    pub(crate) fn at(self, point: u64) -> Option<Backend<'a>> {
        let mut end = 0;
        let owner = (0..self.len()).find(|index| {
            end += u64::from(self.weight(*index).unwrap_or_default());
            point < end
        });
        self.backend(owner?)
    }

    fn len(self) -> u32 {
        u32::try_from(self.backends.len() / (BACKEND_WORDS * 4)).unwrap_or(u32::MAX)
    }

    fn weight(self, index: u32) -> Option<u32> {
        let at = (index as usize).checked_mul(BACKEND_WORDS)?.checked_add(2)?;
        self.backends.words(self.table).get(at)
    }

    fn backend(self, index: u32) -> Option<Backend<'a>> {
        let at = (index as usize).checked_mul(BACKEND_WORDS)?;
        let [offset, length, weight, port] = self.backends.words(self.table).chunk(at)?;
        let service = core::str::from_utf8(self.text.sub(offset, length)?.of(self.table)).ok()?;
        let port = u16::try_from(port).ok()?;
        Some(Backend { service, weight, target_port: (port != 0).then_some(port) })
    }
}

fn words(record: &[u8; BACKEND_WORDS * 4]) -> [u32; BACKEND_WORDS] {
    let mut words = [0; BACKEND_WORDS];
    for (word, bytes) in words.iter_mut().zip(record.as_chunks().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    words
}

#[cfg(feature = "alloc")]
pub(crate) fn write(
    shares: &[crate::plan::Share],
) -> Result<crate::plan::Buffer, crate::plan::TooLarge> {
    let mut out = crate::plan::Buffer::default();
    out.length(shares.len())?;
    out.length(shares.iter().map(|share| share.backends.len()).sum())?;
    let mut text = crate::plan::Text::default();
    let mut start = 0;
    for share in shares {
        text.refer_to(&share.split, &mut out)?;
        out.length(start)?;
        start += share.backends.len();
    }
    for backend in shares.iter().flat_map(|share| &share.backends) {
        text.refer_to(&backend.service, &mut out)?;
        out.u32(backend.weight);
        out.u32(backend.target_port.unwrap_or(0).into());
    }
    out.bytes(text.as_bytes());
    Ok(out)
}
