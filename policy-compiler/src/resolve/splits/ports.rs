//! Who gets the requests on which ports of the root.
//!
//! A Service whose manifest is not among the documents is taken to have every port.

use std::collections::{BTreeMap, BTreeSet};

use smi_model::canonical::Service;
use smi_model::diagnostic::Diagnostic;
use smi_model::source::{Span, Spanned};

use super::names::Named;
use crate::code;
use crate::ir::{Backend, Share};
use crate::resolve::Resolver;
use crate::resolve::services::PodPort;

impl Resolver<'_> {
    /// The shares of a split: first those of ports that not all backends have, or
    /// behind which pods listen on another one; last that of every port. `None`
    /// when a backend was reported.
    pub(super) fn shares(&mut self, named: &Named<'_>) -> Option<Vec<Share>> {
        let weights = named.split.backends.iter().map(|backend| backend.weight.value);
        let every: Option<Vec<Backend>> = named
            .backends
            .iter()
            .zip(weights)
            .map(|(name, weight)| {
                Some(Backend { service: (*name)?.to_owned(), weight, target_port: None })
            })
            .collect();
        let every = every?;
        // In the order of their first ports.
        let mut shares: Vec<Share> = Vec::new();
        let mut indices: BTreeMap<Vec<Backend>, usize> = BTreeMap::new();
        for port in self.ports_of_root(named) {
            let backends = self.on_port(named, &every, &port);
            if backends == every {
                continue;
            }
            let index = *indices.entry(backends.clone()).or_insert(shares.len());
            match shares.get_mut(index).and_then(|share| share.ports.as_mut()) {
                Some(ports) => {
                    ports.insert(port.value);
                }
                None => {
                    let ports = Some(BTreeSet::from([port.value]));
                    shares.push(Share { ports, backends });
                }
            }
        }
        shares.push(Share { ports: None, backends: every });
        Some(shares)
    }

    /// The ports of the root Service in order, each once and with its place.
    fn ports_of_root(&self, named: &Named<'_>) -> Vec<Spanned<u16>> {
        let root = self.services.get(&named.split.meta.namespace.value, named.root);
        let ports = root.into_iter().flat_map(|service| &service.ports);
        let mut by_number: BTreeMap<u16, Span> = BTreeMap::new();
        for port in ports {
            by_number.entry(port.port.value).or_insert(port.port.span);
        }
        by_number.into_iter().map(|(number, span)| Spanned::new(number, span)).collect()
    }

    /// The backends that have a port of the root.
    fn on_port(
        &mut self,
        named: &Named<'_>,
        every: &[Backend],
        port: &Spanned<u16>,
    ) -> Vec<Backend> {
        let namespace = named.split.meta.namespace.value.as_str();
        let mut backends = Vec::new();
        let mut missing = Vec::new();
        for (backend, written) in every.iter().zip(&named.split.backends) {
            match self.services.get(namespace, &backend.service).filter(|it| has_ports(it)) {
                None => backends.push(backend.clone()),
                Some(service) => match self.services.pod_port(service, port.value) {
                    None => missing.push((&written.service, service)),
                    Some(pods) => {
                        let target_port = other_than(port.value, pods);
                        backends.push(Backend { target_port, ..backend.clone() });
                    }
                },
            }
        }
        if backends.iter().any(|backend| backend.weight > 0) {
            for (written, service) in missing {
                self.report(lacks_port(written, service, port));
            }
            return backends;
        }
        self.report(nobody(named, port));
        // The requests stay with the root as if there were no split, which is told
        // from going to nobody.
        vec![Backend { service: named.root.to_owned(), weight: 1, target_port: None }]
    }
}

/// Whether it says which ports it has: one that stands for a name outside of the
/// cluster does not.
fn has_ports(service: &Service) -> bool {
    !service.ports.is_empty()
}

fn other_than(port: u16, pods: PodPort) -> Option<u16> {
    match pods {
        PodPort::Number(number) if number != port => Some(number),
        PodPort::Number(_) | PodPort::Unclear => None,
    }
}

