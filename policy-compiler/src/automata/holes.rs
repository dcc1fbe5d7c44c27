//! Bytes that never come, which make the automata of a table smaller and faster.
//!
//! The evaluator asks an automaton about canonical paths, about hosts, about texts
//! in UTF-8, and about nothing else. So some bytes never come, and where they lead
//! is free to choose: they go where their neighbours go. `[^\n]*` at the end of a
//! path takes whatever follows then, which needs no look at it, and where two ranges
//! of bytes were is one.
//!
//! Only automata of tables may be changed so. Whoever asks what an expression says
//! wants to hear of these bytes.

use decision_table::plan::{Edge, State};

use super::build::Text;
use super::dfa::{Dfa, push};
use super::domain::is_of_host;

impl Text {
    /// Whether a text that a table's automaton is asked about can have a byte; see
    /// `decision_table::path` and `decision_table::normalise::host`.
    const fn can_have(self, byte: u8) -> bool {
        match self {
            Self::Path => {
                is_of_utf8(byte) && !byte.is_ascii_control() && !matches!(byte, b'#' | b'?' | b'\\')
            }
            Self::Host => is_of_host(byte),
            // Whoever hands over headers may let any text pass.
            Self::Header => is_of_utf8(byte),
        }
    }
}

/// Whether a text in UTF-8 can have a byte.
const fn is_of_utf8(byte: u8) -> bool {
    !matches!(byte, 0xc0 | 0xc1 | 0xf5..=0xff)
}

/// The same automaton for texts of one kind: bytes that these never have lead
/// where it is simplest.
pub(super) fn fill(dfa: &Dfa, text: Text) -> Dfa {
    let runs = runs(text);
    let filled = |state: &State| State { class: state.class, edges: filled(&state.edges, &runs) };
    let states = dfa.states.iter().map(filled).collect();
    Dfa { states, start: dfa.start, sets: dfa.sets.clone() }
}

/// The bytes that can come, first and last of each run.
fn runs(text: Text) -> Vec<(u8, u8)> {
    let mut runs: Vec<(u8, u8)> = Vec::new();
    for byte in (0..=u8::MAX).filter(|byte| text.can_have(*byte)) {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(byte) => *last = byte,
            _ => runs.push((byte, byte)),
        }
    }
    runs
}

/// Edges in which a hole leads where the byte in front of it leads, if the byte
/// behind it leads anywhere, too. If either leads nowhere, so does the hole: a single
/// byte beside it stays a single byte, as literals want it.
///
/// What lies outside the first and the last run is one hole as well, around the
/// corner.
fn filled(edges: &[Edge], runs: &[(u8, u8)]) -> Vec<Edge> {
    let (Some((first_byte, _)), Some((_, last_byte))) = (runs.first(), runs.last()) else {
        return Vec::new();
    };
    let kept = || {
        let of_run = move |(first, last): &(u8, u8)| {
            let (first, last) = (*first, *last);
            let overlap = move |edge: &&Edge| edge.first <= last && first <= edge.last;
            edges.iter().filter(overlap).map(move |edge| Edge {
                first: edge.first.max(first),
                last: edge.last.min(last),
                to: edge.to,
            })
        };
        runs.iter().flat_map(of_run)
    };
    let mut filled: Vec<Edge> = Vec::with_capacity(edges.len());
    let around = match (kept().next(), kept().last()) {
        (Some(first), Some(last)) if first.first == *first_byte && last.last == *last_byte => {
            Some((first.to, last.to))
        }
        _ => None,
    };
    if let (Some((to, _)), Some(last)) = (around, first_byte.checked_sub(1)) {
        push(&mut filled, 0, last, to);
    }
    for edge in kept() {
        if let Some(before) = filled.last().copied()
            && let (Some(first), Some(last)) =
                (before.last.checked_add(1), edge.first.checked_sub(1))
            && first <= last
            && runs.iter().all(|(start, end)| last < *start || *end < first)
        {
            push(&mut filled, first, last, before.to);
        }
        push(&mut filled, edge.first, edge.last, edge.to);
    }
    if let (Some((_, to)), Some(first)) = (around, last_byte.checked_add(1)) {
        push(&mut filled, first, u8::MAX, to);
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY_TEXT: [Text; 3] = [Text::Path, Text::Host, Text::Header];

    fn edge(first: u8, last: u8, to: u32) -> Edge {
        Edge { first, last, to }
    }

    #[test]
    fn what_the_evaluator_refuses_never_comes() {
        for byte in 0..=u8::MAX {
            // Two bytes that can follow the byte in UTF-8, or none.
            for behind in [&b""[..], b"\x80", b"\xa0\x80", b"\x90\x80\x80"] {
                let text = [b"/a", &[byte][..], behind, b"b"].concat();
                let is_text = std::str::from_utf8(&text).is_ok();
                if is_text {
                    assert!(Text::Header.can_have(byte), "{byte:02x}");
                }
                if is_text && decision_table::path::canonical(&text) == Some(&text) {
                    assert!(Text::Path.can_have(byte), "{byte:02x}");
                }
                if decision_table::normalise::host(&text[2..]).is_some_and(|it| it.contains(&byte))
                {
                    assert!(Text::Host.can_have(byte), "{byte:02x}");
                }
            }
        }
        assert!(Text::Host.can_have(b'[') && Text::Host.can_have(b':'));
    }

    #[test]
    fn bytes_that_can_come_lead_where_they_led() {
        let edges = [
            edge(0, 9, 1),
            edge(11, b'"', 1),
            edge(b'$', b'.', 2),
            edge(b'>', b'A', 3),
            edge(b'~', 0xbf, 2),
            edge(0xf0, 0xff, 4),
        ];
        let to = |edges: &[Edge], byte: u8| {
            edges.iter().find(|it| it.first <= byte && byte <= it.last).map(|it| it.to)
        };
        for text in EVERY_TEXT {
            let filled = filled(&edges, &runs(text));
            assert!(filled.is_sorted_by(|a, b| a.last < b.first), "{text:?}");
            for byte in (0..=u8::MAX).filter(|byte| text.can_have(*byte)) {
                assert_eq!(to(&filled, byte), to(&edges, byte), "{text:?} {byte:02x}");
            }
        }
    }

    #[test]
    fn what_takes_every_byte_but_some_that_never_come_takes_all() {
        let all_but_line_feeds = [edge(0, b'\n' - 1, 1), edge(b'\n' + 1, u8::MAX, 1)];
        assert_eq!(filled(&all_but_line_feeds, &runs(Text::Path)), [edge(0, u8::MAX, 1)]);
        assert_eq!(filled(&all_but_line_feeds, &runs(Text::Host)), [edge(0, u8::MAX, 1)]);
        assert_eq!(filled(&all_but_line_feeds, &runs(Text::Header)), all_but_line_feeds);
        let segment = [edge(b' ', b'.', 1), edge(b'0', 0xf4, 1)];
        assert_eq!(filled(&segment, &runs(Text::Path)), [edge(0, b'.', 1), edge(b'0', u8::MAX, 1)]);
    }

    #[test]
    fn single_bytes_stay_single() {
        for text in EVERY_TEXT {
            for byte in (0..=u8::MAX).filter(|byte| text.can_have(*byte)) {
                assert_eq!(filled(&[edge(byte, byte, 1)], &runs(text)), [edge(byte, byte, 1)]);
            }
        }
    }
}
