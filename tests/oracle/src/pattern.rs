//! Regular expressions with the meaning that RE2 gives them.
//!
//! The policies' home is Envoy and Go, so a pattern means what RE2 means by it.
//! Patterns which the `regex` crate would read differently are refused.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::Regex;

use crate::read::Invalid;

/// Where a match must begin and end.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Anchor {
    None,
    Start,
    Both,
}

/// Whether a pattern can be understood.
pub(crate) fn check(pattern: &str) -> Result<(), Invalid> {
    compile(pattern, Anchor::None).map(|_| ())
}

/// Patterns that were asked for, because compiling one takes longer than all else
/// that a question needs. `None` for those that nobody can understand.
#[derive(Default)]
pub(crate) struct Patterns(RefCell<HashMap<(Anchor, String), Option<Regex>>>);

impl Patterns {
    /// Whether `text` matches. Patterns are made of characters, so text that is
    /// not UTF-8 matches none.
    pub(crate) fn matches(&self, pattern: &str, anchor: Anchor, text: &[u8]) -> bool {
        let mut known = self.0.borrow_mut();
        let compiled = known
            .entry((anchor, pattern.to_owned()))
            .or_insert_with(|| compile(pattern, anchor).ok());
        let Some(regex) = compiled else { return false };
        std::str::from_utf8(text).is_ok_and(|text| regex.is_match(text))
    }
}

fn compile(pattern: &str, anchor: Anchor) -> Result<Regex, Invalid> {
    let pattern = Translation::of(pattern)?;
    let anchored = match anchor {
        Anchor::None => pattern,
        Anchor::Start => format!(r"\A(?:{pattern})"),
        Anchor::Both => format!(r"\A(?:{pattern})\z"),
    };
    Regex::new(&anchored).map_err(|_| Invalid)
}

/// A walk over the pattern that copies what both languages share, rewrites what
/// is only spelled alike, and stops at the rest.
struct Translation<'a> {
    rest: &'a str,
    out: String,
    /// RE2 refuses `a**`, which the `regex` crate takes for `(?:a*)*`.
    after_repetition: bool,
    /// Parentheses that are open: `a)(b` must not close those around it.
    depth: usize,
}

impl<'a> Translation<'a> {
    fn of(pattern: &'a str) -> Result<String, Invalid> {
        let mut this =
            Self { rest: pattern, out: String::new(), after_repetition: false, depth: 0 };
        while let Some(next) = this.rest.chars().next() {
            match next {
                '*' | '+' | '?' | '{' => this.repetition()?,
                _ => {
                    this.after_repetition = false;
                    this.atom(next)?;
                }
            }
        }
        Ok(this.out)
    }

    fn atom(&mut self, next: char) -> Result<(), Invalid> {
        match next {
            '\\' => self.escape(Self::outside_class),
            '[' => self.class(),
            '(' => {
                self.depth += 1;
                self.group()
            }
            ')' => {
                self.depth = self.depth.checked_sub(1).ok_or(Invalid)?;
                self.copy(1)
            }
            _ => self.copy(next.len_utf8()),
        }
    }

    fn copy(&mut self, length: usize) -> Result<(), Invalid> {
        let (copied, rest) = self.rest.split_at_checked(length).ok_or(Invalid)?;
        self.out.push_str(copied);
        self.rest = rest;
        Ok(())
    }

    /// `*`, `+`, `?` and `{n}`, `{n,}`, `{n,m}` up to RE2's limit, each of them
    /// with a `?` behind it at most.
    fn repetition(&mut self) -> Result<(), Invalid> {
        let counted = self.rest.strip_prefix('{').map(|rest| rest.split_once('}').ok_or(Invalid));
        let length = match counted.transpose()? {
            Some((bounds, _)) if are_bounds(bounds) => bounds.len() + 2,
            Some(_) => return Err(Invalid),
            None => 1,
        };
        if std::mem::replace(&mut self.after_repetition, true) {
            return Err(Invalid);
        }
        self.copy(length)?;
        if self.rest.starts_with('?') { self.copy(1) } else { Ok(()) }
    }

    /// Groups that capture or not, and the flags that both languages have.
    fn group(&mut self) -> Result<(), Invalid> {
        let Some(special) = self.rest.strip_prefix("(?") else { return self.copy(1) };
        if special.starts_with("P<") || special.starts_with('<') {
            let name = special.split(['<', '>']).nth(1).ok_or(Invalid)?;
            let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            return if name.bytes().all(is_word) { self.copy(2) } else { Err(Invalid) };
        }
        let flags = special.find([':', ')']).and_then(|end| special.get(..end)).ok_or(Invalid)?;
        if !flags.chars().all(|flag| "imsU-".contains(flag)) {
            return Err(Invalid);
        }
        // `(?i)` is a group without content, whose end comes as any other.
        self.copy(2 + flags.len())
    }

