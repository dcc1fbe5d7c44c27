//! Route objects: their conditions, once for all targets.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use smi_model::canonical::{HttpMatch, RouteKind};
use smi_model::diagnostic::Diagnostic;
use smi_model::source::{Span, Spanned};

use super::{Resolver, nearest};
use crate::code;
use crate::ir::HttpCondition;

/// All route objects by kind, namespace and name.
pub(super) type Routes<'a> = BTreeMap<(RouteKind, &'a str, &'a str), Route<'a>>;

/// What a rule can refer to.
pub(super) enum Route<'a> {
    /// An HTTPRouteGroup.
    Http(Group<'a>),
    /// A TCPRoute or UDPRoute.
    L4 {
        /// `None`: every port.
        ports: Option<BTreeSet<u16>>,
        /// The object's name.
        span: Span,
    },
}

/// The matches of an HTTPRouteGroup.
pub(super) struct Group<'a> {
    /// In the order of the text.
    pub(super) matches: Vec<Match<'a>>,
    /// Their indices by name.
    by_name: BTreeMap<&'a str, usize>,
}

impl<'a> Group<'a> {
    pub(super) fn get(&self, name: &str) -> Option<&Match<'a>> {
        self.matches.get(*self.by_name.get(name)?)
    }
}

/// One match of an HTTPRouteGroup.
pub(super) struct Match<'a> {
    pub(super) name: &'a str,
    pub(super) span: Span,
    pub(super) condition: Arc<HttpCondition>,
}

impl<'a> Resolver<'a> {
    pub(super) fn routes(&self) -> Routes<'a> {
        let bundle = self.bundle;
        let mut routes = Routes::new();
        for group in &bundle.http_route_groups {
            let matches: Vec<Match<'a>> =
                group.matches.iter().map(|one| self.one_match(one)).collect();
            let by_name = matches.iter().enumerate().map(|(index, one)| (one.name, index));
            let by_name = by_name.collect();
            let (namespace, name) = (&group.meta.namespace.value, &group.meta.name.value);
            let route = Route::Http(Group { matches, by_name });
            routes.insert((RouteKind::Http, namespace, name), route);
        }
        let l4 = [(RouteKind::Tcp, &bundle.tcp_routes), (RouteKind::Udp, &bundle.udp_routes)];
        for (kind, objects) in l4 {
            for object in objects {
                let ports: BTreeSet<u16> = object.ports.iter().map(|port| port.value).collect();
                let ports = (!ports.is_empty()).then_some(ports);
                let route = Route::L4 { ports, span: object.meta.name.span };
                let (namespace, name) = (&object.meta.namespace.value, &object.meta.name.value);
                routes.insert((kind, namespace, name), route);
            }
        }
        routes
    }

    fn one_match(&self, one: &'a HttpMatch) -> Match<'a> {
        Match {
            name: &one.name.value,
            span: one.name.span,
            condition: Arc::new(HttpCondition::of(one, &self.choices)),
        }
    }

    /// Reports a reference to a route that is not there.
    pub(super) fn unknown_route(
        &mut self,
        kind: RouteKind,
        name: &Spanned<String>,
        namespace: &str,
        routes: &Routes<'_>,
        consequence: &str,
    ) {
        if self.known.is_broken(kind.as_str(), namespace, &name.value) {
            return;
        }
        let message =
            format!("there is no {} `{}` in namespace `{namespace}`", kind.as_str(), name.value);
        let error = Diagnostic::error(code::UNKNOWN_ROUTE, name.span, message).label(consequence);
        let error = match self.known.home_of_route(kind, &name.value) {
            Some(other) => error.help(format!(
                "there is one in namespace `{other}`, but only routes of the own namespace are seen"
            )),
            None => {
                let first = (kind, namespace, "");
                let known = routes
                    .range(first..)
                    .take_while(|((of_kind, of, _), _)| *of_kind == kind && *of == namespace)
                    .map(|((.., name), _)| *name);
                let broken = self.known.broken(kind.as_str(), namespace);
                nearest::suggest(error, name, known.chain(broken))
            }
        };
        self.report(error);
    }
}
