//! Ports of Services where policies mean ports of pods.

use std::collections::{BTreeMap, BTreeSet};

use smi_model::canonical::{L4Route, RouteKind, Service, SubjectKind, TrafficTarget};
use smi_model::diagnostic::Diagnostic;
use smi_model::source::{Span, Spanned};

use crate::code;
use crate::options::OmittedNamespace;
use crate::resolve::Resolver;
use crate::resolve::bindings::Bindings;
use crate::resolve::services::{PodPort, Services};

/// The ports of the pods of one ServiceAccount.
#[derive(Default)]
struct Ports<'a> {
    /// Those at which something may listen.
    of_pods: BTreeSet<u16>,
    /// Ports of Services, each with where it leads to.
    of_services: BTreeMap<u16, (u16, &'a Service, Span)>,
}

/// By namespace and name of the ServiceAccount.
type OfAccounts<'a> = BTreeMap<(&'a str, &'a str), Ports<'a>>;

impl<'a> Resolver<'a> {
    pub(super) fn service_ports(&mut self, bindings: &Bindings<'a>) {
        let bundle = self.bundle;
        if bundle.services.is_empty() || bundle.workloads.is_empty() {
            return;
        }
        let of_accounts = of_accounts(&self.services, &bundle.services);
        let routes: BTreeMap<(RouteKind, &str, &str), &'a L4Route> =
            [(RouteKind::Tcp, &bundle.tcp_routes), (RouteKind::Udp, &bundle.udp_routes)]
                .into_iter()
                .flat_map(|(kind, routes)| routes.iter().map(move |route| (kind, route)))
                .map(|(kind, it)| ((kind, &*it.meta.namespace.value, &*it.meta.name.value), it))
                .collect();
        // A route may be there for many targets.
        let mut reported = BTreeSet::new();
        for target in &bundle.traffic_targets {
            let namespace = target.meta.namespace.value.as_str();
            let rules = target.rules.iter();
            let routes =
                rules.filter_map(|rule| routes.get(&(rule.kind, namespace, &*rule.name.value)));
            // What is written in one place, so that a port next to the one that it
            // leads to is nothing to complain of.
            let lists = routes.map(|route| route.ports.as_slice());
            let lists: Vec<&[Spanned<u16>]> =
                lists.chain([target.port.as_slice()]).filter(|ports| !ports.is_empty()).collect();
            if lists.is_empty() {
                continue;
            }
            for (namespace, account) in self.called_accounts(target, bindings) {
                let Some(known) = of_accounts.get(&(namespace, account)) else { continue };
                for warning in lists.iter().flat_map(|ports| known.warnings(ports, target)) {
                    if reported.insert(warning.primary.span) {
                        self.report(warning);
                    }
                }
            }
        }
    }

    /// The ServiceAccounts, with their namespaces, of a target's destination.
    fn called_accounts(
        &self,
        target: &'a TrafficTarget,
        bindings: &Bindings<'a>,
    ) -> Vec<(&'a str, &'a str)> {
        let subject = &target.destination;
        let namespace = match (&subject.namespace, self.choices.destination_namespace) {
            (Some(namespace), _) => namespace.value.as_str(),
            (None, OmittedNamespace::OfTarget) => target.meta.namespace.value.as_str(),
            (None, OmittedNamespace::Error) => return Vec::new(),
        };
        let key = (namespace, subject.name.value.as_str());
        match subject.kind {
            SubjectKind::ServiceAccount => vec![key],
            SubjectKind::IdentityBinding => {
                let identities = bindings.get(&key).into_iter().flatten();
                identities.filter_map(|identity| identity.account).collect()
            }
        }
    }
}

fn of_accounts<'a>(services: &Services<'a>, all: &'a [Service]) -> OfAccounts<'a> {
    let mut of_accounts = OfAccounts::new();
    for service in all {
        for workload in services.pods(service) {
            let namespace = workload.meta.namespace.value.as_str();
            let account = workload.service_account.value.as_str();
            let ports = of_accounts.entry((namespace, account)).or_default();
            ports.of_pods.extend(workload.ports.iter().map(|port| port.number.value));
        }
        for (namespace, account) in services.accounts(service) {
            let ports = of_accounts.entry((namespace, account)).or_default();
            for port in &service.ports {
                let number = port.port.value;
                let Some(PodPort::Number(pods)) = services.pod_port(service, number) else {
                    continue;
                };
                ports.of_pods.insert(pods);
                if pods != number {
                    ports.of_services.entry(number).or_insert((pods, service, port.port.span));
                }
            }
        }
    }
    of_accounts
}

impl Ports<'_> {
    /// What is to be said of ports that a target names.
    fn warnings(&self, ports: &[Spanned<u16>], target: &TrafficTarget) -> Vec<Diagnostic> {
        let written: BTreeSet<u16> = ports.iter().map(|port| port.value).collect();
        let of_service_only = |port: &&Spanned<u16>| !self.of_pods.contains(&port.value);
        let mut warnings = Vec::new();
        for port in ports.iter().filter(of_service_only) {
            let Some((pods, service, place)) = self.of_services.get(&port.value) else { continue };
            if written.contains(pods) {
                continue;
            }
            let (number, name) = (port.value, &service.meta.name.value);
            let message =
                format!("port {number} of Service `{name}` leads to port {pods} of its pods");
            warnings.push(
                Diagnostic::warning(code::SERVICE_PORT, port.span, message)
                    .label("this means the port of the pods")
                    .related(*place, "the port of the Service")
                    .related(target.destination.name.span, "the destination")
                    .help(format!("write `{pods}` to cover what comes through the Service")),
            );
        }
        warnings
    }
}
