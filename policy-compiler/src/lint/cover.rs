//! Whether a rule admits all that another one does.

use std::collections::{BTreeSet, HashMap};

use crate::automata::{Domain, Pattern, TooLarge};
use crate::example::Examples;
use crate::ir::{Condition, HttpCondition, Rule};

/// How much may be asked about the rules of one destination.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    /// Pairs of rules that are compared.
    pairs: usize,
    /// Pairs of patterns whose automata are compared.
    patterns: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { pairs: 200_000, patterns: 2_000 }
    }
}

/// Compares rules of one destination, cheap questions first.
pub(super) struct Cover<'e, 'a> {
    examples: &'e mut Examples,
    budget: Budget,
    included: HashMap<(Domain, &'a Pattern, &'a Pattern), bool>,
    /// A text of each pattern, which most others do not match.
    samples: HashMap<(Domain, &'a Pattern), Option<String>>,
    gave_up: Option<&'static str>,
}

impl<'e, 'a> Cover<'e, 'a> {
    pub(super) fn new(examples: &'e mut Examples, budget: Budget) -> Self {
        let (included, samples) = (HashMap::new(), HashMap::new());
        Self { examples, budget, included, samples, gave_up: None }
    }

    /// What was not asked, when there was too much of it.
    pub(super) const fn gave_up(&self) -> Option<&'static str> {
        self.gave_up
    }

    /// Whether a rule admits all that another one of its destination does. False
    /// where that takes too much work to tell.
    pub(super) fn covers(&mut self, rule: &'a Rule, other: &'a Rule) -> bool {
        let Some(left) = self.budget.pairs.checked_sub(1) else {
            self.gave_up = Some("this destination has too many rules to compare them all");
            return false;
        };
        self.budget.pairs = left;
        has_all(rule.ports.as_deref(), other.ports.as_deref())
            && self.covers_condition(&rule.condition, &other.condition, rule, other)
    }

    fn covers_condition(
        &mut self,
        condition: &'a Condition,
        of_other: &'a Condition,
        rule: &Rule,
        other: &Rule,
    ) -> bool {
        let has_sources = || other.sources.is_subset(&rule.sources);
        match (condition, of_other) {
            (Condition::Http(condition), Condition::Http(of_other)) => {
                has_all(condition.methods.as_deref(), of_other.methods.as_deref())
                    && condition.headers.keys().all(|name| of_other.headers.contains_key(name))
                    && has_sources()
                    && self.covers_texts(condition, of_other)
            }
            (Condition::Tcp, Condition::Tcp) | (Condition::Udp, Condition::Udp) => has_sources(),
            _ => false,
        }
    }

    fn covers_texts(&mut self, condition: &'a HttpCondition, other: &'a HttpCondition) -> bool {
        let path = match (&condition.path, &other.path) {
            (None, _) => true,
            (Some(path), Some(other)) => self.includes(Domain::Path, path, other),
            (Some(path), None) => self.is_everything(path),
        };
        let host = match (&condition.host, &other.host) {
            (None, _) => true,
            (Some(host), Some(other)) => self.includes(Domain::Host, host, other),
            // A request may have none.
            (Some(_), None) => false,
        };
        path && host
            && condition.headers.iter().all(|(name, value)| {
                let other = other.headers.get(name);
                other.is_some_and(|other| self.includes(Domain::Value, value, other))
            })
    }

    /// Whether a pattern matches all texts that another one does.
    fn includes(&mut self, domain: Domain, pattern: &'a Pattern, other: &'a Pattern) -> bool {
        if pattern == other {
            return true;
        }
        let key = (domain, pattern, other);
        if let Some(known) = self.included.get(&key) {
            return *known;
        }
        let includes = self.compare(domain, pattern, other);
        let includes = self.told(includes);
        self.included.insert(key, includes);
        includes
    }

    fn compare(
        &mut self,
        domain: Domain,
        pattern: &'a Pattern,
        other: &'a Pattern,
    ) -> Result<bool, TooLarge> {
        let sample = match self.samples.get(&(domain, other)) {
            Some(sample) => sample.clone(),
            None => {
                let sample = self.examples.text(domain, &[other], &[])?;
                self.samples.insert((domain, other), sample.clone());
                sample
            }
        };
        // Nothing is included in everything.
        let Some(sample) = sample else { return Ok(true) };
        if self.examples.automaton(pattern)?.matching(&sample).is_empty() {
            return Ok(false);
        }
        let Some(left) = self.budget.patterns.checked_sub(1) else { return Err(TooLarge) };
        self.budget.patterns = left;
        Ok(self.examples.text(domain, &[other], &[pattern])?.is_none())
    }

    /// Whether a pattern matches every path.
    fn is_everything(&mut self, path: &Pattern) -> bool {
        let lacking = self.examples.text(Domain::Path, &[], &[path]);
        self.told(lacking.map(|lacking| lacking.is_none()))
    }

    fn told(&mut self, answer: Result<bool, TooLarge>) -> bool {
        answer.unwrap_or_else(|TooLarge| {
            self.gave_up =
                Some("the expressions of this destination take too much work to compare");
            false
        })
    }
}

/// Whether a set has all that another one has; `None` is the set of everything.
fn has_all<T: Ord>(set: Option<&BTreeSet<T>>, other: Option<&BTreeSet<T>>) -> bool {
    match (set, other) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(set), Some(other)) => other.is_subset(set),
    }
}
