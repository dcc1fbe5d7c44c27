//! Exact byte strings and their classes: identities, services, methods.
//!
//! A hash table that is built once: the entries are sorted by bucket, then by
//! bytes, and an index tells where each bucket starts. One hash and, on average,
//! one comparison, however many names there are.

use crate::wire::{FormatError, Part, Reader, Words};

/// Words of an entry: class, offset and length of the name.
const ENTRY_WORDS: usize = 3;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Names {
    count: u32,
    buckets: u32,
    /// Where each bucket starts among the entries, and where the last one ends.
    starts: Part,
    entries: Part,
    text: Part,
}

impl Names {
    /// Reads and verifies the section. `is_fine` judges each name.
    pub(crate) fn open(
        mut reader: Reader<'_>,
        is_fine: impl Fn(&[u8]) -> bool,
    ) -> Result<Self, FormatError> {
        let (count, buckets) = (reader.u32()?, reader.u32()?);
        if buckets == 0 || buckets == u32::MAX {
            return reader.fail("it has no buckets");
        }
        let starts = reader.array(buckets + 1, 4)?;
        let entries = reader.array(count, ENTRY_WORDS * 4)?;
        let names = Self { count, buckets, starts, entries, text: reader.rest() };
        names.verify(&reader, is_fine)?;
        Ok(names)
    }

    fn verify(
        self,
        reader: &Reader<'_>,
        is_fine: impl Fn(&[u8]) -> bool,
    ) -> Result<(), FormatError> {
        let table = reader.table;
        let starts = self.starts.words(table);
        if starts.get(0) != Some(0) || starts.get(self.buckets as usize) != Some(self.count) {
            return reader.fail("the buckets do not cover the names");
        }
        // Names follow each other, so that hashing all of them is one pass.
        let mut expected = 0;
        for bucket in 0..self.buckets {
            let Some((start, end)) = self.range(table, bucket) else {
                return reader.fail("the buckets are not in order");
            };
            let mut previous: Option<&[u8]> = None;
            for index in start..end {
                let Some((_, offset, name)) = self.entry(table, index) else {
                    return reader.fail("a name lies outside the section");
                };
                if bucket_of(name, self.buckets) != bucket
                    || previous.is_some_and(|before| before >= name)
                {
                    return reader.fail("a name is in the wrong place");
                }
                if offset as usize != expected {
                    return reader.fail("the names do not follow each other");
                }
                if !is_fine(name) {
                    return reader.fail("a name could not be asked for");
                }
                expected += name.len();
                previous = Some(name);
            }
        }
        if expected == self.text.len() {
            Ok(())
        } else {
            reader.fail("there are bytes behind its end")
        }
    }

    /// The class of a name; 0 when it is not in the section.
    pub(crate) fn class(self, table: &[u8], name: &[u8]) -> u32 {
        let Some((start, end)) = self.range(table, bucket_of(name, self.buckets)) else { return 0 };
        for index in start..end {
            match self.entry(table, index) {
                Some((class, _, candidate)) if candidate == name => return class,
                _ => {}
            }
        }
        0
    }

    /// All names with their classes, in the order of the section.
    pub(crate) fn iter(self, table: &[u8]) -> impl Iterator<Item = (&[u8], u32)> {
        (0..self.count).filter_map(move |index| {
            let (class, _, name) = self.entry(table, index)?;
            Some((name, class))
        })
    }

    fn range(self, table: &[u8], bucket: u32) -> Option<(u32, u32)> {
        let [start, end] = self.starts.words(table).chunk(bucket as usize)?;
        (start <= end && end <= self.count).then_some((start, end))
    }

    /// Class, offset and bytes of a name.
    fn entry(self, table: &[u8], index: u32) -> Option<(u32, u32, &[u8])> {
        let entries: Words<'_> = self.entries.words(table);
        let [class, offset, length] = entries.chunk((index as usize).checked_mul(ENTRY_WORDS)?)?;
        Some((class, offset, self.text.sub(offset, length)?.of(table)))
    }
}

/// The bucket of a name: its hash scaled to the number of buckets.
fn bucket_of(name: &[u8], buckets: u32) -> u32 {
    let scaled = (hash(name) & u64::from(u32::MAX)) * u64::from(buckets);
    u32::try_from(scaled >> 32).unwrap_or_default()
}

/// Eight bytes a step: multiply, fold. Not a defence against chosen names, and
/// none is needed: the names were chosen by whoever wrote the policies, and a
/// look-up is bounded by the bucket it meets.
pub(crate) fn hash(name: &[u8]) -> u64 {
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
    mix(state, last)
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
        let buckets = u32::try_from(names.len().max(1)).map_err(|_| TooLarge)?;
        let mut sorted: Vec<(u32, &[u8], u32)> = names
            .iter()
            .map(|(name, class)| (bucket_of(name.as_ref(), buckets), name.as_ref(), *class))
            .collect();
        sorted.sort_unstable();

        let mut out = Buffer::default();
        out.length(sorted.len())?;
        out.u32(buckets);
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
            let reader = Reader::new("peers", &bytes, Part::new(0, bytes.len()));
            let section = Names::open(reader, |_| true).unwrap();
            for (name, class) in &names {
                assert_eq!(section.class(&bytes, name.as_bytes()), *class);
            }
            assert_eq!(section.iter(&bytes).count(), names.len());
            assert_eq!(section.class(&bytes, b"spiffe://mesh/ns/a/sa/s"), 0);
            assert_eq!(section.class(&bytes, b""), 0);
        }
    }

    #[test]
    fn names_that_nobody_can_ask_for_are_refused() {
        let bytes = write(&[("a", 1)]).unwrap().into_bytes();
        let reader = Reader::new("peers", &bytes, Part::new(0, bytes.len()));
        assert!(Names::open(reader, |name| name != b"a").is_err());
    }
}
