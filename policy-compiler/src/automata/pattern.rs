//! An expression of a policy, with its anchoring.

use regex_syntax::hir::{Dot, Hir, Repetition};
use smi_model::regex::Regex;

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

    pub(crate) fn expression(&self) -> &str {
        self.regex.as_str()
    }

    /// Whether it can match after any number of bytes: such patterns multiply the
    /// states of an automaton when they meet.
    pub(crate) fn is_floating(&self) -> bool {
        self.anchoring == Anchoring::None || self.expression().starts_with(".*")
    }

    /// The texts that it matches as a whole.
    ///
    /// Built from parts, never from spliced text, so that nothing in the
    /// expression can reach out of it. `.` stands for a character of valid UTF-8:
    /// other text matches no pattern, not even an open end.
    pub(crate) fn language(&self) -> Hir {
        let expression = self.regex.hir().clone();
        let anything = || {
            Hir::repetition(Repetition {
                min: 0,
                max: None,
                greedy: true,
                sub: Box::new(Hir::dot(Dot::AnyChar)),
            })
        };
        match self.anchoring {
            Anchoring::Full => expression,
            Anchoring::Start => Hir::concat(vec![expression, anything()]),
            Anchoring::None => Hir::concat(vec![anything(), expression, anything()]),
        }
    }
}
