//! What lowering wants to know of a rule, or of a condition of a split.

use std::collections::BTreeSet;

use smi_model::source::Span;

use crate::automata::Pattern;
use crate::ir::{Condition, HttpCondition, Rule};

/// The AND of its parts; what is absent is unconstrained.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clause<'a> {
    /// The class of the protocol.
    pub(super) protocol: Option<u32>,
    pub(super) ports: Option<&'a BTreeSet<u16>>,
    pub(super) http: Option<&'a HttpCondition>,
    /// Where it was written.
    pub(super) span: Span,
}

/// The class of HTTP among protocols.
pub(super) const HTTP: u32 = 1;

impl<'a> Clause<'a> {
    pub(super) fn of(rule: &'a Rule) -> Self {
        let (protocol, http) = match &rule.condition {
            Condition::Http(http) => (HTTP, Some(&**http)),
            Condition::Tcp => (2, None),
            Condition::Udp => (3, None),
        };
        Self { protocol: Some(protocol), ports: rule.ports.as_deref(), http, span: rule.span }
    }

    pub(super) fn path(&self) -> Option<&'a Pattern> {
        self.http?.path.as_ref()
    }

    pub(super) fn methods(&self) -> Option<&'a BTreeSet<String>> {
        self.http?.methods.as_deref()
    }

    pub(super) fn host(&self) -> Option<&'a Pattern> {
        self.http?.host.as_ref()
    }

    pub(super) fn header(&self, name: &str) -> Option<&'a Pattern> {
        self.http?.headers.get(name)
    }

    pub(super) fn header_names(&self) -> impl Iterator<Item = &'a str> {
        self.http.into_iter().flat_map(|http| http.headers.keys()).map(String::as_str)
    }
}
