//! Random expressions, rich in constructs about which engines disagree.

use proptest::prelude::*;
use proptest::sample::select;

/// An expression, and a text that it may match.
#[derive(Clone, Debug)]
pub(super) struct Example {
    pub(super) expression: String,
    pub(super) text: String,
}

/// Atoms as they are written, each with a text.
#[rustfmt::skip]
const ATOMS: &[(&str, &str)] = &[
    ("a", "a"), ("b", "b"), ("k", "\u{212a}"), ("s", "\u{17f}"), ("é", "É"), ("ß", "ß"), ("/", "/"),
    ("-", "-"), ("_", "_"), (" ", " "), ("0", "0"), ("&&", "&&"), ("]", "]"), ("}", "}"), (",", ","),
    (".", "é"), (r"\.", "."), (r"\d", "7"), (r"\D", "٣"), (r"\w", "_"), (r"\W", "é"), (r"\s", "\t"),
    (r"\S", "\u{b}"), (r"\b", ""), (r"\B", ""), (r"\A", ""), (r"\z", ""), ("^", ""), ("$", ""),
    (r"\n", "\n"), (r"\t", "\t"), (r"\v", "\u{b}"), (r"\x41", "A"), (r"\x{e9}", "é"), (r"\/", "/"),
    (r"\pL", "é"), (r"\PL", "1"), (r"\p{Lu}", "É"), (r"\P{Nd}", "a"), (r"\pN", "Ⅷ"), (r"\p{Zs}", "\u{a0}"),
    ("[abc]", "b"), ("[^abc]", "é"), ("[a-c]", "c"), ("[^/]", "x"), (r"[\w.-]", "-"), (r"[^\d\s]", "é"),
    ("[[:alpha:]]", "k"), ("[[:^digit:]]", "é"), ("[^[:space:]]", "\u{b}"), ("[[:word:]-]", "-"),
    ("[]a]", "]"), ("[^]a]", "b"), ("[a-]", "-"), ("[-a]", "-"), ("[a^]", "^"), (r"[\]]", "]"),
    (r"[\pL\d_]", "ñ"), (r"[^\pL]", "1"), (r"[\x00-\x1f]", "\n"), ("[é-ü]", "ö"), (r"[\-\.]", "-"),
    ("[&]", "&"), ("[~]", "~"), ("[a&b]", "&"), ("[!--]", "!"), ("[#-&]", "&"), ("[+--]", ","),
    ("(?i)", ""), ("(?s)", ""), ("(?m)", ""), ("(?U)", ""), ("(?-i)", ""), ("(?im-s)", ""), ("()", ""),
];

/// What may stand behind an atom, with how often its text is to be written.
#[rustfmt::skip]
const REPETITIONS: &[(&str, usize)] = &[
    ("*", 0), ("*", 2), ("+", 1), ("+", 3), ("?", 0), ("?", 1), ("*?", 1), ("+?", 2), ("??", 0),
    ("{2}", 2), ("{0}", 0), ("{1,3}", 3), ("{2,}", 2), ("{0,1}?", 1), ("{1,2}?", 2), ("{3}?", 3),
];

const GROUPS: &[&str] =
    &["(", "(?:", "(?P<n>", "(?<n>", "(?i:", "(?s:", "(?m:", "(?-i:", "(?U:", "(?i-s:"];

/// Expressions of up to a dozen atoms.
pub(super) fn expression() -> impl Strategy<Value = Example> {
    let atom = select(ATOMS).prop_map(|(expression, text)| example(expression, text));
    atom.prop_recursive(4, 12, 4, |inner| {
        prop_oneof![
            4 => prop::collection::vec(inner.clone(), 2..5).prop_map(|parts| join(&parts)),
            2 => (inner.clone(), select(REPETITIONS)).prop_map(repeated),
            2 => (inner.clone(), select(GROUPS)).prop_map(grouped),
            1 => (inner.clone(), inner).prop_map(|(left, right)| Example {
                expression: format!("{}|{}", left.expression, right.expression),
                text: left.text,
            }),
        ]
    })
}

fn example(expression: &str, text: &str) -> Example {
    Example { expression: expression.to_owned(), text: text.to_owned() }
}

fn join(parts: &[Example]) -> Example {
    Example {
        expression: parts.iter().map(|part| part.expression.as_str()).collect(),
        text: parts.iter().map(|part| part.text.as_str()).collect(),
    }
}

/// Often without parentheses around what has several atoms: that is fine as well.
fn repeated((part, (operator, times)): (Example, (&'static str, usize))) -> Example {
    Example { expression: format!("{}{operator}", part.expression), text: part.text.repeat(times) }
}

fn grouped((part, opening): (Example, &'static str)) -> Example {
    Example { expression: format!("{opening}{})", part.expression), text: part.text }
}
