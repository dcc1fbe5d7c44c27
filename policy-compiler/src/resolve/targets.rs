//! TrafficTargets: who, and on which rules.

use std::collections::BTreeSet;
use std::sync::Arc;

use smi_model::canonical::{RouteKind, RuleRef, Subject, SubjectKind, TrafficTarget};
use smi_model::diagnostic::Diagnostic;
use smi_model::source::{Span, Spanned};

use super::bindings::Bindings;
use super::identities::Identity;
use super::routes::{Group, Match, Permits, Routes};
use super::{Resolver, nearest};
use crate::code;
use crate::identity::Sources;
use crate::ir::{Condition, Rule};
use crate::options::OmittedNamespace;

/// What the rules of one target come to.
#[derive(Default)]
struct Terms<'r> {
    http: Vec<&'r Match<'r>>,
    /// Each TCPRoute that was found.
    tcp: Vec<L4<'r>>,
    udp: Vec<L4<'r>>,
}

#[derive(Clone, Copy)]
struct L4<'r> {
    route: &'r Arc<str>,
    ports: Option<&'r Arc<BTreeSet<u16>>>,
    span: Span,
}

impl<'a> Resolver<'a> {
    /// Adds the rules of a target, whose name is `namespace/name`.
    pub(super) fn target(
        &mut self,
        name: &Arc<str>,
        target: &'a TrafficTarget,
        routes: &Routes<'a>,
        bindings: &Bindings<'a>,
        rules: &mut Vec<Rule>,
    ) {
        let namespace = &target.meta.namespace;
        // Everything is looked at before anything is given up, so that all
        // problems of a target are reported together.
        let destinations = self.destinations(target, bindings);
        let mut sources = Vec::new();
        for source in &target.sources {
            sources.extend(self.source(source, namespace, bindings));
        }
        let mut terms = Terms::default();
        for rule in &target.rules {
            self.rule(rule, namespace, routes, &mut terms);
        }
        if sources.is_empty() {
            return;
        }
        let sources = Sources::new(sources);
        for destination in &destinations {
            self.grant(target, &terms, rules, |route, condition, ports, span| Rule {
                target: Arc::clone(name),
                route: Arc::clone(route),
                condition,
                destination: Arc::clone(destination),
                sources: sources.clone(),
                ports,
                span,
            });
        }
    }