    /// A class in brackets, where the `regex` crate also knows classes inside
    /// classes and operators between them.
    fn class(&mut self) -> Result<(), Invalid> {
        let start = ["[^]", "[]", "[^", "["].into_iter().find(|it| self.rest.starts_with(it));
        self.copy(start.map_or(1, str::len))?;
        loop {
            match self.rest.chars().next().ok_or(Invalid)? {
                ']' => return self.copy(1),
                '\\' => self.escape(Self::inside_class)?,
                '[' => self.named_class()?,
                _ if ["&&", "--", "~~"].iter().any(|it| self.rest.starts_with(it)) => {
                    return Err(Invalid);
                }
                other => self.copy(other.len_utf8())?,
            }
        }
    }

    /// `[:alpha:]` and the like; a bracket alone means different things.
    fn named_class(&mut self) -> Result<(), Invalid> {
        let inner = self.rest.strip_prefix("[:").ok_or(Invalid)?;
        let end = inner.find(":]").ok_or(Invalid)?;
        self.copy(2 + end + 2)
    }

    fn escape(&mut self, perl: fn(char) -> Option<&'static str>) -> Result<(), Invalid> {
        let next = self.rest.chars().nth(1).ok_or(Invalid)?;
        if let Some(class) = perl(next) {
            self.out.push_str(class);
            self.rest = self.rest.get(2..).ok_or(Invalid)?;
            return Ok(());
        }
        match next {
            'x' if self.rest.starts_with(r"\x{") => {
                self.copy(self.rest.find('}').ok_or(Invalid)? + 1)
            }
            'A' | 'z' | 't' | 'n' | 'r' | 'f' | 'v' | 'a' | 'x' => self.copy(2),
            // Word boundaries of the `regex` crate.
            '<' | '>' => Err(Invalid),
            _ if next.is_ascii_punctuation() => self.copy(2),
            _ => Err(Invalid),
        }
    }

    /// Perl's classes are ASCII in RE2, and its spaces lack the vertical tab.
    fn outside_class(letter: char) -> Option<&'static str> {
        match letter {
            'b' => Some(r"(?-u:\b)"),
            _ => Self::inside_class(letter),
        }
    }

    fn inside_class(letter: char) -> Option<&'static str> {
        Some(match letter {
            'd' => "[0-9]",
            'D' => "[^0-9]",
            'w' => "[0-9A-Za-z_]",
            'W' => "[^0-9A-Za-z_]",
            's' => r"[\t\n\f\r ]",
            'S' => r"[^\t\n\f\r ]",
            _ => return None,
        })
    }
}

/// `n`, `n,` or `n,m` with numbers up to 1000.
fn are_bounds(bounds: &str) -> bool {
    let is_count = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_digit())
            && (text == "0" || !text.starts_with('0'))
            && text.parse::<u32>().is_ok_and(|n| n <= 1000)
    };
    match bounds.split_once(',') {
        None => is_count(bounds),
        Some((least, "")) => is_count(least),
        Some((least, most)) => is_count(least) && is_count(most),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, anchor: Anchor, text: &[u8]) -> bool {
        Patterns::default().matches(pattern, anchor, text)
    }

    fn is_understood(pattern: &str) -> bool {
        check(pattern).is_ok()
    }

    #[test]
    fn anchors_cover_every_alternative() {
        assert!(matches("/a|/b", Anchor::Start, b"/bc"));
        assert!(!matches("/a|/b", Anchor::Both, b"/bc"));
        assert!(!matches("/a|/b", Anchor::Start, b"c/b"));
        assert!(matches("/a|/b", Anchor::None, b"c/bc"));
        assert!(matches("/a|/ab", Anchor::Both, b"/ab"));
    }

    #[test]
    fn perl_classes_are_ascii() {
        assert!(!matches(r"\d", Anchor::Both, "٣".as_bytes()));
        assert!(matches(r"[\D]", Anchor::Both, "٣".as_bytes()));
        assert!(!matches(r"\s", Anchor::Both, b"\x0b"));
        assert!(matches(r".*\bnew\b.*", Anchor::Both, "éneweé new".as_bytes()));
    }

    #[test]
    fn characters_match_and_bytes_do_not() {
        assert!(matches("^/.$", Anchor::Both, "/é".as_bytes()));
        assert!(!matches(".*", Anchor::None, b"/\xff"));
    }

    #[test]
    fn what_re2_reads_differently_is_refused() {
        let patterns = [
            "(",
            "*",
            "a**",
            "a{2}{3}",
            "a{1001}",
            "a{,3}",
            "[a[b]]",
            "[a&&b]",
            r"\<a",
            r"\p{L}",
            r"\u0061",
            "(?x)a",
            "(?R)a",
            r"a\B",
            "a)(b",
            r"\1",
            "(?=a)",
            "a{01}",
            "(?P<a.b>c)",
        ];
        for pattern in patterns {
            assert!(!is_understood(pattern), "{pattern}");
        }
    }

    #[test]
    fn ordinary_patterns_are_understood() {
        let patterns = [
            "",
            ".*a-book.*new",
            r"/api/v\d+/[\w.-]*",
            "^(.*?;)?(type=insider)(;.*)?$",
            "[]a]",
            "[^]]",
            "[[:alpha:]_]",
            "(?i)x",
            "(?P<n>a)",
            "a{2,3}?",
            r"\x{e9}\.",
        ];
        for pattern in patterns {
            assert!(is_understood(pattern), "{pattern}");
        }
    }
}
