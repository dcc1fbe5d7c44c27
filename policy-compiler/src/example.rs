//! Requests that show what a finding is about.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::rc::Rc;

use crate::automata::{Dfa, Domain, Pattern, Texts, TooLarge, automaton};
use crate::ir::HttpCondition;

/// Places that the search for an example may look at.
pub(crate) const MOST_PLACES: usize = 100_000;

/// An HTTP request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Example {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) host: Option<String>,
    pub(crate) headers: BTreeMap<String, String>,
}

impl fmt::Display for Example {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{} {}`", self.method, self.path)?;
        let host = self.host.iter().map(|host| ("host", host));
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value));
        for (index, (name, value)) in host.chain(headers).enumerate() {
            let joint = if index == 0 { " with" } else { "," };
            write!(f, "{joint} `{name}: {value}`")?;
        }
        Ok(())
    }
}

/// Finds examples, and remembers the automata of patterns that it met.
#[derive(Debug)]
pub(crate) struct Examples {
    limit: usize,
    known: HashMap<Pattern, Result<Rc<Dfa>, TooLarge>>,
}

impl Examples {
    /// `limit`: bytes that an automaton may take while it is built.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, known: HashMap::new() }
    }

    /// A request that fulfils all of the conditions; `None` when there is none.
    ///
    /// # Errors
    ///
    /// When it takes too much work to tell.
    pub(crate) fn of_all(
        &mut self,
        conditions: &[&HttpCondition],
    ) -> Result<Option<Example>, TooLarge> {
        let Some(method) = common_method(conditions) else { return Ok(None) };
        let paths: Vec<&Pattern> = conditions.iter().filter_map(|it| it.path.as_ref()).collect();
        let Some(path) = self.text(Domain::Path, &paths, &[])? else { return Ok(None) };
        let hosts: Vec<&Pattern> = conditions.iter().filter_map(|it| it.host.as_ref()).collect();
        let host = if hosts.is_empty() {
            None
        } else {
            let Some(host) = self.text(Domain::Host, &hosts, &[])? else { return Ok(None) };
            Some(host)
        };
        let names: BTreeSet<&String> = conditions.iter().flat_map(|it| it.headers.keys()).collect();
        let mut headers = BTreeMap::new();
        for name in names {
            let values: Vec<&Pattern> =
                conditions.iter().filter_map(|it| it.headers.get(name)).collect();
            let Some(value) = self.text(Domain::Value, &values, &[])? else { return Ok(None) };
            headers.insert(name.clone(), value);
        }
        Ok(Some(Example { method, path, host, headers }))
    }

    /// A text that matches all of some patterns and none of others.
    ///
    /// # Errors
    ///
    /// When it takes too much work to tell.
    pub(crate) fn text(
        &mut self,
        domain: Domain,
        within: &[&Pattern],
        without: &[&Pattern],
    ) -> Result<Option<String>, TooLarge> {
        if let ([pattern], []) = (within, without)
            && let Some(sample) = pattern.sample(domain)
        {
            return Ok(Some(sample));
        }
        let within = self.automata(within)?;
        let without = self.automata(without)?;
        let texts = Texts {
            within: within.iter().map(Rc::as_ref).collect(),
            without: without.iter().map(Rc::as_ref).collect(),
        };
        texts.shortest(domain, MOST_PLACES)
    }

    /// The automaton of a pattern.
    ///
    /// # Errors
    ///
    /// When it is too large.
    pub(crate) fn automaton(&mut self, pattern: &Pattern) -> Result<Rc<Dfa>, TooLarge> {
        if let Some(known) = self.known.get(pattern) {
            return known.clone();
        }
        let dfa = automaton(&[pattern], self.limit).map(Rc::new);
        self.known.insert(pattern.clone(), dfa.clone());
        dfa
    }

    fn automata(&mut self, patterns: &[&Pattern]) -> Result<Vec<Rc<Dfa>>, TooLarge> {
        patterns.iter().map(|pattern| self.automaton(pattern)).collect()
    }
}

/// A method that all conditions take: GET where any will do.
fn common_method(conditions: &[&HttpCondition]) -> Option<String> {
    let mut sets = conditions.iter().filter_map(|condition| condition.methods.as_ref());
    let Some(first) = sets.next() else { return Some("GET".to_owned()) };
    let mut common: BTreeSet<&String> = first.iter().collect();
    for set in sets {
        common.retain(|method| set.contains(*method));
    }
    let get = common.iter().find(|method| **method == "GET");
    get.or(common.first()).map(|method| (*method).clone())
}
