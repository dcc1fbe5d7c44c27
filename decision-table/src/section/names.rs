//! Exact byte strings and their classes: identities, services, methods.
//!
//! A hash table that is built once: names are sorted by bucket, then by bytes, and
//! an index tells where each bucket starts. One hash and, on average, one
//! comparison, however many names there are; and two places in memory, because a
//! class stands beside its name.

use crate::wire::{FormatError, Part, Reader, halves};

/// Bytes in front of a name: its class, its length.
const RECORD_HEAD: usize = 8;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Names {
    buckets: u32,
    /// Where the records of each bucket start, and where the last one ends.
    starts: Part,
    records: Part,
}

impl Names {
    /// Reads and verifies the section. `is_fine` judges each name.
    pub(crate) fn open(
        mut reader: Reader<'_>,
        is_fine: impl Fn(&[u8]) -> bool,
    ) -> Result<Self, FormatError> {
        let buckets = reader.u32()?;
        if buckets == 0 || buckets == u32::MAX {
            return reader.fail("it has no buckets");
        }
        let starts = reader.array(buckets + 1, 4)?;
        let names = Self { buckets, starts, records: reader.rest() };
        names.verify(&reader, is_fine)?;
        Ok(names)
    }

    fn verify(
        self,
        reader: &Reader<'_>,
        is_fine: impl Fn(&[u8]) -> bool,
    ) -> Result<(), FormatError> {
        let mut rest = self.records.of(reader.table);
        for bucket in 0..self.buckets {
            let Some(mut records) = self.bucket(reader.table, bucket) else {
                return reader.fail("the buckets are not in order");
            };
            // Buckets follow each other, so that looking at all of them is one pass.
            if !core::ptr::eq(records.as_ptr(), rest.as_ptr()) {
                return reader.fail("the buckets do not follow each other");
            }
            rest = rest.get(records.len()..).unwrap_or_default();
            let mut previous: Option<&[u8]> = None;
            while !records.is_empty() {
                let Some((class, name, behind)) = record(records) else {
                    return reader.fail("a name is cut off");
                };
                let padding = records.get(RECORD_HEAD + name.len()..records.len() - behind.len());
                if class == 0 || padding.is_none_or(|it| it.iter().any(|byte| *byte != 0)) {
                    return reader.fail("a name has no class, or bytes behind it");
                }
                let is_first = previous.is_none_or(|before| before < name);
                if bucket_of(name, self.buckets) != bucket || !is_first {
                    return reader.fail("a name is in the wrong place");
                }
                if !is_fine(name) {
                    return reader.fail("a name could not be asked for");
                }
                previous = Some(name);
                records = behind;
            }
        }
        if rest.is_empty() { Ok(()) } else { reader.fail("there are bytes behind its end") }
    }

    /// The class of a name; 0 when it is not in the section.
    pub(crate) fn class(self, table: &[u8], name: &[u8]) -> u32 {
        let bucket = self.bucket(table, bucket_of(name, self.buckets));
        let mut records = bucket.unwrap_or_default();
        while let Some((class, candidate, rest)) = head(records) {
            if candidate == name {
                return class;
            }
            records = behind(candidate, rest).unwrap_or_default();
        }
        0
    }

    /// All names with their classes, in the order of the section.
    pub(crate) fn iter(self, table: &[u8]) -> impl Iterator<Item = (&[u8], u32)> {
        let mut records = self.records.of(table);
        core::iter::from_fn(move || {
            let (class, name, behind) = record(records)?;
            records = behind;
            Some((name, class))
        })
    }

    fn bucket(self, table: &[u8], bucket: u32) -> Option<&[u8]> {
        let [start, end] = self.starts.words(table).chunk(bucket as usize)?;
        self.records.of(table).get(start as usize..end as usize)
    }
}

/// Class and name of the first record, and the records behind it.
fn record(records: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let (class, name, rest) = head(records)?;
    Some((class, name, behind(name, rest)?))
}

/// Class and name of the first record, and what follows its head.
fn head(records: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let (head, rest) = records.split_first_chunk::<RECORD_HEAD>()?;
    let head = u64::from_le_bytes(*head);
    Some((head as u32, rest.get(..(head >> 32) as usize)?, rest))
}

