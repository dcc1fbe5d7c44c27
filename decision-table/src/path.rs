//! Which request targets are judged.
//!
//! Proxies and applications disagree about what `/a/../b`, `//a`, `/a%2fb` or
//! `/a;x/b` mean, and every disagreement has been a way around somebody's rules.
//! So a rule is asked about a path only when there is one way to read it.

use crate::wire::each;

/// The path of a request target, up to its query, when it is canonical.
///
/// Not canonical are: a target that does not begin with `/`; control bytes,
/// backslashes, fragments; an empty segment in front of another; a segment that
/// is `.` or `..`, also when percent-encoded or followed by `;parameters`;
/// escapes that are malformed, that encode `/`, `\`, NUL, or whose decoding leaves
/// another escape (`%252e`, `%25%32%65`); escapes that encode something else than
/// UTF-8, such as `%c0%ae`, which lenient decoders take for a dot.
#[must_use]
pub fn canonical(target: &[u8]) -> Option<&[u8]> {
    judge(target).map(|Judged { path, .. }| path)
}

/// A canonical path.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Judged<'a> {
    pub(crate) path: &'a [u8],
    /// Whether every byte of it is ASCII.
    pub(crate) is_ascii: bool,
}

pub(crate) fn judge(target: &[u8]) -> Option<Judged<'_>> {
    if is_plain(target) {
        return Some(Judged { path: target, is_ascii: true });
    }
    let marks = marks(target);
    if marks & FORBIDDEN != 0 {
        return None;
    }
    if marks & QUERY != 0 {
        // What stands behind the path does not make it worse.
        let path = target.split(|byte| *byte == b'?').next()?;
        return judge_path(path, self::marks(path));
    }
    judge_path(target, marks)
}

fn judge_path(path: &[u8], marks: u8) -> Option<Judged<'_>> {
    let segments = path.strip_prefix(b"/")?;
    if marks & EMPTY_SEGMENT != 0 {
        return None;
    }
    // Without an escape, only a segment that begins with a dot can be one that is
    // nothing but dots.
    let is_plain = marks & (ESCAPE | DOT_FIRST) == 0;
    let are_canonical = || segments.split(|byte| *byte == b'/').all(segment_is_canonical);
    let judged = Judged { path, is_ascii: marks & BEYOND_ASCII == 0 };
    (is_plain || are_canonical()).then_some(judged)
}

/// Whether a target is a path that needs no closer look, as nearly all are: it has
/// no query, no escape and nothing beyond ASCII, and no segment is empty or begins
/// with a dot. When it has one of these, or a mark that looks like them, or is very
/// short, it may be a fine path all the same.
fn is_plain(target: &[u8]) -> bool {
    let (Some(b'/'), Some(end)) = (target.first(), target.last_chunk()) else { return false };
    // Eight bytes at a time, with the byte in front of them; the last ones perhaps
    // twice.
    let mut odd = oddities(end);
    let mut rest = target;
    while let Some(piece) = rest.first_chunk() {
        odd |= oddities(piece);
        rest = rest.get(8..).unwrap_or_default();
    }
    odd & each(0x80) == 0
}

/// Sets the highest bit of some byte when one of the last eight is not plain, given
/// the byte in front of them.
fn oddities(piece: &[u8; 9]) -> u64 {
    let [before @ .., _] = *piece;
    let [_, bytes @ ..] = *piece;
    let (before, bytes) = (u64::from_le_bytes(before), u64::from_le_bytes(bytes));
    // Zero where a byte is one of `!#%'`, of `?` and DEL, a backslash; and where a
    // slash stands in front of a slash or a dot.
    let escapes = (bytes & each(0xf9)) ^ each(b'!');
    let queries = (bytes & each(0xbf)) ^ each(b'?');
    let backslashes = bytes ^ each(b'\\');
    let segments = (before ^ each(b'/')) | ((bytes & each(0xfe)) ^ each(b'.'));
    // A carry can make more bytes look like zero, but none where there is none.
    let zero = |lanes: u64| lanes.wrapping_sub(each(1)) & !lanes;
    let controls = !(bytes & each(0x7f)).wrapping_add(each(0x80 - b' '));
    controls | bytes | zero(escapes) | zero(queries) | zero(backslashes) | zero(segments)
}

