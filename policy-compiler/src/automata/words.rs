//! Which texts a search for an example goes through.

use super::algebra::Place;
use super::bytes::Cuts;
use super::domain::Domain;

/// Texts that a search goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// Those of a domain that people like to read: ASCII without escapes.
    Plain(Domain),
    /// All of a domain.
    Any(Domain),
    /// All sequences of bytes.
    Free,
}

impl Words {
    /// The place in front of a text.
    pub(super) fn start(self) -> Place {
        match self {
            Self::Plain(domain) | Self::Any(domain) => domain.start(),
            Self::Free => 0,
        }
    }

    /// The place behind one more byte; `None` when no text goes on like this.
    pub(super) fn step(self, place: Place, byte: u8) -> Option<Place> {
        match self {
            Self::Plain(domain) if !domain.is_plain(byte) => None,
            Self::Plain(domain) | Self::Any(domain) => domain.step(place, byte),
            Self::Free => Some(0),
        }
    }

    /// Whether a text may end here.
    pub(super) fn may_end(self, place: Place) -> bool {
        match self {
            Self::Plain(domain) | Self::Any(domain) => domain.may_end(place),
            Self::Free => true,
        }
    }

    /// Tells which bytes lead to different places.
    pub(super) fn cut(self, place: Place, cuts: &mut Cuts) {
        match self {
            Self::Plain(domain) | Self::Any(domain) => domain.cut(place, cuts),
            Self::Free => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Trying one byte of each kind is as good as trying all.
    #[test]
    fn bytes_of_one_kind_lead_to_one_place() {
        for domain in [Domain::Path, Domain::Value, Domain::Host] {
            for words in [Words::Plain(domain), Words::Any(domain)] {
                let mut places = vec![words.start()];
                let mut index = 0;
                while let Some(place) = places.get(index).copied() {
                    index += 1;
                    let mut cuts = Cuts::none();
                    words.cut(place, &mut cuts);
                    for byte in 0..=u8::MAX {
                        let next = words.step(place, byte);
                        let before = byte.checked_sub(1).and_then(|it| words.step(place, it));
                        assert!(cuts.is_before(byte) || next == before, "{words:?} at {byte}");
                        places.extend(next.filter(|next| !places.contains(next)));
                    }
                }
                assert!(index > 1);
            }
        }
    }
}
