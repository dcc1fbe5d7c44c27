//! TrafficTargets: who, and on which rules.

use std::collections::BTreeSet;
use std::sync::Arc;

use smi_model::canonical::{RouteKind, RuleRef, Subject, SubjectKind, TrafficTarget};
use smi_model::diagnostic::Diagnostic;
use smi_model::source::Spanned;

use super::bindings::Bindings;
use super::identities::Identity;
use super::routes::{Group, Match, Route, Routes};
use super::{Resolver, nearest};
use crate::code;
use crate::ir::{Condition, HttpCondition, Rule};
use crate::options::OmittedNamespace;

/// What the rules of one target come to.
#[derive(Default)]
struct Terms {
    /// HTTP conditions with the name and place of their match.
    http: Vec<(Arc<str>, smi_model::source::Span, Arc<HttpCondition>)>,
    /// Name, ports and place of each TCPRoute that was found.
    tcp: Vec<L4>,
    udp: Vec<L4>,
}

struct L4 {
    route: Arc<str>,
    ports: Option<Arc<BTreeSet<u16>>>,
    span: smi_model::source::Span,
}

impl Resolver<'_> {
    pub(super) fn target(
        &mut self,
        target: &TrafficTarget,
        routes: &Routes<'_>,
        bindings: &Bindings,
    ) -> Vec<Rule> {
        let namespace = &target.meta.namespace;
        // Everything is looked at before anything is given up, so that all
        // problems of a target are reported together.
        let destinations = self.destinations(target, bindings);
        let sources = target.sources.iter();
        let sources: BTreeSet<String> =
            sources.flat_map(|source| self.source(source, namespace, bindings)).collect();
        let mut terms = Terms::default();
        for rule in &target.rules {
            self.rule(rule, namespace, routes, &mut terms);
        }
        if sources.is_empty() {
            return Vec::new();
        }
        let rules = self.rules(target, terms, sources);
        let at = |destination: &String| {
            let destination: Arc<str> = Arc::from(destination.as_str());
            rules
                .iter()
                .map(move |rule| Rule { destination: Arc::clone(&destination), ..rule.clone() })
        };
        destinations.iter().flat_map(at).collect()
    }

    /// All identities of the workload that is called.
    fn destinations(&mut self, target: &TrafficTarget, bindings: &Bindings) -> BTreeSet<String> {
        let own = &target.meta.namespace;
        let subject = &target.destination;
        let omitted = self.choices.destination_namespace;
        let Some(namespace) = self.namespace(subject, own, omitted) else { return BTreeSet::new() };
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
            return BTreeSet::new();
        }
        let mut identities = self.identities(subject, &namespace, bindings);
        if !self.choices.foreign_destination {
            identities.retain(|identity| self.is_at_home(identity, &namespace, subject));
        }
        identities.into_iter().map(|identity| identity.name).collect()
    }

    /// Whether a destination's identity is known to be of the namespace whose
    /// owner wrote it. An IdentityBinding can list any, and must not open the
    /// workloads of others by that.
    fn is_at_home(&mut self, identity: &Identity, namespace: &str, subject: &Subject) -> bool {
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
        source: &Subject,
        own: &Spanned<String>,
        bindings: &Bindings,
    ) -> Vec<String> {
        let namespace = self.namespace(source, own, self.choices.source_namespace);
        let identities = namespace.map(|namespace| self.identities(source, &namespace, bindings));
        identities.into_iter().flatten().flat_map(Identity::into_names).collect()
    }

    /// What a subject stands for; none when that was reported.
    fn identities(
        &mut self,
        subject: &Subject,
        namespace: &str,
        bindings: &Bindings,
    ) -> Vec<Identity> {
        match subject.kind {
            SubjectKind::IdentityBinding => self.bound(subject, namespace, bindings),
            SubjectKind::ServiceAccount => {
                self.named_account(namespace, &subject.name).into_iter().collect()
            }
        }
    }

    fn namespace(
        &mut self,
        subject: &Subject,
        own: &Spanned<String>,
        omitted: OmittedNamespace,
    ) -> Option<String> {
        match (&subject.namespace, omitted) {
            (Some(namespace), _) => Some(namespace.value.clone()),
            (None, OmittedNamespace::OfTarget) => Some(own.value.clone()),
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

    fn rule(
        &mut self,
        rule: &RuleRef,
        namespace: &Spanned<String>,
        routes: &Routes<'_>,
        terms: &mut Terms,
    ) {
        let key = (rule.kind, namespace.value.as_str(), rule.name.value.as_str());
        let route = format!("{}/{}", namespace.value, rule.name.value);
        match routes.get(&key) {
            None => self.unknown_route(
                rule.kind,
                &rule.name,
                &namespace.value,
                routes,
                "this rule grants nothing",
            ),
            Some(Route::Http(group)) => {
                for one in self.chosen(rule, group) {
                    let name = format!("{route}#{}", one.name);
                    terms.http.push((Arc::from(name), one.span, Arc::clone(&one.condition)));
                }
            }
            Some(Route::L4 { ports, span }) => {
                let ports = ports.clone().map(Arc::new);
                let l4 = L4 { route: Arc::from(route), ports, span: *span };
                if rule.kind == RouteKind::Udp { &mut terms.udp } else { &mut terms.tcp }.push(l4);
            }
        }
    }

    /// The matches of a group that a rule names.
    fn chosen<'g, 'a>(&mut self, rule: &RuleRef, group: &'g Group<'a>) -> Vec<&'g Match<'a>> {
        let Some(names) = &rule.matches else {
            if self.choices.omitted_matches_mean_all {
                return group.matches.iter().collect();
            }
            let message = format!(
                "without `matches` this rule grants nothing in dialect `{}`",
                self.options.dialect
            );
            self.report(
                Diagnostic::warning(code::OMITTED_MATCHES, rule.name.span, message)
                    .help("list the names of the matches that are meant"),
            );
            return Vec::new();
        };
        let mut chosen = Vec::new();
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
        chosen
    }

    /// TCPRoutes narrow the HTTP rules of their target to their ports, and admit
    /// connections that are not HTTP on them.
    ///
    /// Which kinds of rules there are is judged by what was written, not by what
    /// was found: a broken reference must not turn "these ports" into "every port",
    /// nor "these requests" into "all HTTP".
    fn rules(&self, target: &TrafficTarget, terms: Terms, sources: BTreeSet<String>) -> Vec<Rule> {
        let wrote = |kind| target.rules.iter().any(|rule| rule.kind == kind);
        let only = target.port.as_ref().map(|port| port.value);
        let name: Arc<str> = Arc::from(target.meta.qualified_name());
        let sources = Arc::new(sources);
        let nobody: Arc<str> = Arc::from("");
        let rule = |route, condition, ports, span| Rule {
            target: Arc::clone(&name),
            route,
            condition,
            // Set for each of the destination's identities.
            destination: Arc::clone(&nobody),
            sources: Arc::clone(&sources),
            ports: narrowed(ports, only),
            span,
        };
        let http_ports = if wrote(RouteKind::Tcp) { union_of_ports(&terms.tcp) } else { None };
        let mut rules = Vec::new();
        for (name, span, condition) in terms.http {
            rules.push(rule(name, Condition::Http(condition), http_ports.clone(), span));
        }
        let all_http = !wrote(RouteKind::Http) && self.choices.tcp_admits_http;
        for L4 { route, ports, span } in terms.tcp {
            if all_http {
                let condition = Condition::Http(Arc::default());
                rules.push(rule(route.clone(), condition, ports.clone(), span));
            }
            rules.push(rule(route, Condition::Tcp, ports, span));
        }
        for L4 { route, ports, span } in terms.udp {
            rules.push(rule(route, Condition::Udp, ports, span));
        }
        rules
    }
}

/// The ports that a target's own port leaves of them.
fn narrowed(ports: Option<Arc<BTreeSet<u16>>>, only: Option<u16>) -> Option<Arc<BTreeSet<u16>>> {
    let Some(only) = only else { return ports };
    let covered = ports.is_none_or(|ports| ports.contains(&only));
    Some(Arc::new(covered.then_some(only).into_iter().collect()))
}

/// All ports of the routes; `None` (every port) as soon as one of them says so.
fn union_of_ports(routes: &[L4]) -> Option<Arc<BTreeSet<u16>>> {
    let ports: Option<Vec<&BTreeSet<u16>>> =
        routes.iter().map(|route| route.ports.as_deref()).collect();
    ports.map(|ports| Arc::new(ports.into_iter().flatten().copied().collect()))
}