    /// All identities of the workload that is called.
    fn destinations(
        &mut self,
        target: &'a TrafficTarget,
        bindings: &Bindings<'a>,
    ) -> Vec<Arc<str>> {
        let own = &target.meta.namespace;
        let subject = &target.destination;
        let omitted = self.choices.destination_namespace;
        let Some(namespace) = self.namespace(subject, own, omitted) else { return Vec::new() };
        if namespace != own.value && !self.choices.foreign_destination {
            let message = format!(
                "this TrafficTarget is in namespace `{}`, its destination in `{namespace}`",
                own.value
            );
            let place = target.destination.namespace.as_ref().map_or(own.span, |name| name.span);
            self.report(
                Diagnostic::error(code::FOREIGN_DESTINATION, place, message)
                    .related(own.span, "the TrafficTarget's namespace")
                    .help("only the owner of a namespace may open its workloads; put the TrafficTarget there"),
            );
            return Vec::new();
        }
        let identities = self.identities(subject, namespace, bindings);
        let foreign = self.choices.foreign_destination;
        let mut names: Vec<Arc<str>> = identities
            .filter(|identity| foreign || self.is_at_home(identity, namespace, subject))
            .map(|identity| identity.name)
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Whether a destination's identity is known to be of the namespace whose
    /// owner wrote it. An IdentityBinding can list any, and must not open the
    /// workloads of others by that.
    fn is_at_home(&mut self, identity: &Identity<'_>, namespace: &str, subject: &Subject) -> bool {
        let is_at_home = identity.is_of(namespace);
        if !is_at_home {
            let message = format!(
                "`{}` does not show that its workload is in namespace `{namespace}`",
                identity.name
            );
            self.report(
                Diagnostic::error(code::FOREIGN_IDENTITY, identity.span, message)
                    .label("this identity grants nothing as a destination")
                    .related(subject.name.span, "the destination")
                    .help("only the owner of a namespace may open its workloads")
                    .help(format!("use `serviceAccount`, or an ID with `/ns/{namespace}/`")),
            );
        }
        is_at_home
    }

    fn source(
        &mut self,
        source: &'a Subject,
        own: &'a Spanned<String>,
        bindings: &Bindings<'a>,
    ) -> impl Iterator<Item = Arc<str>> {
        let namespace = self.namespace(source, own, self.choices.source_namespace);
        let identities = namespace.map(|namespace| self.identities(source, namespace, bindings));
        identities.into_iter().flatten().flat_map(Identity::into_names)
    }

    /// What a subject stands for; none when that was reported.
    fn identities<'b>(
        &mut self,
        subject: &'a Subject,
        namespace: &'a str,
        bindings: &'b Bindings<'a>,
    ) -> impl Iterator<Item = Identity<'a>> + use<'a, 'b> {
        let (account, bound) = match subject.kind {
            SubjectKind::IdentityBinding => (None, self.bound(subject, namespace, bindings)),
            SubjectKind::ServiceAccount => {
                (self.named_account(namespace, &subject.name), &[] as &[_])
            }
        };
        account.into_iter().chain(bound.iter().cloned())
    }

    fn namespace(
        &mut self,
        subject: &'a Subject,
        own: &'a Spanned<String>,
        omitted: OmittedNamespace,
    ) -> Option<&'a str> {
        match (&subject.namespace, omitted) {
            (Some(namespace), _) => Some(&namespace.value),
            (None, OmittedNamespace::OfTarget) => Some(&own.value),
            (None, OmittedNamespace::Error) => {
                let message = format!(
                    "`{}` has no namespace, and in dialect `{}` it then matches nobody",
                    subject.name.value, self.options.dialect
                );
                self.report(
                    Diagnostic::error(code::MISSING_NAMESPACE, subject.name.span, message)
                        .help(format!("add `namespace: {}` if that is meant", own.value)),
                );
                None
            }
        }
    }

    fn rule<'r>(
        &mut self,
        rule: &'a RuleRef,
        namespace: &'a Spanned<String>,
        routes: &'r Routes<'a>,
        terms: &mut Terms<'r>,
    ) {
        let Some(route) = routes.get(rule.kind, &namespace.value, &rule.name.value) else {
            self.uses.lead_nowhere(&namespace.value, &rule.name.value);
            let consequence = "this rule grants nothing";
            self.unknown_route(rule.kind, &rule.name, &namespace.value, consequence);
            return;
        };
        self.uses.add(route, rule.matches.as_deref());
        match &route.permits {
            Permits::Http(group) => self.chosen(rule, group, &mut terms.http),
            Permits::L4 { name, ports } => {
                let l4 = L4 { route: name, ports: ports.as_ref(), span: route.meta.name.span };
                if rule.kind == RouteKind::Udp { &mut terms.udp } else { &mut terms.tcp }.push(l4);
            }
        }
    }

    /// The matches of a group that a rule names.
    fn chosen<'r>(
        &mut self,
        rule: &RuleRef,
        group: &'r Group<'a>,
        chosen: &mut Vec<&'r Match<'r>>,
    ) {
        let Some(names) = &rule.matches else {
            if self.choices.omitted_matches_mean_all {
                chosen.extend(&group.matches);
                return;
            }
            let message = format!(
                "without `matches` this rule grants nothing in dialect `{}`",
                self.options.dialect
            );
            self.report(
                Diagnostic::warning(code::OMITTED_MATCHES, rule.name.span, message)
                    .help("list the names of the matches that are meant"),
            );
            return;
        };
        for name in names {
            match group.get(&name.value) {
                Some(one) => chosen.push(one),
                None => {
                    let message = format!(
                        "HTTPRouteGroup `{}` has no match `{}`",
                        rule.name.value, name.value
                    );
                    let error = Diagnostic::error(code::UNKNOWN_MATCH, name.span, message);
                    let known = group.matches.iter().map(|one| one.name);
                    self.report(nearest::suggest(error, name, known));
                }
            }
        }
    }

    /// TCPRoutes narrow the HTTP rules of their target to their ports, and admit
    /// connections that are not HTTP on them.
    ///
    /// Which kinds of rules there are is judged by what was written, not by what
    /// was found: a broken reference must not turn "these ports" into "every port",
    /// nor "these requests" into "all HTTP".
    fn grant(
        &self,
        target: &TrafficTarget,
        terms: &Terms<'_>,
        rules: &mut Vec<Rule>,
        rule: impl Fn(&Arc<str>, Condition, Option<Arc<BTreeSet<u16>>>, Span) -> Rule,
    ) {
        let wrote = |kind| target.rules.iter().any(|rule| rule.kind == kind);
        let only = target.port.as_ref().map(|port| port.value);
        let http_ports = if wrote(RouteKind::Tcp) { union_of_ports(&terms.tcp) } else { None };
        let http_ports = narrowed(http_ports, only);
        for one in &terms.http {
            let condition = Condition::Http(Arc::clone(&one.condition));
            rules.push(rule(&one.qualified_name, condition, http_ports.clone(), one.span));
        }
        let all_http = !wrote(RouteKind::Http) && self.choices.tcp_admits_http;
        for L4 { route, ports, span } in &terms.tcp {
            let ports = narrowed(ports.cloned(), only);
            if all_http {
                let condition = Condition::Http(Arc::default());
                rules.push(rule(route, condition, ports.clone(), *span));
            }
            rules.push(rule(route, Condition::Tcp, ports, *span));
        }
        for L4 { route, ports, span } in &terms.udp {
            rules.push(rule(route, Condition::Udp, narrowed(ports.cloned(), only), *span));
        }
    }
}

/// The ports that a target's own port leaves of them.
fn narrowed(ports: Option<Arc<BTreeSet<u16>>>, only: Option<u16>) -> Option<Arc<BTreeSet<u16>>> {
    let Some(only) = only else { return ports };
    let covered = ports.is_none_or(|ports| ports.contains(&only));
    Some(Arc::new(covered.then_some(only).into_iter().collect()))
}

/// All ports of the routes; `None` (every port) as soon as one of them says so.
fn union_of_ports(routes: &[L4<'_>]) -> Option<Arc<BTreeSet<u16>>> {
    let ports: Option<Vec<&BTreeSet<u16>>> =
        routes.iter().map(|route| route.ports.map(|ports| &**ports)).collect();
    ports.map(|ports| Arc::new(ports.into_iter().flatten().copied().collect()))
}
