//! Questions about patterns, answered exactly and with an example.
//!
//! Whether two patterns overlap, one includes the other, or one matches anything
//! at all, is whether some text is matched by these and not by those. The
//! automata of the patterns walk side by side (their product), over the texts of a
//! [`Domain`], breadth first: the first text found is one of the shortest. Bytes
//! are tried in the order in which people like to read them.
//!
//! Where a question takes more work than allowed, the answer is [`TooLarge`]:
//! never a guess.

use std::collections::HashSet;
use std::hash::Hash;

use super::bytes::Cuts;
use super::dfa::{Dfa, TooLarge};
use super::domain::Domain;
use super::words::Words;

/// Where a walk through a domain stands.
pub(super) type Place = u32;

/// Some texts: those that match all of `within` and none of `without`.
#[derive(Clone, Debug)]
pub(crate) struct Texts<'a> {
    pub(crate) within: Vec<&'a Dfa>,
    pub(crate) without: Vec<&'a Dfa>,
}

impl Texts<'_> {
    /// One of the shortest of the texts in a domain; `None` when there is none.
    ///
    /// # Errors
    ///
    /// When more than `limit` places would have to be looked at.
    pub(crate) fn shortest(
        &self,
        domain: Domain,
        limit: usize,
    ) -> Result<Option<String>, TooLarge> {
        let mut found = None;
        // A text that can be read is worth a search of its own. Where there is none,
        // there may be none at all, even outside of the domain: that is told faster.
        for words in [Words::Plain(domain), Words::Free, Words::Any(domain)] {
            found = shortest_walk(&Product { texts: self, words }, limit)?;
            match (words, &found) {
                (Words::Plain(_), Some(_)) | (Words::Free, None) => break,
                _ => {}
            }
        }
        // INVARIANT: texts of a domain are UTF-8.
        Ok(found.map(|text| String::from_utf8_lossy(&text).into_owned()))
    }

    fn are_told_apart(&self, states: &[u32]) -> bool {
        let (within, without) = states.split_at(self.within.len().min(states.len()));
        let matches = |(dfa, state): (&&Dfa, &u32)| !dfa.patterns(*state).is_empty();
        self.within.iter().zip(within).all(matches)
            && !self.without.iter().zip(without).any(matches)
    }
}

/// Automata side by side, as a search sees them.
pub(super) trait Walks {
    /// A text as far as it matters.
    type Walk: Clone + Eq + Hash;

    /// The empty text.
    fn start(&self) -> Self::Walk;

    /// Whether the text is one of those that are looked for.
    fn ends(&self, walk: &Self::Walk) -> bool;

    /// Tells which bytes lead the text to different places.
    fn cut(&self, walk: &Self::Walk, cuts: &mut Cuts);

    /// Where one more byte leads.
    fn step(&self, walk: &Self::Walk, byte: u8, reach: &mut dyn FnMut(Self::Walk));
}

/// One of the shortest texts that are looked for.
pub(super) fn shortest_walk<W: Walks>(
    automata: &W,
    limit: usize,
) -> Result<Option<Vec<u8>>, TooLarge> {
    let start = automata.start();
    let mut seen = HashSet::from([start.clone()]);
    // Each with the one before it, and the byte between them.
    let mut walks = vec![(start, 0, 0)];
    let mut index = 0;
    while let Some((walk, ..)) = walks.get(index).cloned() {
        if automata.ends(&walk) {
            return Ok(Some(text_of(index, &walks)));
        }
        let mut cuts = Cuts::none();
        automata.cut(&walk, &mut cuts);
        for byte in cuts.favourites() {
            automata.step(&walk, byte, &mut |next| {
                if seen.insert(next.clone()) {
                    walks.push((next, index, byte));
                }
            });
            if walks.len() > limit {
                return Err(TooLarge);
            }
        }
        index += 1;
    }
    Ok(None)
}

fn text_of<W>(end: usize, walks: &[(W, usize, u8)]) -> Vec<u8> {
    let mut text = Vec::new();
    let mut at = end;
    while let Some((_, before, byte)) = walks.get(at).filter(|_| at > 0) {
        text.push(*byte);
        at = *before;
    }
    text.reverse();
    text
}

/// Automata that all read the same text.
struct Product<'t, 'a> {
    texts: &'t Texts<'a>,
    words: Words,
}

impl Product<'_, '_> {
    fn automata(&self) -> impl Iterator<Item = &Dfa> {
        self.texts.within.iter().chain(&self.texts.without).copied()
    }
}

