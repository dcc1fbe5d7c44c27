//! What can be told of an expression without its automaton.
//!
//! Most expressions of policies are simple, and there can be thousands. All of this
//! is certain where it says something, and says nothing where that takes thought.

use std::collections::BTreeSet;

use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::bytes::rank;

/// One of the shortest texts that an expression describes. `None`: not known.
pub(super) fn shortest(expression: &Hir) -> Option<String> {
    let mut sample = Sample::default();
    sample.add(expression)?;
    Some(sample.text)
}

/// Whether an expression describes a text. `None`: not known.
pub(super) fn describes(expression: &Hir, text: &str) -> Option<bool> {
    let ends = ends(expression, text, &BTreeSet::from([0]))?;
    Some(ends.contains(&text.len()))
}

/// Where parts of a text end that begin at given places.
fn ends(expression: &Hir, text: &str, starts: &BTreeSet<usize>) -> Option<BTreeSet<usize>> {
    let behind = |at: usize| text.as_bytes().get(at..).unwrap_or_default();
    match expression.kind() {
        HirKind::Empty => Some(starts.clone()),
        HirKind::Literal(literal) => {
            let starts = starts.iter().filter(|at| behind(**at).starts_with(&literal.0));
            Some(starts.map(|at| at + literal.0.len()).collect())
        }
        HirKind::Class(Class::Unicode(class)) => {
            let end = |at: &usize| {
                let char = text.get(*at..)?.chars().next()?;
                let is_in = class.iter().any(|it| (it.start()..=it.end()).contains(&char));
                is_in.then(|| at + char.len_utf8())
            };
            Some(starts.iter().filter_map(end).collect())
        }
        HirKind::Look(Look::Start) => Some(starts.iter().filter(|at| **at == 0).copied().collect()),
        HirKind::Look(Look::End) => {
            Some(starts.iter().filter(|at| **at == text.len()).copied().collect())
        }
        HirKind::Class(Class::Bytes(_)) | HirKind::Look(_) => None,
        HirKind::Capture(group) => ends(&group.sub, text, starts),
        HirKind::Concat(parts) => {
            parts.iter().try_fold(starts.clone(), |starts, part| ends(part, text, &starts))
        }
        HirKind::Alternation(parts) => parts.iter().try_fold(BTreeSet::new(), |all, part| {
            Some(all.union(&ends(part, text, starts)?).copied().collect())
        }),
        HirKind::Repetition(repetition) => {
            let mut last = starts.clone();
            for _ in 0..repetition.min {
                last = ends(&repetition.sub, text, &last)?;
            }
            let mut all = last.clone();
            let more = repetition.max.map_or(u32::MAX, |max| max.saturating_sub(repetition.min));
            for _ in 0..more {
                last = ends(&repetition.sub, text, &last)?.difference(&all).copied().collect();
                if last.is_empty() {
                    break;
                }
                all.extend(&last);
            }
            Some(all)
        }
    }
}

/// Whether nothing can stand behind a text that an expression describes without
/// making it another such text, if it is admitted at all.
pub(super) fn is_closed_or_endless(expression: &Hir) -> bool {
    match expression.kind() {
        HirKind::Look(Look::End) => true,
        HirKind::Repetition(repetition) => {
            let HirKind::Class(Class::Unicode(class)) = repetition.sub.kind() else { return false };
            // `.`, or more; paths have no line feeds.
            let (mut before, mut behind) = (false, false);
            for range in class.iter() {
                before |= range.start() == '\0' && range.end() >= '\t';
                behind |= range.start() <= '\u{b}' && range.end() == char::MAX;
            }
            repetition.max.is_none() && repetition.min <= 1 && before && behind
        }
        HirKind::Capture(group) => is_closed_or_endless(&group.sub),
        HirKind::Concat(parts) => parts.last().is_some_and(is_closed_or_endless),
        HirKind::Alternation(parts) => parts.iter().all(is_closed_or_endless),
        _ => false,
    }
}

/// Whether an expression looks at what stands around it, but for where the text
/// begins.
pub(super) fn looks_around(expression: &Hir) -> bool {
    expression.properties().look_set().iter().any(|look| look != Look::Start)
}

/// A text that grows.
#[derive(Default)]
struct Sample {
    text: String,
    /// Nothing may come any more.
    is_ended: bool,
}

