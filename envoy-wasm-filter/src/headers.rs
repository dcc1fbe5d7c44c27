//! The headers of a request, read where the proxy put them.

use decision_table::Headers;
use proxy_wasm::types::Bytes;

/// Length of a number.
const WORD: usize = 4;

/// All headers in their order, pseudo headers included, in the form of the ABI: how
/// many there are, the two lengths of each, then names and values, each with a zero
/// byte behind it.
pub(crate) struct HeaderBlock {
    bytes: Bytes,
    count: usize,
}

/// The pseudo headers that decisions depend on.
#[derive(Default)]
pub(crate) struct Pseudo<'a> {
    pub(crate) method: Option<&'a [u8]>,
    pub(crate) path: Option<&'a [u8]>,
    pub(crate) authority: Option<&'a [u8]>,
}

impl HeaderBlock {
    /// The headers, unless the bytes are not what the ABI says or there are none.
    pub(crate) fn read(bytes: Bytes) -> Option<Self> {
        let (count, _) = split_word(&bytes)?;
        let block = Self { count, bytes };
        (count > 0 && block.iter().count() == count).then_some(block)
    }

    /// The pseudo headers that were sent once. HTTP forbids to repeat them; of a
    /// request that does it all the same nobody knows which value the application
    /// will see, so it counts as missing.
    pub(crate) fn pseudo(&self) -> Pseudo<'_> {
        let [mut method, mut path, mut authority] = [const { Once::Never }; 3];
        for (name, value) in self.iter() {
            match name {
                b":method" => method.see(value),
                b":path" => path.see(value),
                b":authority" => authority.see(value),
                _ => {}
            }
        }
        Pseudo { method: method.get(), path: path.get(), authority: authority.get() }
    }

    /// Names and values, up to the first that is not as the ABI says.
    fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let lengths = self.bytes.get(WORD..).unwrap_or_default();
        let texts = self.count.checked_mul(2 * WORD).and_then(|at| lengths.get(at..));
        let mut lengths = lengths;
        let mut texts = texts.unwrap_or_default();
        (0..self.count).map_while(move |_| {
            let (name_length, rest) = split_word(lengths)?;
            let (value_length, rest) = split_word(rest)?;
            lengths = rest;
            let (name, rest) = split_text(texts, name_length)?;
            let (value, rest) = split_text(rest, value_length)?;
            texts = rest;
            Some((name, value))
        })
    }
}

impl Headers for HeaderBlock {
    fn visit(&self, name: &[u8], visit: &mut dyn FnMut(&[u8])) {
        for (candidate, value) in self.iter() {
            if candidate.eq_ignore_ascii_case(name) {
                visit(value);
            }
        }
    }
}

/// A value that counts when it was seen once.
enum Once<'a> {
    Never,
    Seen(&'a [u8]),
    Again,
}

impl<'a> Once<'a> {
    fn see(&mut self, value: &'a [u8]) {
        *self = if matches!(self, Self::Never) { Self::Seen(value) } else { Self::Again };
    }

    const fn get(self) -> Option<&'a [u8]> {
        match self {
            Self::Seen(value) => Some(value),
            Self::Never | Self::Again => None,
        }
    }
}

fn split_word(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (word, rest) = bytes.split_first_chunk::<WORD>()?;
    Some((u32::from_le_bytes(*word) as usize, rest))
}

/// A text with its zero byte.
fn split_text(bytes: &[u8], length: usize) -> Option<(&[u8], &[u8])> {
    let (text, rest) = bytes.split_at_checked(length)?;
    let (_zero, rest) = rest.split_first()?;
    Some((text, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::serialise;

    fn block(headers: &[(&str, &[u8])]) -> HeaderBlock {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec()));
        HeaderBlock::read(serialise(&headers.collect::<Vec<_>>())).unwrap()
    }

    #[test]
    fn every_value_is_visited() {
        let block = block(&[(":path", b"/"), ("a", b"1"), ("b", b""), ("A", b"\xff")]);
        let mut values = Vec::new();
        block.visit(b"a", &mut |value| values.push(value.to_vec()));
        assert_eq!(values, [b"1", b"\xff"]);
        block.visit(b"c", &mut |_| panic!("nobody sent it"));
    }

    #[test]
    fn repeated_pseudo_headers_count_as_missing() {
        let block = block(&[(":method", b"GET"), (":path", b"/a"), (":path", b"/b")]);
        let pseudo = block.pseudo();
        assert_eq!(pseudo.method, Some(&b"GET"[..]));
        assert_eq!((pseudo.path, pseudo.authority), (None, None));
    }

    #[test]
    fn blocks_that_are_cut_are_refused() {
        let whole = serialise(&[("a".to_owned(), b"1".to_vec()), ("b".to_owned(), Vec::new())]);
        assert!(HeaderBlock::read(whole.clone()).is_some());
        for length in 0..whole.len() {
            assert!(HeaderBlock::read(whole[..length].to_vec()).is_none(), "{length}");
        }
        assert!(HeaderBlock::read(vec![0; 4]).is_none(), "no headers at all");
        assert!(HeaderBlock::read(vec![0xff; 64]).is_none());
    }
}
