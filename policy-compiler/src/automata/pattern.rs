//! An expression of a policy, with its anchoring.

use regex_syntax::hir::{
    Class, ClassBytes, ClassBytesRange, ClassUnicode, Hir, HirKind, Repetition,
};
use smi_model::regex::Regex;

use super::domain::Domain;
use super::sample;
use crate::options::Anchoring;

/// A regular expression with its anchoring. Patterns that are equal match the
/// same texts; they are ordered by their text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Pattern {
    regex: Regex,
    anchoring: Anchoring,
}

impl Pattern {
    pub(crate) const fn new(regex: Regex, anchoring: Anchoring) -> Self {
        Self { regex, anchoring }
    }

    /// Another expression with the same anchoring.
    pub(crate) const fn with(&self, regex: Regex) -> Self {
        Self { regex, anchoring: self.anchoring }
    }

    /// The same expression with another anchoring.
    pub(crate) fn anchored(&self, anchoring: Anchoring) -> Self {
        Self { regex: self.regex.clone(), anchoring }
    }

    pub(crate) fn expression(&self) -> &str {
        self.regex.as_str()
    }

    /// Whether anything may stand before and behind a text of the expression.
    pub(crate) const fn open_ends(&self) -> (bool, bool) {
        match self.anchoring {
            Anchoring::Full => (false, false),
            Anchoring::Start => (false, true),
            Anchoring::None => (true, true),
        }
    }

    pub(crate) fn hir(&self) -> &Hir {
        self.regex.hir()
    }

    /// Whether it can match after any number of bytes: such patterns multiply the
    /// states of an automaton when they meet.
    pub(crate) fn is_floating(&self) -> bool {
        self.anchoring == Anchoring::None || self.expression().starts_with(".*")
    }

    /// A text of requests that it matches, and none is shorter. `None`: not known
    /// without its automaton.
    pub(crate) fn sample(&self, domain: Domain) -> Option<String> {
        let text = sample::shortest(self.regex.hir())?;
        domain.contains_plain(&text).then_some(text)
    }

    /// The texts that it matches as a whole, as bytes of UTF-8.
    ///
    /// Built from parts, never from spliced text, so that nothing in the
    /// expression can reach out of it.
    pub(crate) fn language(&self) -> Hir {
        let expression = over_bytes(self.regex.hir());
        match self.anchoring {
            Anchoring::Full => expression,
            Anchoring::Start => Hir::concat(vec![expression, anything()]),
            Anchoring::None => Hir::concat(vec![anything(), expression, anything()]),
        }
    }
}

/// Any text.
fn anything() -> Hir {
    repeated(bytes(&[(0x00, 0xff)]), 0, None)
}

/// The same expression with classes such as `.` and `[^/]` said in bytes.
///
/// Texts are known to be UTF-8 (the evaluator sees to that), so that a class with
/// all characters beyond ASCII needs no automaton of its own for their encoding:
/// one such character is a first byte with all continuation bytes behind it, and
/// any number of them is any number of such bytes. `.*` becomes one state instead
/// of eight, wherever an automaton needs one.
///
/// On texts that are UTF-8 the result matches as the expression does. A character
/// begins with a byte that is no continuation, and whatever takes one of its bytes
/// takes all characters beyond ASCII; so bytes that different parts take of one
/// character could have been taken by the first of these parts alone.
fn over_bytes(expression: &Hir) -> Hir {
    match expression.kind() {
        HirKind::Class(Class::Unicode(class)) => match ascii_part(class) {
            Some(ascii) => one_character(&ascii),
            None => expression.clone(),
        },
        HirKind::Repetition(Repetition { min, max: None, greedy: true, sub }) => match sub.kind() {
            HirKind::Class(Class::Unicode(class)) => match ascii_part(class) {
                Some(ascii) => many_characters(&ascii, *min),
                None => expression.clone(),
            },
            _ => repeated(over_bytes(sub), *min, None),
        },
        HirKind::Repetition(Repetition { min, max, sub, .. }) => {
            repeated(over_bytes(sub), *min, *max)
        }
        // Nobody asks what a group matched.
        HirKind::Capture(group) => over_bytes(&group.sub),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(over_bytes).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(over_bytes).collect()),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => {
            expression.clone()
        }
    }
}

/// The ASCII characters of a class that has all characters beyond ASCII.
fn ascii_part(class: &ClassUnicode) -> Option<Vec<(u8, u8)>> {
    let last = class.ranges().last()?;
    if u32::from(last.start()) > 0x80 || last.end() != char::MAX {
        return None;
    }
    let ascii = class.ranges().iter().filter_map(|range| {
        let first = u8::try_from(range.start()).ok().filter(u8::is_ascii)?;
        Some((first, u8::try_from(range.end()).unwrap_or(0x7f).min(0x7f)))
    });
    Some(ascii.collect())
}

fn one_character(ascii: &[(u8, u8)]) -> Hir {
    let continuation = repeated(bytes(&[(0x80, 0xbf)]), 0, None);
    Hir::alternation(vec![bytes(ascii), Hir::concat(vec![bytes(&[(0xc2, 0xf4)]), continuation])])
}

fn many_characters(ascii: &[(u8, u8)], min: u32) -> Hir {
    let mut all = ascii.to_vec();
    all.push((0x80, 0xff));
    let more = repeated(bytes(&all), 0, None);
    Hir::concat(vec![repeated(one_character(ascii), min, Some(min)), more])
}

fn bytes(ranges: &[(u8, u8)]) -> Hir {
    let ranges = ranges.iter().map(|(first, last)| ClassBytesRange::new(*first, *last));
    Hir::class(Class::Bytes(ClassBytes::new(ranges)))
}

fn repeated(sub: Hir, min: u32, max: Option<u32>) -> Hir {
    Hir::repetition(Repetition { min, max, greedy: true, sub: Box::new(sub) })
}