impl Sample {
    fn add(&mut self, expression: &Hir) -> Option<()> {
        match expression.kind() {
            HirKind::Empty => Some(()),
            HirKind::Literal(literal) => self.push(std::str::from_utf8(&literal.0).ok()?),
            HirKind::Class(Class::Unicode(class)) => {
                let liked = |range: &regex_syntax::hir::ClassUnicodeRange| {
                    let chars = range.start()..=range.end();
                    chars.take(usize::from(u8::MAX)).min_by_key(|char| liking(*char))
                };
                let char = class.iter().filter_map(liked).min_by_key(|char| liking(*char))?;
                self.push(char.encode_utf8(&mut [0; 4]))
            }
            HirKind::Class(Class::Bytes(_)) => None,
            HirKind::Look(Look::Start) => self.text.is_empty().then_some(()),
            HirKind::Look(Look::End) => {
                self.is_ended = true;
                Some(())
            }
            HirKind::Look(_) => None,
            HirKind::Repetition(repetition) => {
                (0..repetition.min).try_for_each(|_| self.add(&repetition.sub))
            }
            HirKind::Capture(group) => self.add(&group.sub),
            HirKind::Concat(parts) => parts.iter().try_for_each(|part| self.add(part)),
            HirKind::Alternation(parts) => {
                let shortest = parts.iter().min_by_key(|part| part.properties().minimum_len())?;
                self.add(shortest)
            }
        }
    }

    fn push(&mut self, text: &str) -> Option<()> {
        const LONGEST: usize = 1 << 10;
        let fits = !self.is_ended && self.text.len() + text.len() <= LONGEST;
        fits.then(|| self.text.push_str(text))
    }
}

fn liking(char: char) -> (u8, char) {
    (u8::try_from(char).map_or(u8::MAX, rank), char)
}

#[cfg(test)]
mod tests {
    use smi_model::regex::Regex;

    use super::*;
    use crate::automata::{Pattern, automaton};
    use crate::options::Anchoring;

    const EXPRESSIONS: [&str; 20] = [
        "/a",
        "/(ab?){2,3}c*",
        "/(a|aa)*b?",
        "^/a$",
        "/a|/b",
        "/abc|/d",
        "/[0-9]+",
        "/[^/]+",
        ".*a-book.*new",
        "/a(/.*)?",
        "/é",
        "(?i)SHOP",
        "a{3}",
        "/a$b",
        r"/a\b",
        "",
        "(^a|b)$",
        "(a|b$)c",
        "x^",
        "/.",
    ];

    #[test]
    fn samples_are_described() {
        let mut known = 0;
        for expression in EXPRESSIONS {
            let regex = Regex::new(expression).unwrap();
            let pattern = Pattern::new(regex.clone(), Anchoring::Full);
            let dfa = automaton(&[&pattern], 1 << 20).unwrap();
            if let Some(sample) = shortest(regex.hir()) {
                known += 1;
                assert_eq!(dfa.matching(&sample), [0], "{expression}: {sample}");
            }
        }
        assert!(known > 12, "only {known}");
    }

    #[test]
    fn what_is_described_is_what_automata_match() {
        let texts =
            EXPRESSIONS.into_iter().filter_map(|it| shortest(Regex::new(it).unwrap().hir()));
        let texts: BTreeSet<String> = texts
            .flat_map(|text| [format!("{text}-internal"), format!("{text}/b"), text])
            .collect();
        let mut known = 0;
        for expression in EXPRESSIONS {
            let regex = Regex::new(expression).unwrap();
            let pattern = Pattern::new(regex.clone(), Anchoring::Full);
            let dfa = automaton(&[&pattern], 1 << 20).unwrap();
            for text in &texts {
                if let Some(is) = describes(regex.hir(), text) {
                    known += 1;
                    assert_eq!(is, !dfa.matching(text).is_empty(), "{expression}: {text}");
                }
            }
        }
        assert!(known > 300, "only {known}");
    }

    #[test]
    fn ends_are_known() {
        let hir = |expression| Regex::new(expression).unwrap().hir().clone();
        for (expression, is) in [
            ("/a$", true),
            ("/a.*", true),
            ("/a.+", true),
            ("/a|/b$", false),
            ("(/a$|/b.*)", true),
            ("/a[^/]*", false),
            ("/a", false),
            ("/a.{2,}", false),
            ("/a(?s:.*)", true),
        ] {
            assert_eq!(is_closed_or_endless(&hir(expression)), is, "{expression}");
        }
    }
}
