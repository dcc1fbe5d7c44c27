//! What all lints share: the policies, where things stand, and examples.

use std::collections::BTreeMap;

use smi_model::canonical::{Bundle, HttpMatch, RouteKind, TrafficTarget};
use smi_model::diagnostic::Diagnostic;
use smi_model::source::{SourceMap, Span, Spanned};

use super::claim::{Claim, Says};
use super::{Finding, Lint};
use crate::Dialect;
use crate::automata::TooLarge;
use crate::code;
use crate::example::{Example, Examples};
use crate::ir::{Condition, HttpCondition, PolicySet, Rule};
use crate::options::Choices;

/// The policies, and what was found in them so far.
pub(crate) struct Context<'a> {
    pub(super) bundle: &'a Bundle,
    pub(super) policies: &'a PolicySet,
    pub(super) sources: &'a SourceMap,
    pub(super) dialect: Dialect,
    pub(super) choices: Choices,
    pub(super) examples: Examples,
    targets: BTreeMap<String, &'a TrafficTarget>,
    findings: Vec<Finding>,
}

impl<'a> Context<'a> {
    pub(super) fn new(bundle: &'a Bundle, policies: &'a PolicySet, sources: &'a SourceMap) -> Self {
        let options = policies.options();
        let targets = bundle.traffic_targets.iter();
        Self {
            bundle,
            policies,
            sources,
            dialect: options.dialect,
            choices: Choices::of(options.dialect),
            examples: Examples::new(options.limits.automaton_bytes),
            targets: targets.map(|target| (target.meta.qualified_name(), target)).collect(),
            findings: Vec::new(),
        }
    }

    pub(super) fn into_findings(self) -> Vec<Finding> {
        self.findings
    }

    /// All matches of HTTPRouteGroups.
    pub(super) fn matches(&self) -> impl Iterator<Item = &'a HttpMatch> + use<'a> {
        self.bundle.http_route_groups.iter().flat_map(|group| &group.matches)
    }

    /// What a match states in the dialect of the policies.
    pub(super) fn condition(&self, one: &HttpMatch) -> HttpCondition {
        HttpCondition::of(one, &self.choices)
    }

    /// Keeps a finding together with what it says of requests.
    pub(super) fn report(&mut self, diagnostic: Diagnostic, claims: Vec<Claim>) {
        let diagnostic =
            claims.iter().fold(diagnostic, |diagnostic, claim| diagnostic.help(claim.line()));
        self.findings.push(Finding { diagnostic, claims });
    }

    /// Adds a line of help to the last finding.
    pub(super) fn help(&mut self, line: String) {
        if let Some(finding) = self.findings.last_mut() {
            finding.diagnostic.help.push(line);
        }
    }

    /// The answer to a question; a finding of its own where that is too much work.
    pub(super) fn answer<T>(
        &mut self,
        lint: &Lint,
        place: Span,
        answer: Result<Option<T>, TooLarge>,
    ) -> Option<T> {
        answer.unwrap_or_else(|TooLarge| {
            self.gave_up(lint, place, "this expression takes too much work");
            None
        })
    }

    /// Says that a lint has not looked at everything.
    pub(super) fn gave_up(&mut self, lint: &Lint, place: Span, why: &str) {
        let message = format!("lint `{}` gave up: {why}", lint.name());
        let finding = Diagnostic::warning(code::UNANSWERED_LINT, place, message)
            .label("there may be more to find here");
        self.report(finding, Vec::new());
    }

    /// A request that a match admits.
    pub(super) fn request(&mut self, one: &HttpMatch) -> Option<Example> {
        let condition = self.condition(one);
        self.examples.of_all(&[&condition]).ok()?
    }

    /// That the first source of a rule may send a request to its destination.
    pub(super) fn sent(rule: &Rule, peer: &str, request: Example) -> Claim {
        let port = rule.ports.as_ref().and_then(|ports| ports.first()).copied();
        let (peer, destination) = (peer.to_owned(), rule.destination.to_string());
        Claim { request, passes: true, says: Says::Policies { peer, destination, port } }
    }

    /// The TrafficTarget of a rule.
    pub(super) fn target(&self, rule: &Rule) -> Option<&'a TrafficTarget> {
        self.targets.get(&*rule.target).copied()
    }

    /// The reference that a rule comes from.
    pub(super) fn reference(&self, rule: &Rule) -> Option<Reference<'a>> {
        let (_, route) = rule.route.split_once('/')?;
        let (route, one) = match route.split_once('#') {
            Some((group, one)) => (group, Some(one)),
            None => (route, None),
        };
        let kind = match (&rule.condition, one) {
            (_, Some(_)) => RouteKind::Http,
            (Condition::Udp, None) => RouteKind::Udp,
            (_, None) => RouteKind::Tcp,
        };
        let mut rules = self.target(rule)?.rules.iter();
        rules.find_map(|reference| {
            if reference.kind != kind || reference.name.value != route {
                return None;
            }
            let name = &reference.name;
            let place = match (&reference.matches, one) {
                (Some(matches), Some(one)) => matches.iter().find(|it| it.value == one)?.span,
                (None, Some(_)) => rule.span,
                (_, None) => name.span,
            };
            let is_of_all = reference.matches.is_none() && one.is_some();
            Some(Reference { name, place, is_of_all })
        })
    }
}

/// Where a rule comes from: a route that a TrafficTarget refers to.
#[derive(Clone, Copy)]
pub(super) struct Reference<'a> {
    /// The name of the route object.
    pub(super) name: &'a Spanned<String>,
    /// What can be removed to be rid of the rule: the name of the match where it is
    /// listed, the match itself where none is, or that of another route.
    pub(super) place: Span,
    /// Whether it stands for all matches of its HTTPRouteGroup.
    pub(super) is_of_all: bool,
}
