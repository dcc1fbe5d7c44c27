//! Ports on their way between versions.
//!
//! Up to access v1alpha2 a TrafficTarget names the port of its destination; since
//! v1alpha3 a TCPRoute among its rules does, whose ports come with specs v1alpha4.
//! Losing the port on the way would open every port, so it moves:
//!
//! - upward into a TCPRoute, which is added, or into the TCPRoutes that the target
//!   refers to, when no other target would notice;
//! - downward from TCPRoutes that are for one port only, again when all targets
//!   that refer to them can follow.
//!
//! Whatever cannot move stays where it is, and is then reported as not
//! expressible when the object is written.

use std::collections::{BTreeMap, BTreeSet};

use super::Targets;
use crate::{
    api::{ACCESS, SPECS},
    canonical::{Bundle, L4Route, Meta, RouteKind, RuleRef, TrafficTarget},
    diagnostic::{Diagnostic, code},
    source::Spanned,
};

/// Objects that say the same in other words, by `namespace/name`.
#[derive(Debug, Default)]
pub(super) struct Moves {
    pub(super) targets: BTreeMap<String, TrafficTarget>,
    pub(super) tcp_routes: BTreeMap<String, L4Route>,
    /// TrafficTargets whose port has nowhere to go, which is reported.
    pub(super) stuck: BTreeSet<String>,
    /// TCPRoutes that are added, by the TrafficTarget that they belong to.
    pub(super) added: BTreeMap<String, L4Route>,
}

/// Moves the ports of all targets to where the versions to come have them.
pub(super) fn moves(
    bundle: &Bundle,
    targets: &Targets,
    diagnostics: &mut Vec<Diagnostic>,
) -> Moves {
    let mut mover = Mover::new(bundle, targets, diagnostics);
    match targets.version(ACCESS) {
        Some("v1alpha1" | "v1alpha2") if mover.routes_hold_ports == Some(false) => {
            mover.down();
        }
        Some("v1alpha1" | "v1alpha2") | None => {}
        Some(_) => mover.up(),
    }
    mover.moves
}

struct Mover<'a> {
    bundle: &'a Bundle,
    diagnostics: &'a mut Vec<Diagnostic>,
    routes: BTreeMap<String, &'a L4Route>,
    /// For each TCPRoute the targets that refer to it.
    users: BTreeMap<String, Vec<&'a TrafficTarget>>,
    /// Whether the routes will have words for ports, when they are converted.
    routes_hold_ports: Option<bool>,
    moves: Moves,
}

impl<'a> Mover<'a> {
    fn new(bundle: &'a Bundle, targets: &Targets, diagnostics: &'a mut Vec<Diagnostic>) -> Self {
        let routes = bundle.tcp_routes.iter().map(|it| (it.meta.qualified_name(), it)).collect();
        let mut users: BTreeMap<String, Vec<&TrafficTarget>> = BTreeMap::new();
        for target in &bundle.traffic_targets {
            let names: BTreeSet<String> =
                tcp_rules(target).map(|it| route_of(target, it)).collect();
            for name in names {
                users.entry(name).or_default().push(target);
            }
        }
        let routes_hold_ports = targets.version(SPECS).map(|version| version == "v1alpha4");
        Self { bundle, diagnostics, routes, users, routes_hold_ports, moves: Moves::default() }
    }

    fn up(&mut self) {
        for target in &self.bundle.traffic_targets {
            let Some(port) = &target.port else { continue };
            let mut moved = TrafficTarget { port: None, ..target.clone() };
            let done = if tcp_rules(target).next().is_none() {
                self.add_route(target, &mut moved, port);
                true
            } else {
                self.narrow_rules(&mut moved, target, port)
            };
            let name = target.meta.qualified_name();
            if done {
                self.moves.targets.insert(name, moved);
            } else {
                self.moves.stuck.insert(name);
            }
        }
    }

    /// Gives a target without TCPRoutes one for its port.
    fn add_route(
        &mut self,
        target: &TrafficTarget,
        moved: &mut TrafficTarget,
        port: &Spanned<u16>,
    ) {
        let name = self.added_route(target, port);
        let message = format!(
            "the TCPRoute `{}` that keeps port {} also admits connections that are not HTTP",
            name.value, port.value
        );
        self.diagnostics.push(
            Diagnostic::warning(code::PORT_ADMITS_TCP, port.span, message)
                .help("since v1alpha3 of access, no rule can be for HTTP on one port only"),
        );
        moved.rules.push(RuleRef { kind: RouteKind::Tcp, name, matches: None, span: port.span });
    }

    /// Leaves of each TCPRoute of a target its port only: in the route itself, or
    /// in a new one where others want the route as it is.
    fn narrow_rules(
        &mut self,
        moved: &mut TrafficTarget,
        target: &TrafficTarget,
        port: &Spanned<u16>,
    ) -> bool {
        for rule in moved.rules.iter_mut().filter(|rule| rule.kind == RouteKind::Tcp) {
            let name = route_of(target, rule);
            let Some(route) = self.routes.get(&name).copied() else {
                self.report_unknown(rule, port);
                return false;
            };
            match covered(route, port.value) {
                Covered::Alone => {}
                Covered::Among if self.can_narrow(&name, port.value) => {
                    let ports = vec![port.clone()];
                    self.moves.tcp_routes.insert(name, L4Route { ports, ..route.clone() });
                }
                Covered::Among => rule.name = self.added_route(target, port),
                Covered::Not => {
                    self.report_contradiction(rule, port);
                    return false;
                }
            }
        }
        true
    }

