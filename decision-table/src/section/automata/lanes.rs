//! Eight bytes of a text at a time, as the lanes of a number of 64 bits.

use crate::wire::each;

/// The highest bit of each byte.
pub(super) const HIGH: u64 = each(0x80);

/// A range of ASCII, ready to be looked for in eight bytes at once.
#[derive(Clone, Copy)]
pub(super) struct Lanes {
    /// Added to the lower seven bits of a byte, it sets the highest when they are not
    /// below those of the first byte of the range.
    from: u64,
    /// The same when they are above those of the last byte.
    above: u64,
}

impl Lanes {
    /// No byte is in it.
    pub(super) const NONE: Self = Self { from: 0, above: 0 };

    /// `None` when the range has bytes beyond ASCII.
    pub(super) const fn of(first: u8, last: u8) -> Option<Self> {
        if first > last || !last.is_ascii() {
            return None;
        }
        let from = each(0x80 - first);
        let above = each(0x7f - last);
        Some(Self { from, above })
    }

    /// The highest bit of each byte that is in the range.
    pub(super) const fn within(self, word: u64) -> u64 {
        // A sum stays in its lane: it is `7f` and `80` at most.
        let lower = word & !HIGH;
        lower.wrapping_add(self.from) & !lower.wrapping_add(self.above) & !word & HIGH
    }
}

/// What is left of a text from its first byte on that `marks` has the highest bit
/// for; `rest` is the end of `text`.
pub(super) fn from_first<'t>(rest: &'t [u8], text: &[u8], marks: impl Fn(u64) -> u64) -> &'t [u8] {
    let mut rest = rest;
    while let Some((piece, behind)) = rest.split_first_chunk() {
        let marked = marks(u64::from_le_bytes(*piece));
        if marked != 0 {
            return rest.get(place(marked)..).unwrap_or_default();
        }
        rest = behind;
    }
    // Lanes behind the end may be marked, too, or none.
    rest.get(place(marks(ending(rest, text)))..).unwrap_or_default()
}

/// The place of the first byte that is marked; 8 when none is.
const fn place(marked: u64) -> usize {
    // INVARIANT: at most 64.
    (marked.trailing_zeros() / 8) as usize
}

/// The last bytes of a text, fewer than eight, as a little-endian number.
pub(super) fn ending(rest: &[u8], text: &[u8]) -> u64 {
    if let Some(last) = text.last_chunk() {
        let unused = u32::try_from(8_usize.saturating_sub(rest.len())).unwrap_or(8) * 8;
        return u64::from_le_bytes(*last).checked_shr(unused).unwrap_or(0);
    }
    rest.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_is_in_a_range_or_not() {
        for (first, last) in (0..0x80).flat_map(|last| (0..=last).map(move |it| (it, last))) {
            let lanes = Lanes::of(first, last).unwrap();
            for byte in 0..=u8::MAX {
                let others = [first, last, byte.wrapping_add(1), 0, 0x7f, 0x80, u8::MAX];
                let [a, b, c, d, e, f, g] = others;
                let bytes = [a, b, c, byte, d, e, f, g];
                let within = lanes.within(u64::from_le_bytes(bytes)).to_le_bytes();
                let expected = bytes.map(|byte| u8::from(first <= byte && byte <= last) << 7);
                assert_eq!(within, expected, "{first:02x} {last:02x} {byte:02x}");
                assert_eq!(Lanes::NONE.within(u64::from_le_bytes(bytes)), 0);
            }
        }
        assert!(Lanes::of(0, 0x80).is_none() && Lanes::of(u8::MAX, 0).is_none());
    }

    #[test]
    fn the_first_marked_byte_is_found_wherever_it_is() {
        let digits = Lanes::of(b'0', b'9').unwrap();
        for length in 0..40 {
            for at in 0..=length {
                let mut text = [b'a'; 40];
                text.iter_mut().skip(at).step_by(3).for_each(|byte| *byte = b'7');
                let text = &text[..length];
                for start in 0..=at {
                    let rest = from_first(&text[start..], text, |word| digits.within(word));
                    assert_eq!(rest, &text[at..], "{length} {at} {start}");
                }
            }
        }
    }
}