impl Walks for Product<'_, '_> {
    /// Where it stands in its domain and in each automaton.
    type Walk = (Place, Box<[u32]>);

    fn start(&self) -> Self::Walk {
        (self.words.start(), self.automata().map(|dfa| dfa.start).collect())
    }

    fn ends(&self, (place, states): &Self::Walk) -> bool {
        self.words.may_end(*place) && self.texts.are_told_apart(states)
    }

    fn cut(&self, (place, states): &Self::Walk, cuts: &mut Cuts) {
        self.words.cut(*place, cuts);
        self.automata().zip(states).for_each(|(dfa, state)| cuts.of_state(dfa, *state));
    }

    fn step(&self, (place, states): &Self::Walk, byte: u8, reach: &mut dyn FnMut(Self::Walk)) {
        let Some(place) = self.words.step(*place, byte) else { return };
        let mut dead = false;
        let next = self.automata().zip(states).enumerate().map(|(index, (dfa, state))| {
            let next = dfa.next(*state, byte);
            dead |= next == 0 && index < self.texts.within.len();
            next
        });
        let next: Box<[u32]> = next.collect();
        if !dead {
            reach((place, next));
        }
    }
}

#[cfg(test)]
mod tests {
    use smi_model::regex::Regex;

    use super::*;
    use crate::automata::{Pattern, automaton};
    use crate::options::Anchoring;

    fn dfa(expression: &str, anchoring: Anchoring) -> Dfa {
        let pattern = Pattern::new(Regex::new(expression).unwrap(), anchoring);
        automaton(&[&pattern], 1 << 20).unwrap()
    }

    fn shortest(within: &[&str], without: &[&str], domain: Domain) -> Option<String> {
        let dfas = |expressions: &[&str]| -> Vec<Dfa> {
            expressions.iter().map(|expression| dfa(expression, Anchoring::Full)).collect()
        };
        let (within, without) = (dfas(within), dfas(without));
        let texts = Texts { within: within.iter().collect(), without: without.iter().collect() };
        texts.shortest(domain, 100_000).unwrap()
    }

    #[test]
    fn overlaps_come_with_a_shortest_example() {
        let overlap = |a, b| shortest(&[a, b], &[], Domain::Path);
        assert_eq!(overlap("/a.*", "/.*z").as_deref(), Some("/az"));
        assert_eq!(overlap("/books/[0-9]+", "/books/[a-z]+"), None);
        assert_eq!(overlap("/[0-9a-f]{4}", "/b.*").as_deref(), Some("/baaa"));
        assert_eq!(overlap(r"/a\.b", "/a.b").as_deref(), Some("/a.b"));
    }

    #[test]
    fn inclusion_is_that_nothing_is_left() {
        let left = |a, b| shortest(&[a], &[b], Domain::Path);
        assert_eq!(left("/books/[0-9]+", "/books/.*"), None);
        assert_eq!(left("/books/.*", "/books/[0-9]+").as_deref(), Some("/books/"));
        assert_eq!(left("/metrics.*", "/metrics").as_deref(), Some("/metricsa"));
        assert_eq!(left("/(a|b)*", "/[ab]*"), None);
        assert_eq!(left("/[ab]*", "/(a|b)*"), None);
    }

    #[test]
    fn only_texts_that_requests_have_count() {
        let any = |expression, domain| shortest(&[expression], &[], domain);
        assert_eq!(any("books", Domain::Path), None, "a path begins with a slash");
        assert_eq!(any("/a//b", Domain::Path), None, "not canonical");
        assert_eq!(any(r"/\.\./x", Domain::Path), None, "not canonical");
        assert_eq!(any(r"/a\?b", Domain::Path), None, "the query is no part of it");
        assert_eq!(any(" x", Domain::Value), None, "spaces are cut off");
        assert_eq!(any("", Domain::Value).as_deref(), Some(""));
        assert_eq!(any("Shop", Domain::Host), None, "hosts are in lower case");
        assert_eq!(any("(?i)Shop", Domain::Host).as_deref(), Some("shop"));
        assert_eq!(any("/é", Domain::Path).as_deref(), Some("/é"), "where nothing plain matches");
    }

    #[test]
    fn too_much_work_is_no_answer() {
        let a = dfa("/.*a.{9}", Anchoring::Full);
        let texts = Texts { within: vec![&a], without: Vec::new() };
        assert_eq!(texts.shortest(Domain::Path, 10), Err(TooLarge));
    }
}
