//! Which texts a request can have as its path, as a header's value or as its host.
//!
//! A pattern describes texts, and some of them never come: a proxy cuts spaces off
//! the ends of a value, and a path that is not canonical is denied before any rule
//! is asked. A question about requests is a question about texts of a domain.

use super::algebra::Place;
use super::bytes::Cuts;

/// Texts of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Domain {
    /// Canonical paths (see `decision_table::path`).
    Path,
    /// Values of headers (RFC 9110, section 5.5).
    Value,
    /// Hosts in lower case, without port (RFC 9110, section 7.2).
    Host,
}

impl Domain {
    /// Whether a text is one of the domain.
    pub(super) fn contains(self, text: &str) -> bool {
        let end = text.bytes().try_fold(self.start(), |place, byte| self.step(place, byte));
        end.is_some_and(|place| self.may_end(place))
    }

    /// Whether it is also one that people like to read.
    pub(super) fn contains_plain(self, text: &str) -> bool {
        text.bytes().all(|byte| self.is_plain(byte)) && self.contains(text)
    }

    pub(super) fn start(self) -> Place {
        match self {
            Self::Path => PathPlace { segment: Segment::None, ..PathPlace::default() }.pack(),
            Self::Value => ValuePlace::default().pack(),
            Self::Host => HOST_START,
        }
    }

    pub(super) fn step(self, place: Place, byte: u8) -> Option<Place> {
        match self {
            Self::Path => PathPlace::unpack(place).step(byte).map(PathPlace::pack),
            Self::Value => ValuePlace::unpack(place).step(byte).map(ValuePlace::pack),
            Self::Host => step_in_host(place, byte),
        }
    }

    pub(super) fn may_end(self, place: Place) -> bool {
        match self {
            Self::Path => PathPlace::unpack(place).may_end(),
            Self::Value => ValuePlace::unpack(place).may_end(),
            Self::Host => place != HOST_IN_BRACKETS,
        }
    }

    /// The byte at which a text leaves the domain; behind the text, when it only
    /// ends too early.
    pub(crate) fn stops_at(self, text: &[u8]) -> usize {
        let mut place = self.start();
        for (at, byte) in text.iter().enumerate() {
            match self.step(place, *byte) {
                Some(next) => place = next,
                None => return at,
            }
        }
        text.len()
    }

    pub(super) const fn is_plain(self, byte: u8) -> bool {
        match self {
            Self::Path => byte.is_ascii_graphic() && !matches!(byte, b'%' | b'"' | b'<' | b'>'),
            Self::Value => matches!(byte, b' '..=b'~'),
            Self::Host => byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'),
        }
    }

    pub(super) fn cut(self, place: Place, cuts: &mut Cuts) {
        // Digits and letters of numbers, controls, and bytes of UTF-8 by what follows.
        let ranges = [(b'0', b'9'), (b'A', b'F'), (b'a', b'f'), (b'G', b'Z'), (b'g', b'z')];
        ranges.into_iter().for_each(|(first, last)| cuts.around(first, last));
        for byte in
            [b' ', b'!', 0x7f, 0x80, 0x90, 0xa0, 0xc0, 0xc2, 0xe0, 0xe1, 0xed, 0xee, 0xf0, 0xf1]
        {
            cuts.before(byte);
        }
        cuts.around(0xf4, 0xf4);
        let marks: &[u8] = match self {
            Self::Path => b"/.%;#?\\\"<>",
            Self::Value => b"\t ",
            Self::Host => b".-@,/\\?#;:\"'[]",
        };
        marks.iter().for_each(|byte| cuts.around(*byte, *byte));
        if self == Self::Path && PathPlace::unpack(place).escape != Escape::None {
            let digits = (b'0'..=b'9').chain(b'A'..=b'F').chain(b'a'..=b'f');
            digits.for_each(|byte| cuts.around(byte, byte));
        }
    }
}

/// How much of a character in UTF-8 is still to come, and what may come of it.
///
/// 0 is between characters; 1, 2 and 3 are that many continuation bytes; the rest
/// are the second bytes that the standard restricts (Unicode, table 3-7).
fn utf8(state: u8, byte: u8) -> Option<u8> {
    match (state, byte) {
        (0, 0x00..=0x7f) | (1, 0x80..=0xbf) => Some(0),
        (0, 0xc2..=0xdf) | (2, 0x80..=0xbf) | (4, 0xa0..=0xbf) | (5, 0x80..=0x9f) => Some(1),
        (0, 0xe0) => Some(4),
        (0, 0xed) => Some(5),
        (0, 0xe1..=0xef) | (3, 0x80..=0xbf) | (6, 0x90..=0xbf) | (7, 0x80..=0x8f) => Some(2),
        (0, 0xf0) => Some(6),
        (0, 0xf4) => Some(7),
        (0, 0xf1..=0xf3) => Some(3),
        _ => None,
    }
}