/// The records behind a name, which is padded to whole words.
fn behind<'a>(name: &[u8], rest: &'a [u8]) -> Option<&'a [u8]> {
    rest.get(name.len().checked_next_multiple_of(4)?..)
}

/// The bucket of a name: its hash scaled to the number of buckets.
fn bucket_of(name: &[u8], buckets: u32) -> u32 {
    if buckets == 1 {
        return 0;
    }
    let scaled = (hash(name) & u64::from(u32::MAX)) * u64::from(buckets);
    u32::try_from(scaled >> 32).unwrap_or_default()
}

/// Sixteen bytes a step, in two lanes that do not wait for each other; the last
/// step takes the last sixteen bytes, or a shorter name padded with zeros.
///
/// Not a defence against chosen names, and none is needed: the names were chosen
/// by whoever wrote the policies, and a look-up is bounded by the bucket it meets.
pub(crate) fn hash(name: &[u8]) -> u64 {
    let (mut one, mut two) = (name.len() as u64, MULTIPLIER);
    let mut add = |[first, second]: [u64; 2]| {
        one = mix(one, first);
        two = mix(two, second);
    };
    let (blocks, tail) = name.as_chunks::<16>();
    for block in blocks {
        add(halves(block));
    }
    match name.last_chunk::<16>() {
        Some(_) if tail.is_empty() => {}
        Some(last) => add(halves(last)),
        None => add([little(name), little(name.get(8..).unwrap_or_default())]),
    }
    mix(one, two)
}

const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

const fn mix(state: u64, word: u64) -> u64 {
    let mixed = (state ^ word).wrapping_mul(MULTIPLIER);
    mixed ^ (mixed >> 32)
}

/// The first eight bytes as a number, padded with zeros.
fn little(bytes: &[u8]) -> u64 {
    match bytes.first_chunk() {
        Some(first) => u64::from_le_bytes(*first),
        None => bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)),
    }
}

#[cfg(feature = "alloc")]
pub(crate) use write::write;

#[cfg(feature = "alloc")]
mod write {
    use super::bucket_of;
    use crate::plan::{Buffer, TooLarge};
    use alloc::vec::Vec;

    /// Names that are compared one after the other, which is faster than hashing.
    const FEW: usize = 4;

    /// Writes names with their classes.
    pub(crate) fn write(names: &[(impl AsRef<[u8]>, u32)]) -> Result<Buffer, TooLarge> {
        let buckets = if names.len() <= FEW { 1 } else { names.len() };
        let buckets = u32::try_from(buckets).map_err(|_| TooLarge)?;
        let mut sorted: Vec<(u32, &[u8], u32)> = names
            .iter()
            .map(|(name, class)| (bucket_of(name.as_ref(), buckets), name.as_ref(), *class))
            .collect();
        sorted.sort_unstable();

        let mut records = Buffer::default();
        let mut starts = Buffer::default();
        let mut next = 0;
        for (bucket, name, class) in sorted {
            while next <= bucket {
                starts.length(records.len())?;
                next += 1;
            }
            records.u32(class);
            records.length(name.len())?;
            records.bytes(name);
            records.pad();
        }
        while next <= buckets {
            starts.length(records.len())?;
            next += 1;
        }
        let mut out = Buffer::default();
        out.u32(buckets);
        out.bytes(&starts.into_bytes());
        out.bytes(&records.into_bytes());
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

    /// The examples of `FORMAT.md`.
    #[test]
    fn the_hash_is_the_described_one() {
        assert_eq!(hash(b""), 0x352c_d683_3d62_7234);
        assert_eq!(hash(b"GET"), 0x7bd0_1797_5117_d045);
        assert_eq!(hash(b"shop/web-and-more"), 0x6ec0_0a67_b9fe_dac4);
    }

    #[test]
    fn names_that_nobody_can_ask_for_are_refused() {
        let bytes = write(&[("a", 1)]).unwrap().into_bytes();
        let reader = Reader::new("peers", &bytes, Part::new(0, bytes.len()));
        assert!(Names::open(reader, |name| name != b"a").is_err());
    }
}