/// A control byte or the start of a fragment.
const FORBIDDEN: u8 = 1;
/// The start of a query.
const QUERY: u8 = 2;
/// `%`, or a backslash, which some servers take for a slash.
const ESCAPE: u8 = 4;
/// A byte of a character beyond ASCII.
const BEYOND_ASCII: u8 = 32;
/// `//`.
const EMPTY_SEGMENT: u8 = 8;
/// `/.`.
const DOT_FIRST: u8 = 16;

/// What occurs in a text. There is no branch for each byte: what a byte means
/// comes from a table, and what it allows the next one to mean from another.
fn marks(text: &[u8]) -> u8 {
    let look = |table: &[u8; 256], byte: u8| table.get(usize::from(byte)).copied();
    let mut mask = AFTER_OTHERS;
    let mut look_at = |marks: u8, byte: &u8| {
        let new = look(&MARKS, *byte).unwrap_or(FORBIDDEN) & mask;
        mask = look(&MASKS, *byte).unwrap_or(AFTER_SLASH);
        marks | new
    };
    // In pieces of a known length, which need no look at the end for each byte.
    let (pieces, rest) = text.as_chunks::<8>();
    let marks = pieces.iter().fold(0, |marks, piece| piece.iter().fold(marks, &mut look_at));
    rest.iter().fold(marks, look_at)
}

const AFTER_SLASH: u8 = u8::MAX;
const AFTER_OTHERS: u8 = FORBIDDEN | QUERY | ESCAPE | BEYOND_ASCII;

#[expect(clippy::indexing_slicing, reason = "an index out of range would not compile")]
static MARKS: [u8; 256] = {
    let mut marks = [0; 256];
    let mut byte = 0;
    while byte < b' ' {
        marks[byte as usize] = FORBIDDEN;
        byte += 1;
    }
    let mut byte = 0x80;
    while byte < 256 {
        marks[byte] = BEYOND_ASCII;
        byte += 1;
    }
    marks[0x7f] = FORBIDDEN;
    marks[b'#' as usize] = FORBIDDEN;
    marks[b'?' as usize] = QUERY;
    marks[b'%' as usize] = ESCAPE;
    marks[b'\\' as usize] = ESCAPE;
    marks[b'/' as usize] = EMPTY_SEGMENT;
    marks[b'.' as usize] = DOT_FIRST;
    marks
};

#[expect(clippy::indexing_slicing, reason = "an index out of range would not compile")]
static MASKS: [u8; 256] = {
    let mut masks = [AFTER_OTHERS; 256];
    masks[b'/' as usize] = AFTER_SLASH;
    masks
};

fn segment_is_canonical(segment: &[u8]) -> bool {
    // The dots of a segment that is nothing but one or two of them, so far.
    let mut dots = Some(0);
    let mut in_parameters = false;
    let mut character = Character::default();
    // The two decoded bytes before the current one.
    let mut before = [0; 2];
    let mut rest = segment;
    while let Some((byte, tail)) = rest.split_first() {
        let is_escape = *byte == b'%';
        let decoded = if is_escape { unescape(tail) } else { Some((*byte, tail)) };
        let Some((byte, tail)) = decoded.filter(|(byte, _)| *byte != b'\\') else {
            return false;
        };
        if !(if is_escape { character.goes_on(byte) } else { character.is_whole() }) {
            return false;
        }
        let [first, second] = before;
        if first == b'%' && second.is_ascii_hexdigit() && byte.is_ascii_hexdigit() {
            // Decoded once more, it would be something else again.
            return false;
        }
        before = [second, byte];
        rest = tail;
        in_parameters |= byte == b';';
        if !in_parameters {
            dots = dots.filter(|count| byte == b'.' && *count < 2).map(|count| count + 1);
        }
    }
    character.is_whole() && !matches!(dots, Some(1 | 2))
}

/// A character whose bytes are escaped, up to its last byte (Unicode, table 3-7).
#[derive(Default)]
struct Character {
    bytes: [u8; 4],
    length: usize,
}

