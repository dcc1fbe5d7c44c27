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

use std::collections::{HashMap, VecDeque};

use super::dfa::{Dfa, TooLarge};
use super::domain::{Domain, Reading};

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
        // A text that can be read is worth a second search where there is none.
        let plain = self.search(domain, Reading::Plain, limit)?;
        let found = match plain {
            Some(text) => Some(text),
            None => self.search(domain, Reading::Any, limit)?,
        };
        // INVARIANT: texts of a domain are UTF-8.
        Ok(found.map(|text| String::from_utf8_lossy(&text).into_owned()))
    }

    fn search(
        &self,
        domain: Domain,
        reading: Reading,
        limit: usize,
    ) -> Result<Option<Vec<u8>>, TooLarge> {
        let parts = || self.within.iter().chain(&self.without);
        let start = Walk { place: domain.start(), states: parts().map(|dfa| dfa.start).collect() };
        // How each walk was reached: from which, by which byte.
        let mut reached: HashMap<Walk, Option<(usize, u8)>> =
            HashMap::from([(start.clone(), None)]);
        let mut walks = vec![start];
        let mut queue = VecDeque::from([0]);
        let order = preferred();
        while let Some(index) = queue.pop_front() {
            let Some(walk) = walks.get(index).cloned() else { continue };
            if domain.may_end(walk.place) && self.are_told_apart(&walk.states) {
                return Ok(Some(text_of(&walk, &walks, &reached)));
            }
            for byte in &order {
                let Some(place) = domain.step(walk.place, *byte, reading) else { continue };
                let states: Box<[u32]> =
                    parts().zip(&walk.states).map(|(dfa, state)| dfa.next(*state, *byte)).collect();
                if states.iter().take(self.within.len()).any(|state| *state == 0) {
                    continue;
                }
                let next = Walk { place, states };
                if reached.contains_key(&next) {
                    continue;
                }
                if walks.len() >= limit {
                    return Err(TooLarge);
                }
                reached.insert(next.clone(), Some((index, *byte)));
                queue.push_back(walks.len());
                walks.push(next);
            }
        }
        Ok(None)
    }

    fn are_told_apart(&self, states: &[u32]) -> bool {
        let (within, without) = states.split_at(self.within.len().min(states.len()));
        let matches = |(dfa, state): (&&Dfa, &u32)| !dfa.patterns(*state).is_empty();
        self.within.iter().zip(within).all(matches)
            && !self.without.iter().zip(without).any(matches)
    }
}

/// A text as far as it matters: where it stands in its domain and in each automaton.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Walk {
    place: Place,
    states: Box<[u32]>,
}

fn text_of(end: &Walk, walks: &[Walk], reached: &HashMap<Walk, Option<(usize, u8)>>) -> Vec<u8> {
    let mut text = Vec::new();
    let mut walk = end;
    while let Some(Some((before, byte))) = reached.get(walk) {
        text.push(*byte);
        let Some(earlier) = walks.get(*before) else { break };
        walk = earlier;
    }
    text.reverse();
    text
}

/// All bytes: letters, digits, a few marks, and the rest.
fn preferred() -> Vec<u8> {
    let liked = (b'a'..=b'z').chain(b'0'..=b'9').chain(*b"/-_.").collect::<Vec<u8>>();
    let others: Vec<u8> = (0..=u8::MAX).filter(|byte| !liked.contains(byte)).collect();
    [liked, others].concat()
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
