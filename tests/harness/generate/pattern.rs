//! Regular expressions, and texts that match them.

use proptest::prelude::*;
use proptest::sample::select;

/// A regular expression from a grammar of what people write into policies.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// Text without special characters.
    Literal(&'static str),
    /// An atom as written, with texts that match it.
    Atom(&'static str, &'static [&'static str]),
    /// One after the other.
    Sequence(Vec<Pattern>),
    /// One of them, in parentheses.
    Choice(Vec<Pattern>),
    /// With a repetition operator: `?`, `*`, `+` or `{1,2}`.
    Repeated(Box<Pattern>, &'static str),
}

impl Pattern {
    /// The text of the expression.
    #[must_use]
    pub fn regex(&self) -> String {
        let join =
            |parts: &[Self], by: &str| parts.iter().map(Self::regex).collect::<Vec<_>>().join(by);
        match self {
            Self::Literal(text) | Self::Atom(text, _) => (*text).to_owned(),
            Self::Sequence(parts) => join(parts, ""),
            Self::Choice(parts) => format!("({})", join(parts, "|")),
            Self::Repeated(part, operator) => format!("(?:{}){operator}", part.regex()),
        }
    }

    /// A text that matches; `choose(n)` picks one of `n` ways.
    pub fn example(&self, choose: &mut dyn FnMut(usize) -> usize) -> String {
        match self {
            Self::Literal(text) => (*text).to_owned(),
            Self::Atom(_, texts) => {
                pick(texts, choose).map_or(String::new(), |text| (*text).to_owned())
            }
            Self::Sequence(parts) => parts.iter().map(|part| part.example(choose)).collect(),
            Self::Choice(parts) => {
                pick(parts, choose).map_or(String::new(), |part| part.example(choose))
            }
            Self::Repeated(part, operator) => {
                let least = usize::from(!matches!(*operator, "?" | "*"));
                let times = if *operator == "?" { choose(2) } else { least + choose(2) };
                (0..times).map(|_| part.example(choose)).collect()
            }
        }
    }
}

fn pick<'a, T>(all: &'a [T], choose: &mut dyn FnMut(usize) -> usize) -> Option<&'a T> {
    all.get(choose(all.len()))
}

/// What stands between slashes, the same in policies and in requests.
pub(super) const WORDS: [&str; 6] = ["books", "book", "buy", "new", "v1", "a-b"];

const ATOMS: [Pattern; 14] = [
    Pattern::Atom(".*", &["", "/x", "books", "/new"]),
    Pattern::Atom("[^/]+", &["buy", "v2", "é"]),
    Pattern::Atom("[a-c]*", &["", "abc", "b"]),
    Pattern::Atom(r"\d+", &["7", "10"]),
    Pattern::Atom(r"\w", &["k", "_", "1"]),
    Pattern::Atom(r"\.", &["."]),
    Pattern::Atom("[[:digit:].-]{2}", &["1.", "--"]),
    Pattern::Atom("(?i)new", &["new", "NEW", "nEw"]),
    Pattern::Atom(".", &["x", "7", "ß"]),
    Pattern::Atom(".{1,2}", &["x", "éé"]),
    Pattern::Atom("[^é/]+", &["e", "ü2"]),
    // What stands around them decides whether any text matches.
    Pattern::Atom(r"\b", &[""]),
    Pattern::Atom("^", &[""]),
    Pattern::Atom("$", &[""]),
];

fn atom() -> impl Strategy<Value = Pattern> {
    prop_oneof![
        3 => select(WORDS.as_slice()).prop_map(Pattern::Literal),
        2 => select(ATOMS.as_slice()),
    ]
}

fn composed() -> impl Strategy<Value = Pattern> {
    atom().prop_recursive(2, 8, 3, |inner| {
        let operator = select(["?", "*", "+", "{1,2}"].as_slice());
        prop_oneof![
            2 => prop::collection::vec(inner.clone(), 1..3).prop_map(Pattern::Sequence),
            2 => prop::collection::vec(inner.clone(), 2..4).prop_map(Pattern::Choice),
            1 => (inner, operator).prop_map(|(part, operator)| {
                Pattern::Repeated(Box::new(part), operator)
            }),
        ]
    })
}

/// A path expression: segments, sometimes floating, sometimes alternatives.
pub(super) fn path_pattern() -> impl Strategy<Value = Pattern> {
    const SLASH: Pattern = Pattern::Literal("/");
    const ANY: Pattern = Pattern::Atom(".*", &["", "/x", "books"]);
    let rooted = || {
        prop::collection::vec(composed(), 1..4).prop_map(|segments| {
            Pattern::Sequence(segments.into_iter().flat_map(|it| [SLASH, it]).collect())
        })
    };
    let floating = composed().prop_map(|inner| Pattern::Sequence(vec![ANY, inner, ANY]));
    let alternatives = prop::collection::vec(rooted(), 2..4).prop_map(Pattern::Choice);
    let special = select(
        [
            Pattern::Atom("", &["", "/books"]),
            Pattern::Atom("/", &["/"]),
            Pattern::Atom("^/books$", &["/books"]),
            Pattern::Atom("/book|/books", &["/book", "/books"]),
            Pattern::Atom(r".*\bnew\b.*", &["/new", "/a/new-x"]),
            // Refused, and with it the whole group.
            Pattern::Atom("/[a&&b]ooks", &["/books"]),
        ]
        .as_slice(),
    );
    prop_oneof![5 => rooted(), 2 => floating, 2 => alternatives, 1 => special]
}

/// A header expression.
pub(super) fn header_pattern() -> impl Strategy<Value = Pattern> {
    prop_oneof![
        2 => composed(),
        1 => Just(Pattern::Atom("", &[""])),
        1 => Just(Pattern::Atom(".*", &["", "anything"])),
    ]
}
