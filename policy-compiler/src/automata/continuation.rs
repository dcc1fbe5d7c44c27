//! What an expression that is open at its end admits behind the texts that it
//! describes.

use regex_syntax::hir::Hir;

use super::algebra::{Place, Walks, shortest_walk};
use super::bytes::Cuts;
use super::dfa::{Dfa, TooLarge};
use super::domain::Domain;
use super::sample;
use super::words::Words;

/// What people would rather not have admitted.
const TELLING: &str = "-internal";

/// An expression, read in two ways.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenEnd<'a> {
    /// As a description of whole paths.
    pub(crate) exact: &'a Dfa,
    /// As its dialect reads it.
    pub(crate) admitted: &'a Dfa,
}

/// A path as [`OpenEnd::surprise`] finds them for an expression that is anchored at
/// its start, where that needs no automata. `None`: not known without them.
pub(crate) fn plain_surprise(expression: &Hir) -> Option<Option<String>> {
    if sample::is_closed_or_endless(expression) {
        return Some(None);
    }
    let start = sample::shortest(expression)?;
    let path = format!("{start}{TELLING}");
    let is_surprise = start.len() > 1
        && !start.ends_with('/')
        && Domain::Path.contains(&start)
        && Domain::Path.contains(&path)
        && !sample::looks_around(expression)
        && sample::describes(expression, &path) == Some(false);
    is_surprise.then_some(Some(path))
}

impl OpenEnd<'_> {
    /// A path that goes on within the last segment of one that the expression
    /// describes, is admitted all the same, and is none of those described.
    ///
    /// Paths that end in a slash are deliberate openings; what follows them is no
    /// surprise.
    ///
    /// # Errors
    ///
    /// When more than `limit` places would have to be looked at.
    pub(crate) fn surprise(self, limit: usize) -> Result<Option<String>, TooLarge> {
        let mut found = None;
        // As in `Texts::shortest`.
        let words = [Words::Plain(Domain::Path), Words::Free, Words::Any(Domain::Path)];
        for words in words {
            found = shortest_walk(&Continued { end: self, words }, limit)?;
            match (words, &found) {
                (Words::Plain(_), Some(_)) | (Words::Free, None) => break,
                _ => {}
            }
        }
        // INVARIANT: texts of a domain are UTF-8.
        let found = found.map(|text| String::from_utf8_lossy(&text).into_owned());
        Ok(found.map(|text| self.telling(&text).unwrap_or(text)))
    }

    /// The same with a continuation that shows the matter.
    fn telling(self, text: &str) -> Option<String> {
        let starts = text.char_indices().rev().filter_map(|(at, _)| text.get(..at));
        let mut starts = starts.take_while(|start| start.len() > 1 && !start.ends_with('/'));
        let start = starts.find(|start| matches(self.exact, start))?;
        let telling = format!("{start}{TELLING}");
        let is_path = decision_table::path::canonical(telling.as_bytes());
        (is_path == Some(telling.as_bytes())
            && matches(self.admitted, &telling)
            && !matches(self.exact, &telling))
        .then_some(telling)
    }
}

fn matches(dfa: &Dfa, text: &str) -> bool {
    !dfa.matching(text).is_empty()
}

struct Continued<'a> {
    end: OpenEnd<'a>,
    words: Words,
}

/// A path so far.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Path {
    place: Place,
    exact: u32,
    admitted: u32,
    ends_segment: bool,
    part: Part,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    /// What the expression describes.
    Described,
    /// What comes behind it.
    Behind,
}

impl Walks for Continued<'_> {
    type Walk = Path;

    fn start(&self) -> Path {
        Path {
            place: self.words.start(),
            exact: self.end.exact.start,
            admitted: self.end.admitted.start,
            ends_segment: true,
            part: Part::Described,
        }
    }

    fn ends(&self, path: &Path) -> bool {
        path.part == Part::Behind
            && self.words.may_end(path.place)
            && !self.end.admitted.patterns(path.admitted).is_empty()
            && self.end.exact.patterns(path.exact).is_empty()
    }

    fn cut(&self, path: &Path, cuts: &mut Cuts) {
        self.words.cut(path.place, cuts);
        cuts.around(b'/', b'/');
        cuts.of_state(self.end.exact, path.exact);
        cuts.of_state(self.end.admitted, path.admitted);
    }

    fn step(&self, path: &Path, byte: u8, reach: &mut dyn FnMut(Path)) {
        let Some(place) = self.words.step(path.place, byte) else { return };
        let next = Path {
            place,
            exact: self.end.exact.next(path.exact, byte),
            admitted: self.end.admitted.next(path.admitted, byte),
            ends_segment: byte == b'/',
            part: path.part,
        };
        if next.admitted == 0 {
            return;
        }
        let may_turn = path.part == Part::Behind
            || (!path.ends_segment && !self.end.exact.patterns(path.exact).is_empty());
        if may_turn && byte != b'/' {
            reach(Path { part: Part::Behind, ..next.clone() });
        }
        if path.part == Part::Described && next.exact != 0 {
            reach(next);
        }
    }
}

#[cfg(test)]
mod tests {
    use smi_model::regex::Regex;

    use super::*;
    use crate::automata::{Pattern, automaton};
    use crate::options::Anchoring;

    fn surprise(expression: &str, anchoring: Anchoring) -> Option<String> {
        let dfa = |anchoring| {
            let pattern = Pattern::new(Regex::new(expression).unwrap(), anchoring);
            automaton(&[&pattern], 1 << 20).unwrap()
        };
        let (exact, admitted) = (dfa(Anchoring::Full), dfa(anchoring));
        let found = OpenEnd { exact: &exact, admitted: &admitted }.surprise(100_000).unwrap();
        let known = plain_surprise(Regex::new(expression).unwrap().hir());
        if let Some(known) = known.filter(|_| anchoring == Anchoring::Start) {
            assert_eq!(known, found, "{expression}");
        }
        found
    }

    #[test]
    fn paths_that_go_on_within_their_last_segment_are_found() {
        for (expression, path) in [
            ("/metrics", "/metrics-internal"),
            ("/metrics(/.*)?", "/metrics-internal"),
            ("/books/[0-9]+", "/books/0-internal"),
            (".*a-book.*new", "/a-booknew-internal"),
            ("/api/(a|b)?", "/api/a-internal"),
            ("/a[a-z-]*", "/a0"),
            (r"/a\b", "/a-internal"),
            ("/%2", "/%2a"),
        ] {
            assert_eq!(surprise(expression, Anchoring::Start).as_deref(), Some(path));
        }
    }

    #[test]
    fn deliberate_ends_are_no_surprise() {
        for expression in
            ["/metrics$", "/metrics(/.*)?$", "/", "/api/", "/api/.*", ".*", "", "/[^/]+", "/(a/)?"]
        {
            assert_eq!(surprise(expression, Anchoring::Start), None, "{expression}");
        }
        assert_eq!(surprise("/api/.*|/", Anchoring::Start), None, "only behind a slash");
        assert_eq!(surprise("/metrics", Anchoring::Full), None);
        assert_eq!(surprise("/metrics", Anchoring::None).as_deref(), Some("/metrics-internal"));
    }
}
