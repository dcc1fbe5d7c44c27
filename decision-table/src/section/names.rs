//! Exact byte strings and their classes: identities, methods.
//!
//! A hash table that is built once: the entries are sorted by bucket, then by
//! bytes, and an index tells where each bucket starts. One hash and, on average,
//! one comparison, however many names there are.

use crate::wire::{FormatError, Reader, U32s};

/// Words of an entry: class, offset and length of the name.
const ENTRY_WORDS: u32 = 3;

#[derive(Clone, Copy)]
pub(crate) struct Names<'a> {
    starts: U32s<'a>,
    entries: U32s<'a>,
    text: &'a [u8],
}

impl<'a> Names<'a> {
    /// Splits the section without looking at its entries.
    pub(crate) fn split(section: &'static str, bytes: &'a [u8]) -> Result<Self, FormatError> {
        let mut reader = Reader::new(section, bytes);
        let (count, buckets) = (reader.u32()?, reader.u32()?);
        if buckets == 0 || buckets == u32::MAX {
            return reader.fail("it has no buckets");
        }
        let starts = reader.u32s(buckets + 1)?;
        let Some(words) = count.checked_mul(ENTRY_WORDS) else {
            return reader.fail("a count is too large");
        };
        let entries = reader.u32s(words)?;
        Ok(Self { starts, entries, text: reader.rest() })
    }

    /// Checks all that `split` did not.
    pub(crate) fn verify(self, section: &'static str) -> Result<(), FormatError> {
        let fail = |problem| Reader::new(section, &[]).fail(problem);
        if self.starts.get(0) != Some(0) || self.starts.get(self.buckets()) != Some(self.count()) {
            return fail("the buckets do not cover the names");
        }
        // Names follow each other, so that hashing all of them is one pass.
        let mut expected = 0;
        for bucket in 0..self.buckets() {
            let Some((start, end)) = self.range(bucket) else {
                return fail("the buckets are not in order");
            };
            let mut previous: Option<&[u8]> = None;
            for index in start..end {
                let Some((_, name)) = self.entry(index) else {
                    return fail("a name lies outside the section");
                };
                if self.bucket(name) != bucket || previous.is_some_and(|before| before >= name) {
                    return fail("a name is in the wrong place");
                }
                if self.offset(index) != Some(expected) {
                    return fail("the names do not follow each other");
                }
                expected += name.len();
                previous = Some(name);
            }
        }
        Ok(())
    }

    /// The class of a name; 0 when it is not in the section.
    pub(crate) fn class(self, name: &[u8]) -> u32 {
        let Some((start, end)) = self.range(self.bucket(name)) else { return 0 };
        (start..end)
            .filter_map(|index| self.entry(index))
            .find(|(_, candidate)| *candidate == name)
            .map_or(0, |(class, _)| class)
    }

    fn count(self) -> u32 {
        u32::try_from(self.entries.len()).unwrap_or(u32::MAX) / ENTRY_WORDS
    }

    fn buckets(self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    fn bucket(self, name: &[u8]) -> usize {
        bucket_of(name, self.buckets())
    }

    fn range(self, bucket: usize) -> Option<(usize, usize)> {
        let (start, end) = (self.starts.get(bucket)?, self.starts.get(bucket + 1)?);
        (start <= end && end <= self.count()).then_some((start as usize, end as usize))
    }

    fn offset(self, index: usize) -> Option<usize> {
        let at = index.checked_mul(ENTRY_WORDS as usize)?;
        Some(self.entries.get(at.checked_add(1)?)? as usize)
    }

    fn entry(self, index: usize) -> Option<(u32, &'a [u8])> {
        let at = index.checked_mul(ENTRY_WORDS as usize)?;
        let offset = self.offset(index)?;
        let end = offset.checked_add(self.entries.get(at + 2)? as usize)?;
        Some((self.entries.get(at)?, self.text.get(offset..end)?))
    }
}

/// The bucket of a name: its hash scaled to the number of buckets.
fn bucket_of(name: &[u8], buckets: usize) -> usize {
    let scaled = (u64::from(hash(name)) * buckets as u64) >> 32;
    usize::try_from(scaled).unwrap_or_default()
}

/// Eight bytes a step: multiply, fold. Not a defence against chosen names, and
/// none is needed: the names were chosen by whoever wrote the policies, and a
/// look-up is bounded by the bucket it meets.
fn hash(name: &[u8]) -> u32 {
    const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |state: u64, word: [u8; 8]| {
        let mixed = (state ^ u64::from_le_bytes(word)).wrapping_mul(MULTIPLIER);
        mixed ^ (mixed >> 32)
    };
    let (words, tail) = name.as_chunks::<8>();
    let state = words.iter().fold(name.len() as u64, |state, word| mix(state, *word));
    let mut last = [0; 8];
    for (to, from) in last.iter_mut().zip(tail) {
        *to = *from;
    }
    // INVARIANT: `mix` leaves its best bits in both halves.
    (mix(state, last) & u64::from(u32::MAX)) as u32
}

#[cfg(feature = "alloc")]
pub(crate) use write::write;

#[cfg(feature = "alloc")]
mod write {
    use super::bucket_of;
    use crate::plan::{Buffer, TooLarge};
    use alloc::vec::Vec;

    /// Writes names with their classes.
    pub(crate) fn write(names: &[(impl AsRef<[u8]>, u32)]) -> Result<Buffer, TooLarge> {
        let buckets = names.len().max(1);
        let mut sorted: Vec<(usize, &[u8], u32)> = names
            .iter()
            .map(|(name, class)| (bucket_of(name.as_ref(), buckets), name.as_ref(), *class))
            .collect();
        sorted.sort_unstable();

        let mut out = Buffer::default();
        out.length(sorted.len())?;
        out.length(buckets)?;
        for bucket in 0..=buckets {
            out.length(sorted.partition_point(|(of, ..)| *of < bucket))?;
        }
        let mut text: Vec<u8> = Vec::new();
        for (_, name, class) in sorted {
            out.u32(class);
            out.length(text.len())?;
            out.length(name.len())?;
            text.extend_from_slice(name);
        }
        out.bytes(&text);
        Ok(out)
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use super::*;
    use alloc::{format, string::String, vec::Vec};

    #[test]
    fn every_name_is_found_and_no_other() {
        for count in [0_u32, 1, 2, 7, 1000] {
            let names: Vec<(String, u32)> =
                (0..count).map(|n| (format!("spiffe://mesh/ns/a/sa/s{n}"), n + 1)).collect();
            let bytes = write(&names).unwrap().into_bytes();
            let section = Names::split("peers", &bytes).unwrap();
            section.verify("peers").unwrap();
            for (name, class) in &names {
                assert_eq!(section.class(name.as_bytes()), *class);
            }
            assert_eq!(section.class(b"spiffe://mesh/ns/a/sa/s"), 0);
            assert_eq!(section.class(b""), 0);
        }
    }
}