    /// Whether a route can have this port, and all targets that refer to it want
    /// no other.
    fn can_narrow(&self, route: &str, port: u16) -> bool {
        let users = self.users.get(route).into_iter().flatten();
        let wants = |target: &&TrafficTarget| target.port.as_ref().map(|it| it.value) == Some(port);
        self.routes_hold_ports == Some(true) && users.into_iter().all(wants)
    }

    fn added_route(&mut self, target: &TrafficTarget, port: &Spanned<u16>) -> Spanned<String> {
        let meta = &target.meta;
        if let Some(route) = self.moves.added.get(&meta.qualified_name()) {
            return route.meta.name.clone();
        }
        let wanted = format!("{}-port-{}", meta.name.value, port.value);
        let name = std::iter::once(wanted.clone())
            .chain((2..).map(|count| format!("{wanted}-{count}")))
            .find(|name| !self.is_taken(&meta.namespace.value, name));
        let name = Spanned::new(name.unwrap_or(wanted), port.span);
        let namespace = match meta.written_namespace() {
            Some(_) => meta.namespace.clone(),
            None => Spanned::new(meta.namespace.value.clone(), name.span),
        };
        let meta = Meta {
            name: name.clone(),
            namespace,
            labels: Vec::new(),
            annotations: Vec::new(),
            others: serde_json::Map::new(),
            ..meta.clone()
        };
        let route = L4Route { ports: vec![port.clone()], ..L4Route::of_every_port(meta) };
        self.moves.added.insert(target.meta.qualified_name(), route);
        name
    }

    fn is_taken(&self, namespace: &str, name: &str) -> bool {
        let is_it = |route: &L4Route| {
            route.meta.name.value == name && route.meta.namespace.value == namespace
        };
        self.routes.contains_key(&format!("{namespace}/{name}"))
            || self.moves.added.values().any(is_it)
    }

    fn down(&mut self) {
        for (name, route) in &self.routes {
            let [port] = route.ports.as_slice() else { continue };
            let users = self.users.get(name).map_or(&[][..], Vec::as_slice);
            if users.is_empty() || !users.iter().all(|target| self.is_for(target, port.value)) {
                continue;
            }
            for target in users {
                let moved = TrafficTarget { port: Some(port.clone()), ..(*target).clone() };
                self.moves.targets.insert(target.meta.qualified_name(), moved);
            }
            let route = L4Route { ports: Vec::new(), ..(*route).clone() };
            self.moves.tcp_routes.insert(name.clone(), route);
        }
    }

    /// Whether a target admits this port and no other one, and can lose the ports
    /// of all of its routes when it has its own.
    fn is_for(&self, target: &TrafficTarget, port: u16) -> bool {
        let mut routes = tcp_rules(target).map(|rule| self.routes.get(&route_of(target, rule)));
        let own = target.port.as_ref().is_none_or(|own| own.value == port);
        let only = |route: Option<&&L4Route>| {
            route.is_some_and(|route| matches!(covered(route, port), Covered::Alone))
        };
        own && routes.all(only) && target.rules.iter().all(|rule| rule.kind != RouteKind::Udp)
    }

    fn report_unknown(&mut self, rule: &RuleRef, port: &Spanned<u16>) {
        let name = &rule.name.value;
        let message =
            format!("the TCPRoute `{name}` is needed to move port {} into it", port.value);
        self.diagnostics.push(
            Diagnostic::error(code::NOT_EXPRESSIBLE, rule.name.span, message)
                .label("not among the documents")
                .related(port.span, "the port")
                .help("convert the files with its routes together with this one"),
        );
    }

    fn report_contradiction(&mut self, rule: &RuleRef, port: &Spanned<u16>) {
        let name = &rule.name.value;
        let message = format!("the TCPRoute `{name}` does not have port {}", port.value);
        self.diagnostics.push(
            Diagnostic::error(code::NOT_EXPRESSIBLE, rule.name.span, message)
                .label("so this rule allows nothing")
                .related(port.span, "the only port of the target")
                .help("remove the rule, or correct one of the ports"),
        );
    }
}

/// How the ports of a route relate to one.
enum Covered {
    /// It is the only one.
    Alone,
    /// It is one of several, or all ports are meant.
    Among,
    Not,
}

fn covered(route: &L4Route, port: u16) -> Covered {
    let mut ports = route.ports.iter().map(|port| port.value);
    match (ports.clone().count(), ports.any(|it| it == port)) {
        (0, _) => Covered::Among,
        (1, true) => Covered::Alone,
        (_, true) => Covered::Among,
        (_, false) => Covered::Not,
    }
}

fn tcp_rules(target: &TrafficTarget) -> impl Iterator<Item = &RuleRef> {
    target.rules.iter().filter(|rule| rule.kind == RouteKind::Tcp)
}

/// `namespace/name` of the route that a rule refers to.
fn route_of(target: &TrafficTarget, rule: &RuleRef) -> String {
    format!("{}/{}", target.meta.namespace.value, rule.name.value)
}
