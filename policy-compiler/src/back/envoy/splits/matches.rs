//! What Envoy's routes can ask of a request.

use serde_json::{Value, json};
use smi_model::diagnostic::Diagnostic;
use smi_model::regex::Regex;

use super::super::set;
use super::hosts::Host;
use crate::automata::{Pattern, automaton};
use crate::code;
use crate::ir::{HttpCondition, Split};

/// A condition in Envoy's words.
#[derive(Debug, Default)]
pub(super) struct Matches {
    /// Requests that match one of these fulfil the condition.
    pub(super) requests: Vec<Value>,
    /// What is not exactly as the condition says.
    pub(super) problems: Vec<Problem>,
}

/// What Envoy cannot say.
#[derive(Debug)]
pub(super) enum Problem {
    /// An expression whose wider form Envoy may read differently.
    Expression(String),
    /// Envoy compares several values of a header as one text.
    Repeated(String),
}

/// A condition on requests to one host.
///
/// Whether the host matches is known already, and so asks nothing of the request.
pub(super) fn of(condition: &HttpCondition, host: &Host, limit: usize) -> Matches {
    let mut matches = Matches::default();
    match condition.host.as_ref().map(|pattern| fits(pattern, host, limit)) {
        Some(Some(false)) => return matches,
        Some(None) => {
            let expression = condition.host.as_ref().map_or("", Pattern::expression);
            matches.problems.push(Problem::Expression(expression.to_owned()));
            return matches;
        }
        None | Some(Some(true)) => {}
    }
    let path = condition.path.as_ref().and_then(|pattern| matches.expression(pattern));
    let mut request = match path {
        Some(expression) => json!({ "safe_regex": { "regex": expression } }),
        None => json!({ "prefix": "/" }),
    };
    let mut headers = Vec::new();
    for (name, pattern) in &condition.headers {
        matches.problems.push(Problem::Repeated(name.clone()));
        if let Some(expression) = matches.expression(pattern) {
            let text = json!({ "safe_regex": { "regex": expression } });
            headers.push(json!({ "name": name, "string_match": text }));
        }
    }
    let Some(methods) = &condition.methods else {
        if !headers.is_empty() {
            set(&mut request, "headers", Value::Array(headers));
        }
        matches.requests.push(request);
        return matches;
    };
    for method in methods.iter() {
        let mut request = request.clone();
        let one = json!({ "name": ":method", "string_match": { "exact": method } });
        let all = std::iter::once(one).chain(headers.iter().cloned()).collect();
        set(&mut request, "headers", Value::Array(all));
        matches.requests.push(request);
    }
    matches
}

impl Matches {
    /// The expression that matches whole texts as the pattern does.
    fn expression(&mut self, pattern: &Pattern) -> Option<String> {
        let expression = pattern.whole_expression();
        if expression.is_none() {
            self.problems.push(Problem::Expression(pattern.expression().to_owned()));
        }
        expression
    }
}

impl Problem {
    /// The finding about a split.
    pub(super) fn at(self, split: &Split) -> Diagnostic {
        match self {
            Self::Expression(expression) => {
                let message = format!("Envoy has no words for `{expression}`");
                Diagnostic::error(code::BEYOND_TARGET, split.span, message)
                    .label("a condition of this split")
                    .help("let the filter choose the backends")
            }
            Self::Repeated(name) => {
                let message = format!(
                    "Envoy compares a header `{name}` that is sent several times as one text, \
                     with commas"
                );
                Diagnostic::warning(code::JOINED_HEADER, split.span, message)
                    .label("a condition of this split looks at each value by itself")
                    .help("where it matters, let the filter choose the backends")
            }
        }
    }
}

/// Whether a host matches; `None` when that is too much work to tell.
fn fits(pattern: &Pattern, host: &Host, limit: usize) -> Option<bool> {
    let dfa = automaton(&[pattern], limit).ok()?;
    Some(!dfa.matching(host).is_empty())
}

/// What goes on behind an expression, or before it.
const ANYTHING: &str = ".*";

impl Pattern {
    /// An expression that matches a whole text, without line breaks, where the
    /// pattern does. `None`: it could not be made for certain.
    ///
    /// Envoy takes a text and no syntax tree. So the text that is put together here is
    /// read again, and has to be the tree that was meant: nothing in the expression can
    /// reach out of its place.
    fn whole_expression(&self) -> Option<String> {
        let expression = self.expression();
        let (before, behind) = self.open_ends();
        if !before && !behind {
            // Envoy wants all of the text to match by itself.
            return Some(expression.to_owned());
        }
        let anything = |is_open: bool| if is_open { ANYTHING } else { "" };
        let text = format!("{}(?:{expression}){}", anything(before), anything(behind));
        let read = Regex::new(&text).ok()?;
        let open = Regex::new(ANYTHING).ok()?;
        let part = |is_open: bool| is_open.then(|| open.hir().clone());
        let parts = part(before).into_iter().chain([self.hir().clone()]).chain(part(behind));
        let meant = regex_syntax::hir::Hir::concat(parts.collect());
        (*read.hir() == meant).then_some(text)
    }
}