fn lacks_port(written: &Spanned<String>, service: &Service, port: &Spanned<u16>) -> Diagnostic {
    let message = format!("backend `{}` has no port {}", written.value, port.value);
    Diagnostic::warning(code::MISSING_PORT, written.span, message)
        .label("this backend is left out on that port")
        .related(port.span, "the port of the root")
        .related(service.meta.name.span, "the backend's Service")
        .help(format!(
            "add port {} to the Service `{}`, with the `targetPort` that its pods listen on",
            port.value, service.meta.name.value
        ))
}

fn nobody(named: &Named<'_>, port: &Spanned<u16>) -> Diagnostic {
    let message = format!("no backend with a positive weight has port {}", port.value);
    let place = named.split.service.span;
    Diagnostic::warning(code::NO_BACKEND, place, message)
        .label("requests on that port stay with the root")
        .related(port.span, "the port of the root")
        .help(format!("add port {} to the Services of the backends", port.value))
}

#[cfg(test)]
mod tests {
    use crate::ir::Share;
    use crate::resolve::testing::*;

    fn service(name: &str, ports: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: shop}}\n\
             spec: {{ports: [{ports}]}}\n"
        )
    }

    /// Shares as `80,81: v1*3 v2*1:8080`.
    fn shown(shares: &[Share]) -> Vec<String> {
        let ports = |share: &Share| match &share.ports {
            None => "*".to_owned(),
            Some(ports) => ports.iter().map(u16::to_string).collect::<Vec<_>>().join(","),
        };
        let backends = |share: &Share| {
            let backends = share.backends.iter().map(|it| {
                let port = it.target_port.map(|port| format!(":{port}")).unwrap_or_default();
                format!(" {}*{}{port}", it.service, it.weight)
            });
            backends.collect::<String>()
        };
        shares.iter().map(|share| format!("{}:{}", ports(share), backends(share))).collect()
    }

    fn shares(services: &[&str]) -> (Vec<String>, Vec<u16>) {
        let findings = findings(&[&[SPLIT], services].concat());
        let [split] = findings.value.splits() else { panic!("it is in force") };
        let codes = findings.diagnostics.iter().map(|it| it.code.number).collect();
        (shown(&split.shares), codes)
    }

    const ALL: &str = "*: v1*3 v2*1 v3*0";

    #[test]
    fn ports_with_other_backends_or_targets_come_first() {
        let (shares, codes) = shares(&[
            &service("web", "{port: 443}, {port: 80}, {port: 81}, {port: 82}, {port: 90}"),
            &service(
                "v1",
                "{port: 80}, {port: 81, targetPort: 81}, {port: 82}, {port: 443}, {port: 90, targetPort: 9090}",
            ),
            &service(
                "v2",
                "{port: 80}, {port: 90, targetPort: web}, {port: 443, targetPort: 8443}",
            ),
            &service("v3", "{port: 80}, {port: 81}, {port: 82}, {port: 90}, {port: 443}"),
        ]);
        let expected =
            ["81,82: v1*3 v3*0", "90: v1*3:9090 v2*1 v3*0", "443: v1*3 v2*1:8443 v3*0", ALL];
        assert_eq!((shares, codes), (expected.map(str::to_owned).to_vec(), vec![320, 320]));
    }

    #[test]
    fn without_backends_requests_stay_with_the_root() {
        let (shares, codes) = shares(&[
            &service("web", "{port: 80}, {port: 81, targetPort: 8081}"),
            &service("v1", "{port: 80}"),
            &service("v2", "{port: 80}"),
            &service("v3", "{port: 80}, {port: 81}"),
        ]);
        assert_eq!((shares, codes), (vec!["81: web*1".to_owned(), ALL.to_owned()], vec![321]));
    }

    #[test]
    fn services_that_are_not_given_have_every_port() {
        let web = service("web", "{port: 80}, {port: 81}");
        let missing = (vec![ALL.to_owned()], vec![310, 310, 310]);
        assert_eq!(shares(&[&web]), missing);
        assert_eq!(shares(&[]), (vec![ALL.to_owned()], vec![]));
        let outside = "apiVersion: v1\nkind: Service\nmetadata: {name: v2, namespace: shop}\n\
                       spec: {type: ExternalName, externalName: books.example}\n";
        let v1 = service("v1", "{port: 80}");
        let expected = vec!["81: v2*1 v3*0".to_owned(), ALL.to_owned()];
        assert_eq!(shares(&[&web, &v1, outside]), (expected, vec![320, 310]));
    }
}
