//! The expressions that a match states, one by one.

use smi_model::canonical::HttpMatch;
use smi_model::regex::Regex;
use smi_model::source::{Span, Spanned};

use super::context::Context;
use crate::automata::{Domain, Pattern, TooLarge};
use crate::example::Example;
use crate::ir::HttpCondition;

/// An expression of a match.
#[derive(Clone, Debug)]
pub(super) struct Stated<'a> {
    pub(super) one: &'a HttpMatch,
    pub(super) regex: &'a Spanned<Regex>,
    pub(super) pattern: Pattern,
    pub(super) about: About,
}

/// What an expression is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum About {
    Path,
    Host,
    /// The header with this name in lower case.
    Header(String),
}

impl About {
    pub(super) const fn domain(&self) -> Domain {
        match self {
            Self::Path => Domain::Path,
            Self::Host => Domain::Host,
            Self::Header(_) => Domain::Value,
        }
    }

    /// What a condition states besides.
    pub(super) fn others(&self, mut condition: HttpCondition) -> HttpCondition {
        match self {
            Self::Path => condition.path = None,
            Self::Host => condition.host = None,
            Self::Header(name) => _ = condition.headers.remove(name),
        }
        condition
    }

    /// A request with this text.
    pub(super) fn set(&self, mut request: Example, text: String) -> Example {
        match self {
            Self::Path => request.path = text,
            Self::Host => request.host = Some(text),
            Self::Header(name) => _ = request.headers.insert(name.clone(), text),
        }
        request
    }
}

impl<'a> Stated<'a> {
    /// The expression as it was written.
    pub(super) fn text(&self) -> &'a str {
        self.regex.value.as_str()
    }

    /// Where the match was written.
    pub(super) const fn route(&self) -> Span {
        self.one.name.span
    }

    /// Another expression in its place; `None` when it is none.
    pub(super) fn instead(&self, text: &str) -> Option<Pattern> {
        Some(self.pattern.with(Regex::new(text).ok()?))
    }
}

impl<'a> Context<'a> {
    /// The expressions of all matches.
    pub(super) fn expressions(&self) -> impl Iterator<Item = Stated<'a>> + use<'a> {
        let choices = self.choices;
        self.matches().flat_map(move |one| {
            let path = one.path_regex.iter().map(move |regex| {
                let pattern = Pattern::new(regex.value.clone(), choices.path);
                Stated { one, regex, pattern, about: About::Path }
            });
            let headers = one.headers.iter().map(move |header| {
                let name = header.name.value.to_ascii_lowercase();
                let about = if name == "host" { About::Host } else { About::Header(name) };
                let pattern = Pattern::new(header.value.value.clone(), choices.header);
                Stated { one, regex: &header.value, pattern, about }
            });
            path.chain(headers)
        })
    }

    /// A text of requests that some of the expressions match, and others do not.
    pub(super) fn text(
        &mut self,
        about: &About,
        within: &[&Pattern],
        without: &[&Pattern],
    ) -> Result<Option<String>, TooLarge> {
        self.examples.text(about.domain(), within, without)
    }

    /// A request that fulfils what else the match states, with a text for the
    /// expression.
    pub(super) fn request_with(&mut self, stated: &Stated<'a>, text: String) -> Option<Example> {
        let others = stated.about.others(self.condition(stated.one));
        let request = self.examples.of_all(&[&others]).ok()??;
        Some(stated.about.set(request, text))
    }
}
