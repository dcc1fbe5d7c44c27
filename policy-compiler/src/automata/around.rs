//! What stands around a place in a text, as far as `^`, `$` and `\b` look at it.
//!
//! A state is reached by one byte and left by another; an assertion between them
//! holds or not by the kinds of these two bytes.

use regex_automata::util::look::Look;

/// What stands in front of a place in a text, as far as `^` and `\b` look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Before {
    /// The same for all patterns that are left: nothing looks.
    Anything,
    Start,
    LineFeed,
    Word,
    Other,
}

/// What stands behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behind {
    End,
    LineFeed,
    Word,
    Other,
}

impl Behind {
    pub(super) const fn of(byte: u8) -> Self {
        match byte {
            b'\n' => Self::LineFeed,
            b'0'..=b'9' | b'A'..=b'Z' | b'_' | b'a'..=b'z' => Self::Word,
            _ => Self::Other,
        }
    }

    pub(super) const fn as_before(self) -> Before {
        match self {
            Self::End => Before::Anything,
            Self::LineFeed => Before::LineFeed,
            Self::Word => Before::Word,
            Self::Other => Before::Other,
        }
    }
}

/// Where bytes of another kind begin, as far as `^` and `\b` are concerned.
pub(super) const KINDS: [u16; 10] = [
    b'\n' as u16,
    b'\n' as u16 + 1,
    b'0' as u16,
    b'9' as u16 + 1,
    b'A' as u16,
    b'Z' as u16 + 1,
    b'_' as u16,
    b'_' as u16 + 1,
    b'a' as u16,
    b'z' as u16 + 1,
];

/// Whether an assertion holds between what stands before and behind it. The
/// subset of expressions has no others.
pub(super) fn holds(look: Look, before: Before, behind: Behind) -> bool {
    let starts_line = matches!(before, Before::Start | Before::LineFeed);
    let ends_line = matches!(behind, Behind::End | Behind::LineFeed);
    let boundary = (before == Before::Word) != (behind == Behind::Word);
    match look {
        Look::Start => before == Before::Start,
        Look::End => behind == Behind::End,
        Look::StartLF => starts_line,
        Look::EndLF => ends_line,
        Look::WordAscii => boundary,
        Look::WordAsciiNegate => !boundary,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use smi_model::regex::Regex;

    use crate::automata::{Pattern, automaton};
    use crate::options::Anchoring;

    const LIMIT: usize = 1 << 20;

    /// What stands around a place, where texts begin, end, and change from words to
    /// other bytes.
    #[test]
    fn assertions_look_around() {
        for (expression, text, matches) in [
            ("^/a$", "/a", true),
            ("/a^", "/a", false),
            ("$/a", "/a", false),
            (r"/\ba\b.*", "/a", true),
            (r"/a\b.*", "/a-", true),
            (r"/a\b.*", "/ab", false),
            (r"/a\b.*", "/aé", true),
            (r"\b/a", "/a", false),
            (r".*\bshop\b.*", "/the-shop/x", true),
            (r".*\bshop\b.*", "/workshop", false),
            (r"(?m)/a$\n^b", "/a\nb", true),
            (r"(?m)/a$b", "/ab", false),
            (r"(^|/)a", "a", true),
            (r"(^|/)a", "/a", true),
        ] {
            let pattern = Pattern::new(Regex::new(expression).unwrap(), Anchoring::Full);
            let dfa = automaton(&[&pattern], LIMIT).unwrap();
            assert_eq!(!dfa.matching(text).is_empty(), matches, "{expression} on {text:?}");
        }
    }
}
