//! Slots: a literal, a few ranges of bytes, or an end.

use super::DEAD;
use super::lanes::{HIGH, Lanes, ending, from_first};
use crate::wire::halves;

/// Length of a slot.
pub(super) const SLOT: usize = 16;

/// What a slot is, in its first byte.
pub(super) mod kind {
    /// Nothing matches any more: slot 0, and no other.
    pub(in super::super) const DEAD: u8 = 0;
    /// Up to eight bytes that must follow.
    pub(in super::super) const LITERAL: u8 = 1;
    /// Ranges of bytes with targets, and a target for all other bytes.
    pub(in super::super) const RANGES: u8 = 2;
    /// Two more ranges of the slot in front.
    pub(in super::super) const MORE: u8 = 3;
    /// Whatever follows, the class is this one.
    pub(in super::super) const REST: u8 = 4;
}

/// 16 bytes: kind, count, class (2), target (4), content (8).
///
/// They are read as two numbers, of which the fields are parts.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    head: u64,
    content: u64,
}

impl Slot {
    pub(super) const fn of(bytes: &[u8; SLOT]) -> Self {
        let [head, content] = halves(bytes);
        Self { head, content }
    }

    pub(super) const fn kind(self) -> u8 {
        self.head as u8
    }

    /// How many bytes or ranges it has.
    pub(super) const fn count(self) -> u8 {
        (self.head >> 8) as u8
    }

    pub(super) const fn class(self) -> u16 {
        (self.head >> 16) as u16
    }

    pub(super) const fn target(self) -> u32 {
        (self.head >> 32) as u32
    }

    /// Whether all of it is zeros.
    pub(super) const fn is_empty(self) -> bool {
        self.head == 0 && self.content == 0
    }

    /// How many slots behind this one continue it.
    pub(super) fn more(self) -> usize {
        if self.kind() == kind::RANGES { usize::from(self.count() / 2) } else { 0 }
    }

    /// What is left of a text that begins with the literal.
    pub(super) fn behind_literal<'t>(self, rest: &'t [u8], text: &[u8]) -> Option<&'t [u8]> {
        let count = self.count();
        let behind = rest.get(usize::from(count)..)?;
        let head = rest
            .first_chunk()
            .map_or_else(|| ending(rest, text), |chunk: &[u8; 8]| u64::from_le_bytes(*chunk));
        // What the text has behind the literal is shifted out.
        let unused = u32::from(8_u8.saturating_sub(count)) * 8;
        let differs = (head ^ self.content).checked_shl(unused)? != 0;
        (!differs).then_some(behind)
    }
}

/// A range of bytes, and where they lead.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) first: u8,
    pub(super) last: u8,
    pub(super) target: u32,
}

impl Range {
    /// What stands in place of a second range: no byte is in it.
    pub(super) const UNUSED: Self = Self { first: u8::MAX, last: 0, target: DEAD };

    fn lanes(self) -> Option<Lanes> {
        if self == Self::UNUSED { Some(Lanes::NONE) } else { Lanes::of(self.first, self.last) }
    }
}

/// A slot with its continuation, and perhaps others behind it.
#[derive(Clone, Copy)]
pub(super) struct Ranges<'a> {
    pub(super) slot: Slot,
    pub(super) more: &'a [[u8; SLOT]],
}

impl<'a> Ranges<'a> {
    pub(super) fn target(self, byte: u8) -> u32 {
        let own = self.own();
        if own.first <= byte && byte <= own.last {
            return own.target;
        }
        for slot in self.more.iter().take(self.slot.more()) {
            for range in pair(slot) {
                if range.first <= byte && byte <= range.last {
                    return range.target;
                }
            }
        }
        self.slot.target()
    }

    /// What is left behind bytes that lead from `here` to itself: texts stay long in
    /// loops such as `[0-9]+` and `[^/]+`. Loops that are unusual may stay, too: they
    /// are walked byte by byte.
    pub(super) fn behind_loop<'t>(self, here: u32, rest: &'t [u8], text: &[u8]) -> &'t [u8] {
        let [second, third] = match self.slot.count() {
            1 => [Range::UNUSED; 2],
            2 | 3 => self.more.first().map_or([Range::UNUSED; 2], pair),
            _ => return rest,
        };
        let own = self.own();
        if self.slot.target() == here {
            // The bytes outside all ranges stay, those of ranges need a look.
            let lanes = [own, second, third].map(Range::lanes);
            return match lanes {
                [Some(lanes), _, _] if self.slot.count() == 1 => {
                    from_first(rest, text, |word| lanes.within(word))
                }
                [Some(a), Some(b), Some(c)] => {
                    from_first(rest, text, |word| a.within(word) | b.within(word) | c.within(word))
                }
                _ => rest,
            };
        }
        // One range of those that stay; of a single byte there is seldom more than one.
        let stays = |range: &Range| range.target == here && range.first < range.last;
        let staying = [own, second, third].into_iter().find(stays);
        match staying.and_then(Range::lanes) {
            Some(lanes) => from_first(rest, text, |word| !lanes.within(word) & HIGH),
            None => rest,
        }
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Range> + 'a {
        self.all().take(usize::from(self.slot.count()))
    }

    pub(super) fn all(self) -> impl Iterator<Item = Range> + 'a {
        core::iter::once(self.own()).chain(self.more.iter().flat_map(pair))
    }

    const fn own(self) -> Range {
        range(self.slot.content)
    }
}

/// The two ranges of a slot that continues another: behind four bytes.
const fn pair(slot: &[u8; SLOT]) -> [Range; 2] {
    let [low, high] = halves(slot);
    [range(low >> 32 | high << 32), range(high >> 16)]
}

/// The range in the lowest six bytes.
const fn range(content: u64) -> Range {
    Range { first: content as u8, last: (content >> 8) as u8, target: (content >> 16) as u32 }
}