impl Character {
    /// Takes the next byte of it; whether some character begins so.
    fn goes_on(&mut self, byte: u8) -> bool {
        let Some(next) = self.bytes.get_mut(self.length) else { return false };
        *next = byte;
        self.length += 1;
        match core::str::from_utf8(self.bytes.get(..self.length).unwrap_or_default()) {
            Ok(_) => self.length = 0,
            // There is no length to skip where only more bytes are needed.
            Err(error) if error.error_len().is_none() => {}
            Err(_) => return false,
        }
        true
    }

    const fn is_whole(&self) -> bool {
        self.length == 0
    }
}

/// The byte that an escape stands for, and what follows it; `None` for escapes
/// that are malformed or stand for a byte that must not be in a segment.
fn unescape(behind_percent: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, rest) = behind_percent.split_first_chunk::<2>()?;
    let byte = hex_byte(*digits)?;
    (!matches!(byte, 0 | b'/' | b'\\')).then_some((byte, rest))
}

fn hex_byte(digits: [u8; 2]) -> Option<u8> {
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
    u8::try_from(high? * 16 + low?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_is_not_part_of_the_path() {
        assert_eq!(canonical(b"/a/b?c=/../d"), Some(&b"/a/b"[..]));
        assert_eq!(canonical(b"/?"), Some(&b"/"[..]));
    }

    #[test]
    fn canonical_paths_pass() {
        for path in [
            &b"/"[..],
            b"/a/",
            b"/a.b/..c/.d/e..",
            b"/a%20b",
            b"/%c3%a9",
            b"/a;v=1",
            b"/...",
            b"/100%25",
            b"/%25zz",
            b"/caf\xc3\xa9",
            b"/a;..",
            b"/%F0%9f%98%80",
            b"/\xc3\xa9%c3%a9",
        ] {
            assert_eq!(canonical(path), Some(path), "{}", path.escape_ascii());
        }
    }

    /// Every byte at every place, with every byte behind it that matters.
    #[test]
    fn what_looks_plain_is_canonical() {
        for length in [9, 10, 16, 17, 40] {
            for at in 1..length {
                for byte in 0..=u8::MAX {
                    for behind in [b'a', b'/', b'.', b';', b'2'] {
                        let mut target = [b'a'; 40];
                        target[0] = b'/';
                        target[at] = byte;
                        if at + 1 < length {
                            target[at + 1] = behind;
                        }
                        let target = &target[..length];
                        if is_plain(target) {
                            assert_eq!(marks(target) & !(EMPTY_SEGMENT | DOT_FIRST), 0);
                            let judged = judge_path(target, marks(target)).unwrap();
                            assert!(judged.is_ascii && judged.path == target);
                        } else {
                            let is_odd = !byte.is_ascii_alphanumeric() || behind == b'.';
                            assert!(is_odd, "{}", target.escape_ascii());
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn ambiguous_paths_do_not() {
        for path in [
            &b""[..],
            b"a",
            b"*",
            b"//",
            b"//a",
            b"/a//b",
            b"/.",
            b"/..",
            b"/a/../b",
            b"/a/./b",
            b"/%2e",
            b"/%2E%2e/a",
            b"/.%2e/",
            b"/..;/a",
            b"/..;x=1/a",
            b"/.%3b/a",
            b"/%2e%2e%3Bx/a",
            b"/a%2fb",
            b"/a%5Cb",
            b"/a\\b",
            b"/a%00",
            b"/a\0",
            b"/a\x7f",
            b"/a\nb",
            b"/a#b",
            b"/a?b#c",
            b"/%252e",
            b"/%25%32%65",
            b"/%25252e",
            b"/%u002e",
            b"/....//a",
            b"//../../a",
            b"?/a",
            b"/a%25%32f",
            b"/%",
            b"/%2",
            b"/%zz",
            b"/%%32%65",
            b"/%c0%ae%c0%ae",
            b"/%e0%80%ae",
            b"/%c0%af",
            b"/%ff",
            b"/%a9",
            b"/%c3",
            b"/%c3/%a9",
            b"/%c3\xa9",
            b"/\xc3%a9",
            b"/%c3a",
            b"/%ed%a0%80",
            b"/%f4%90%80%80",
            b"/%f0%9f%98%80%80",
            b"http://a/b",
        ] {
            assert_eq!(canonical(path), None, "{}", path.escape_ascii());
        }
    }
}
