//! Bytes that are worth trying: one of each kind.

use super::dfa::Dfa;

/// Where bytes of another kind begin.
#[derive(Debug)]
pub(super) struct Cuts([bool; 256]);

impl Cuts {
    /// All bytes are of one kind.
    pub(super) const fn none() -> Self {
        Self([false; 256])
    }

    /// Another kind begins with this byte.
    pub(super) fn before(&mut self, byte: u8) {
        if let Some(cut) = self.0.get_mut(usize::from(byte)) {
            *cut = true;
        }
    }

    /// These bytes, up to the last one, are of a kind of their own.
    pub(super) fn around(&mut self, first: u8, last: u8) {
        self.before(first);
        if let Some(behind) = last.checked_add(1) {
            self.before(behind);
        }
    }

    /// Bytes that lead an automaton to different states are of different kinds.
    pub(super) fn of_state(&mut self, dfa: &Dfa, state: u32) {
        for edge in &dfa.state(state).edges {
            self.around(edge.first, edge.last);
        }
    }

    /// Whether another kind begins with this byte.
    #[cfg(test)]
    pub(super) fn is_before(&self, byte: u8) -> bool {
        byte == 0 || self.0[usize::from(byte)]
    }

    /// Of each kind the byte that people like best, and of these the best first.
    pub(super) fn favourites(&self) -> Vec<u8> {
        let mut favourites: Vec<(u8, u8)> = Vec::new();
        for (byte, (cut, rank)) in (0..=u8::MAX).zip(self.0.iter().zip(&RANKS)) {
            match favourites.last_mut() {
                Some(favourite) if !cut => *favourite = (*favourite).min((*rank, byte)),
                _ => favourites.push((*rank, byte)),
            }
        }
        favourites.sort_unstable();
        favourites.into_iter().map(|(_, byte)| byte).collect()
    }
}

/// How much people like a byte, the smallest number most.
pub(super) fn rank(byte: u8) -> u8 {
    RANKS.get(usize::from(byte)).copied().unwrap_or(u8::MAX)
}

/// How much people like each byte, the smallest number most: letters, digits, a few
/// marks, and the rest.
static RANKS: [u8; 256] = ranks();

#[expect(clippy::indexing_slicing, reason = "evaluated when this is compiled")]
const fn ranks() -> [u8; 256] {
    let liked = b"abcdefghijklmnopqrstuvwxyz0123456789/-_.";
    let mut ranks = [u8::MAX; 256];
    let mut rank = 0;
    while rank < liked.len() {
        ranks[liked[rank] as usize] = rank as u8;
        rank += 1;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_of_each_kind_is_tried() {
        let mut cuts = Cuts::none();
        assert_eq!(cuts.favourites(), b"a");
        cuts.around(b'0', b'9');
        assert_eq!(cuts.favourites(), b"a0/");
        cuts.around(b'c', b'c');
        assert_eq!(cuts.favourites(), b"acd0/");
        cuts.around(0xf0, 0xff);
        assert_eq!(cuts.favourites(), b"acd0/\xf0");
    }
}
