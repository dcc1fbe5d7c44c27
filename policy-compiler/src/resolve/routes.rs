//! Route objects: their conditions, once for all targets.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use smi_model::canonical::{HttpMatch, HttpRouteGroup, L4Route, Meta, RouteKind};
use smi_model::diagnostic::Diagnostic;
use smi_model::source::{Span, Spanned};

use super::{Resolver, nearest};
use crate::code;
use crate::ir::{HttpCondition, MethodSets};

/// All route objects.
#[derive(Default)]
pub(super) struct Routes<'a> {
    /// Those of HTTP, of TCP, of UDP, each in the order of the documents.
    pub(super) all: Vec<Route<'a>>,
    /// Their places by kind, namespace and name.
    places: HashMap<(RouteKind, &'a str, &'a str), usize>,
    /// How many matches all of them have.
    pub(super) matches: usize,
}

/// What a rule can refer to.
pub(super) struct Route<'a> {
    pub(super) kind: RouteKind,
    pub(super) meta: &'a Meta,
    /// Its place among all routes.
    pub(super) place: usize,
    pub(super) permits: Permits<'a>,
}

/// What is permitted by a route.
pub(super) enum Permits<'a> {
    /// That of an HTTPRouteGroup.
    Http(Group<'a>),
    /// That of a TCPRoute or UDPRoute.
    L4 {
        /// `namespace/name`.
        name: Arc<str>,
        /// `None`: every port.
        ports: Option<Arc<BTreeSet<u16>>>,
    },
}

/// The matches of an HTTPRouteGroup.
pub(super) struct Group<'a> {
    /// In the order of their names.
    pub(super) matches: Vec<Match<'a>>,
}

/// One match of an HTTPRouteGroup.
pub(super) struct Match<'a> {
    pub(super) name: &'a str,
    /// `namespace/group#match`.
    pub(super) qualified_name: Arc<str>,
    pub(super) span: Span,
    pub(super) condition: Arc<HttpCondition>,
    /// Its place among all matches of all groups.
    pub(super) place: usize,
}

impl<'a> Group<'a> {
    pub(super) fn get(&self, name: &str) -> Option<&Match<'a>> {
        let place = self.matches.binary_search_by(|one| one.name.cmp(name)).ok()?;
        self.matches.get(place)
    }
}

impl<'a> Routes<'a> {
    pub(super) fn get(&self, kind: RouteKind, namespace: &str, name: &str) -> Option<&Route<'a>> {
        self.all.get(*self.places.get(&(kind, namespace, name))?)
    }

    fn add(&mut self, kind: RouteKind, meta: &'a Meta, permits: Permits<'a>) {
        let place = self.all.len();
        self.places.insert((kind, &meta.namespace.value, &meta.name.value), place);
        self.all.push(Route { kind, meta, place, permits });
    }
}

impl<'a> Resolver<'a> {
    pub(super) fn routes(&self) -> Routes<'a> {
        let bundle = self.bundle;
        let mut routes = Routes::default();
        let count = bundle.http_route_groups.len();
        routes.all.reserve(count);
        routes.places.reserve(count);
        let mut methods = MethodSets::default();
        for group in &bundle.http_route_groups {
            let permits = Permits::Http(self.group_of(group, routes.matches, &mut methods));
            routes.matches += group.matches.len();
            routes.add(RouteKind::Http, &group.meta, permits);
        }
        bundle.tcp_routes.iter().for_each(|it| routes.add(RouteKind::Tcp, &it.meta, l4(it)));
        bundle.udp_routes.iter().for_each(|it| routes.add(RouteKind::Udp, &it.meta, l4(it)));
        routes
    }

    fn group_of(
        &self,
        group: &'a HttpRouteGroup,
        first: usize,
        methods: &mut MethodSets<'a>,
    ) -> Group<'a> {
        let Meta { namespace, name, .. } = &group.meta;
        let mut one_match = |(place, one): (usize, &'a HttpMatch)| Match {
            name: &one.name.value,
            qualified_name: [&namespace.value, "/", &name.value, "#", &one.name.value]
                .concat()
                .into(),
            span: one.name.span,
            condition: Arc::new(HttpCondition::sharing(one, &self.choices, methods)),
            place,
        };
        let mut matches: Vec<_> = (first..).zip(&group.matches).map(&mut one_match).collect();
        matches.sort_by_key(|one| one.name);
        Group { matches }
    }

    /// Reports a reference to a route that is not there.
    pub(super) fn unknown_route(
        &mut self,
        kind: RouteKind,
        name: &Spanned<String>,
        namespace: &str,
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
                let known = self.known.routes_of(kind, namespace);
                let broken = self.known.broken(kind.as_str(), namespace);
                nearest::suggest(error, name, known.chain(broken))
            }
        };
        self.report(error);
    }
}

fn l4(route: &L4Route) -> Permits<'_> {
    let ports: BTreeSet<u16> = route.ports.iter().map(|port| port.value).collect();
    let ports = (!ports.is_empty()).then(|| Arc::new(ports));
    Permits::L4 { name: route.meta.qualified_name().into(), ports }
}