/// What a canonical path depends on: a second reading of the rules, which a test
/// compares with the evaluator's.
#[derive(Clone, Copy, Default)]
struct PathPlace {
    segment: Segment,
    /// In the parameters of a segment, behind `;`.
    in_parameters: bool,
    escape: Escape,
    /// Decoded: `%` (1), or `%` and a hexadecimal digit (2) came last.
    percent: u8,
    utf8: u8,
    /// Whether the character that is still to come is an escaped one.
    is_escaped: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Segment {
    /// Before the first slash.
    None,
    #[default]
    Empty,
    Dot,
    Dots,
    Name,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Escape {
    #[default]
    None,
    Percent,
    High(u8),
}

impl PathPlace {
    fn step(mut self, byte: u8) -> Option<Self> {
        match (self.segment, byte, self.escape) {
            (Segment::None, b'/', _) => Some(Self::default()),
            (Segment::None, ..) => None,
            (_, b'0'..=b'9' | b'A'..=b'F' | b'a'..=b'f', Escape::Percent) => {
                self.escape = Escape::High(hexadecimal(byte)?);
                Some(self)
            }
            (_, _, Escape::High(high)) => {
                self.escape = Escape::None;
                let decoded = high * 16 + hexadecimal(byte)?;
                self.utf8 = utf8(self.utf8, decoded)?;
                self.is_escaped = self.utf8 != 0;
                if decoded == 0 || decoded == b'/' { None } else { self.decoded(decoded) }
            }
            (_, _, Escape::Percent) => None,
            (_, b'%', Escape::None) if self.utf8 == 0 || self.is_escaped => {
                self.escape = Escape::Percent;
                Some(self)
            }
            // A character is escaped as a whole, or not at all.
            _ if self.is_escaped => None,
            (_, b'/', Escape::None) => self.ends_segment().then(Self::default),
            (_, b'#' | b'?', Escape::None) => None,
            (_, byte, Escape::None) => {
                self.utf8 = utf8(self.utf8, byte)?;
                if byte.is_ascii_control() { None } else { self.decoded(byte) }
            }
        }
    }

    fn decoded(mut self, byte: u8) -> Option<Self> {
        let is_digit = byte.is_ascii_hexdigit();
        if byte == b'\\' || (self.percent == 2 && is_digit) {
            return None;
        }
        self.percent = match self.percent {
            _ if byte == b'%' => 1,
            1 if is_digit => 2,
            _ => 0,
        };
        self.in_parameters |= byte == b';';
        if !self.in_parameters {
            self.segment = match (self.segment, byte) {
                (Segment::Empty, b'.') => Segment::Dot,
                (Segment::Dot, b'.') => Segment::Dots,
                _ => Segment::Name,
            };
        } else if self.segment == Segment::Empty {
            self.segment = Segment::Name;
        }
        Some(self)
    }

    fn ends_segment(self) -> bool {
        self.segment == Segment::Name && self.is_whole()
    }

    fn may_end(self) -> bool {
        matches!(self.segment, Segment::Empty | Segment::Name) && self.is_whole()
    }

    fn is_whole(self) -> bool {
        self.escape == Escape::None && self.utf8 == 0
    }

    fn pack(self) -> Place {
        let escape = match self.escape {
            Escape::None => 0,
            Escape::Percent => 1,
            Escape::High(digit) => 2 + u32::from(digit),
        };
        let bits = [
            (self.segment as u32, 3),
            (u32::from(self.in_parameters), 1),
            (escape, 5),
            (u32::from(self.percent), 2),
            (u32::from(self.utf8), 3),
            (u32::from(self.is_escaped), 1),
        ];
        bits.into_iter().fold(0, |packed, (value, width)| packed << width | value)
    }

    fn unpack(place: Place) -> Self {
        let bits = |shift: u32, width: u32| {
            u8::try_from(place >> shift & ((1 << width) - 1)).unwrap_or_default()
        };
        Self {
            is_escaped: bits(0, 1) == 1,
            utf8: bits(1, 3),
            percent: bits(4, 2),
            escape: match bits(6, 5) {
                0 => Escape::None,
                1 => Escape::Percent,
                digit => Escape::High(digit - 2),
            },
            in_parameters: bits(11, 1) == 1,
            segment: match bits(12, 3) {
                0 => Segment::None,
                1 => Segment::Empty,
                2 => Segment::Dot,
                3 => Segment::Dots,
                _ => Segment::Name,
            },
        }
    }
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Spaces and tabs are cut off both ends.
#[derive(Clone, Copy, Default)]
struct ValuePlace {
    is_started: bool,
    ends_in_space: bool,
    utf8: u8,
}

impl ValuePlace {
    fn step(mut self, byte: u8) -> Option<Self> {
        self.utf8 = utf8(self.utf8, byte)?;
        self.ends_in_space = matches!(byte, b' ' | b'\t');
        if self.ends_in_space && !self.is_started {
            return None;
        }
        self.is_started = true;
        (byte == b'\t' || !byte.is_ascii_control()).then_some(self)
    }

    const fn may_end(self) -> bool {
        !self.ends_in_space && self.utf8 == 0
    }

    fn pack(self) -> Place {
        u32::from(self.is_started) << 4 | u32::from(self.ends_in_space) << 3 | u32::from(self.utf8)
    }

    fn unpack(place: Place) -> Self {
        Self {
            is_started: place >> 4 & 1 == 1,
            ends_in_space: place >> 3 & 1 == 1,
            utf8: u8::try_from(place & 7).unwrap_or_default(),
        }
    }
}

const HOST_START: Place = 0;
const HOST_IN_NAME: Place = 1;
const HOST_IN_BRACKETS: Place = 2;
const HOST_BEHIND_BRACKETS: Place = 3;

/// Whether a host can have a byte, in upper or lower case.
pub(super) const fn is_of_host(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(byte, b'@' | b',' | b'/' | b'\\' | b'?' | b'#' | b';' | b'"' | b'\'')
}

fn step_in_host(place: Place, byte: u8) -> Option<Place> {
    let is_fine = is_of_host(byte) && !byte.is_ascii_uppercase();
    match (place, byte) {
        _ if !is_fine => None,
        (HOST_START, b'[') => Some(HOST_IN_BRACKETS),
        (HOST_IN_BRACKETS, b']') => Some(HOST_BEHIND_BRACKETS),
        (HOST_IN_BRACKETS, _) => Some(HOST_IN_BRACKETS),
        (HOST_BEHIND_BRACKETS, _) | (_, b':') => None,
        _ => Some(HOST_IN_NAME),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(domain: Domain, text: &[u8]) -> bool {
        let end = text.iter().try_fold(domain.start(), |place, byte| domain.step(place, *byte));
        end.is_some_and(|place| domain.may_end(place))
    }

    /// All texts over the bytes that matter, up to some length.
    #[test]
    fn paths_are_those_that_the_evaluator_takes_for_canonical() {
        let bytes = *b"/.%;2e5fc0a#?\\\x01\x7f";
        let mut texts: Vec<Vec<u8>> = vec![Vec::new()];
        for length in 1..=5 {
            let longest = texts.iter().filter(|text| text.len() == length - 1).cloned();
            let longer = longest
                .collect::<Vec<_>>()
                .into_iter()
                .flat_map(|text| bytes.map(|byte| [text.as_slice(), &[byte]].concat()));
            texts.extend(longer.collect::<Vec<_>>());
        }
        let escapes = ["%25%32%65", "%252e", "%25%32g", "a%2e%2E", "%2e%2e;x", "..;/", "%c3%a9"];
        let characters = ["%c3", "%a9", "%e0", "%80", "%ae", "%c0", "%c3%a9%a9", "%f0%9f%98%80"];
        let characters = ["%ed%a0%80", "%f4%90%80%80", "%c3a", "%c3/", "%e2%82%ac%", "%E2%82%AC"]
            .into_iter()
            .chain(characters);
        let escapes = escapes.into_iter().chain(characters);
        let escapes = escapes.map(|text| text.as_bytes().to_vec());
        for text in texts.into_iter().chain(escapes) {
            let text = [b"/", text.as_slice()].concat();
            let judged = decision_table::path::canonical(&text);
            let is_path = judged == Some(text.as_slice());
            assert_eq!(contains(Domain::Path, &text), is_path, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn texts_are_utf8() {
        for (text, is_text) in [
            (&b"/caf\xc3\xa9"[..], true),
            (b"/\xe2\x82\xac", true),
            (b"/\xf0\x9f\x98\x80", true),
            (b"/\xc3", false),
            (b"/\xc0\x80", false),
            (b"/\xed\xa0\x80", false),
            (b"/\xf4\x90\x80\x80", false),
            (b"/\xc3%a9", false),
        ] {
            assert_eq!(contains(Domain::Path, text), is_text, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn values_have_no_spaces_at_their_ends() {
        for (value, is_value) in [
            ("", true),
            ("a b", true),
            (" a", false),
            ("a ", false),
            ("a\tb", true),
            ("a\nb", false),
        ] {
            assert_eq!(contains(Domain::Value, value.as_bytes()), is_value, "{value:?}");
        }
    }

    #[test]
    fn hosts_are_those_that_the_evaluator_finds() {
        for host in ["a.example", "[::1]", "a:1", "[::1", "a@b", "A", "[a]b", "", "a.b-c"] {
            let found = decision_table::normalise::host(host.as_bytes());
            let is_host = found == Some(host.as_bytes()) && !host.contains('A');
            assert_eq!(contains(Domain::Host, host.as_bytes()), is_host, "{host}");
        }
    }
}
