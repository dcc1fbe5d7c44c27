//! Regular expressions, in the subset on which RE2 (Envoy, Go) and Rust agree.

mod cost;
mod glob;
mod subset;

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

use regex_syntax::ast::parse::ParserBuilder;
use regex_syntax::hir::{Hir, translate::TranslatorBuilder};

pub(crate) use cost::Budget;
pub(crate) use glob::as_regex;
pub use glob::of_glob;

/// Bytes of one expression; a parsed one is many times as large.
const MOST_BYTES: usize = 1 << 16;

/// An expression of the subset, understood.
///
/// Two of them are equal, and ordered, as their texts are.
///
/// ```
/// use smi_model::regex::{Problem, Regex};
///
/// assert_eq!(Regex::new("/books/.*").unwrap().as_str(), "/books/.*");
/// let refused = Regex::new("[a-z&&[^b]]").unwrap_err();
/// assert_eq!(refused.place, 1..10);
/// assert!(matches!(refused.problem, Problem::NotPortable { .. }));
/// ```
///
/// Cheap to clone: every rule that uses the expression has a copy of it.
#[derive(Clone, Debug)]
pub struct Regex(Arc<Parsed>);

#[derive(Debug)]
struct Parsed {
    text: String,
    hir: Hir,
}

/// Why a text is not an expression of the subset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The bytes of the text that are the reason.
    pub place: Range<usize>,
    /// What is wrong with them.
    pub problem: Problem,
}

/// What can be wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It is no regular expression; what the parser says.
    Syntax(String),
    /// RE2 and Rust do not read it alike.
    NotPortable {
        /// What they do with it.
        reason: &'static str,
        /// What to write instead.
        help: &'static str,
    },
    /// It takes too much memory or time to be understood.
    TooLarge,
}

impl Regex {
    /// Parses an expression.
    ///
    /// # Errors
    ///
    /// When the text is no regular expression, or one that is not in the subset.
    pub fn new(text: &str) -> Result<Self, Refusal> {
        Self::within(text, &Budget::default())
    }

    /// Parses one of many expressions that share a budget.
    pub(crate) fn within(text: &str, budget: &Budget) -> Result<Self, Refusal> {
        // The rewriting changes places, so its own errors point at everything.
        let whole = 0..text.len();
        let too_large = || Refusal { place: 0..text.len(), problem: Problem::TooLarge };
        if text.len() > MOST_BYTES || budget.is_spent() {
            return Err(too_large());
        }
        let ast = ParserBuilder::new().nest_limit(100).build().parse(text);
        let ast = ast.map_err(|error| syntax(range(error.span()), error.kind()))?;
        let rewritten = subset::rewrite(text, &ast)?;
        if !budget.spend(&ast) {
            return Err(too_large());
        }
        let ast = ParserBuilder::new().nest_limit(120).build().parse(&rewritten);
        let ast = ast.map_err(|error| syntax(whole.clone(), error.kind()))?;
        let hir = TranslatorBuilder::new().build().translate(&rewritten, &ast);
        let hir = hir.map_err(|error| syntax(whole, error.kind()))?;
        Ok(Self(Arc::new(Parsed { text: text.to_owned(), hir })))
    }

    /// The expression as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// What the expression means: texts that it describes, without an anchor.
    #[must_use]
    pub fn hir(&self) -> &Hir {
        &self.0.hir
    }
}

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.as_str() == other.as_str()
    }
}

impl Eq for Regex {}

impl PartialOrd for Regex {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Regex {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for Regex {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

fn syntax(place: Range<usize>, problem: &impl ToString) -> Refusal {
    Refusal { place, problem: Problem::Syntax(problem.to_string()) }
}

const fn range(span: &regex_syntax::ast::Span) -> Range<usize> {
    span.start.offset..span.end.offset
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(expression: &str) -> Option<Range<usize>> {
        Regex::new(expression).err().map(|refusal| refusal.place)
    }

    #[test]
    fn common_expressions_are_accepted() {
        for expression in [
            "",
            "/books-bought",
            ".*a-book.*new",
            "/api/v[0-9]+(/.*)?",
            r"^(.*?;)?(type=insider)(;.*)?$",
            r"\d+\s\w\b",
            r"[\d.-]",
            r"\pL\p{Lu}",
            "(?i)abc",
            "(?P<name>a)",
            r"\x41\x{42}",
            "[[:alpha:]]",
            r"a\-b\/c\.d",
        ] {
            assert_eq!(refused(expression), None, "{expression}");
        }
    }

    #[test]
    fn what_engines_read_differently_is_refused_with_its_place() {
        for (expression, place) in [
            ("a[b&&c]", 2..6),
            ("a[b[c]]", 3..6),
            (r"a\<b", 1..3),
            (r"\b{start}a", 0..9),
            ("(?x)a b", 2..3),
            ("(?-u)a", 3..4),
            (r"\u00e9", 0..6),
            (r"\p{Alphabetic}", 0..14),
            (r"\p{sc=Greek}", 0..12),
            ("a**", 2..3),
            ("a{1001}", 1..7),
            ("(a{100}){11}", 2..7),
            ("*", 0..0),
            ("/a(", 2..3),
            (r"(?=a)", 0..3),
            (r"a\B", 1..3),
            ("a{01}", 1..5),
            ("a{1,02}", 1..7),
            ("(?P<a.b>c)", 4..7),
        ] {
            assert_eq!(refused(expression), Some(place), "{expression}");
        }
    }

    #[test]
    fn expressions_compare_as_their_texts() {
        let regex = |text| Regex::new(text).unwrap();
        assert_ne!(regex("[a]"), regex("a"));
        assert_eq!(regex("a").cmp(&regex("b")), Ordering::Less);
    }
}
