//! An expression of a policy, understood.

use regex_syntax::ast::parse::ParserBuilder;
use regex_syntax::hir::{Dot, Hir, Repetition, translate::TranslatorBuilder};

use super::subset::{self, Outside};
use crate::options::Anchoring;

/// A regular expression with its anchoring. Patterns that are equal match the
/// same texts; they are ordered by their text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Pattern {
    expression: String,
    anchoring: Anchoring,
}

/// Why an expression is not a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PatternError {
    /// No regular expression.
    Syntax {
        /// Bytes of the expression.
        start: usize,
        end: usize,
        /// What the parser says.
        problem: String,
    },
    /// RE2 and Rust do not agree on it.
    Outside(Outside),
}

impl Pattern {
    /// Parses an expression, and refuses what is not in the subset.
    pub(crate) fn new(expression: &str, anchoring: Anchoring) -> Result<Self, PatternError> {
        let pattern = Self { expression: expression.to_owned(), anchoring };
        pattern.parse()?;
        Ok(pattern)
    }

    pub(crate) fn expression(&self) -> &str {
        &self.expression
    }

    /// Whether it can match after any number of bytes: such patterns multiply the
    /// states of an automaton when they meet.
    pub(crate) fn is_floating(&self) -> bool {
        self.anchoring == Anchoring::None || self.expression.starts_with(".*")
    }

    /// The texts that it matches as a whole.
    ///
    /// Built from parts, never from spliced text, so that nothing in the
    /// expression can reach out of it. `.` stands for a character of valid UTF-8:
    /// other text matches no pattern, not even an open end.
    pub(crate) fn language(&self) -> Result<Hir, PatternError> {
        let expression = self.parse()?;
        let anything = || {
            Hir::repetition(Repetition {
                min: 0,
                max: None,
                greedy: true,
                sub: Box::new(Hir::dot(Dot::AnyChar)),
            })
        };
        Ok(match self.anchoring {
            Anchoring::Full => expression,
            Anchoring::Start => Hir::concat(vec![expression, anything()]),
            Anchoring::None => Hir::concat(vec![anything(), expression, anything()]),
        })
    }

    fn parse(&self) -> Result<Hir, PatternError> {
        let ast = ParserBuilder::new().nest_limit(100).build().parse(&self.expression);
        let ast = ast.map_err(|error| syntax(error.span(), error.kind().to_string()))?;
        let rewritten = subset::rewrite(&self.expression, &ast).map_err(PatternError::Outside)?;
        // The rewriting changes spans, so its own errors point at everything.
        let whole = |problem: String| PatternError::Syntax {
            start: 0,
            end: self.expression.len(),
            problem,
        };
        let ast = ParserBuilder::new().nest_limit(120).build().parse(&rewritten);
        let ast = ast.map_err(|error| whole(error.kind().to_string()))?;
        let translated = TranslatorBuilder::new().build().translate(&rewritten, &ast);
        translated.map_err(|error| whole(error.kind().to_string()))
    }
}

fn syntax(span: &regex_syntax::ast::Span, problem: String) -> PatternError {
    PatternError::Syntax { start: span.start.offset, end: span.end.offset, problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(expression: &str) -> Option<(usize, usize)> {
        match Pattern::new(expression, Anchoring::Full).err()? {
            PatternError::Syntax { start, end, .. } => Some((start, end)),
            PatternError::Outside(Outside { start, end, .. }) => Some((start, end)),
        }
    }

    #[test]
    fn common_expressions_are_accepted() {
        for expression in [
            "",
            "/books-bought",
            ".*a-book.*new",
            "/api/v[0-9]+(/.*)?",
            r"^(.*?;)?(type=insider)(;.*)?$",
            r"\d+\s\w\b\B",
            r"[\d.-]",
            r"\pL\p{Lu}",
            "(?i)abc",
            "(?P<name>a)",
            r"\x41\x{42}",
            "[[:alpha:]]",
            r"a\-b\/c\.d",
        ] {
            assert_eq!(problem(expression), None, "{expression}");
        }
    }

    #[test]
    fn what_engines_read_differently_is_refused_with_its_place() {
        for (expression, place) in [
            ("a[b&&c]", (2, 6)),
            ("a[b[c]]", (3, 6)),
            (r"a\<b", (1, 3)),
            (r"\b{start}a", (0, 9)),
            ("(?x)a b", (2, 3)),
            ("(?-u)a", (3, 4)),
            (r"\u00e9", (0, 6)),
            (r"\p{Alphabetic}", (0, 14)),
            (r"\p{sc=Greek}", (0, 12)),
            ("a**", (2, 3)),
            ("a{1001}", (1, 7)),
            ("(a{100}){11}", (2, 7)),
            ("*", (0, 0)),
            ("/a(", (2, 3)),
            (r"(?=a)", (0, 3)),
        ] {
            assert_eq!(problem(expression), Some(place), "{expression}");
        }
    }
}
