//! Splits in Envoy's own words: weighted clusters, behind what Envoy can match.
//!
//! Envoy looks for the virtual host of a request first, by its host and port, then
//! goes through the routes of it and takes the first that matches. What this cannot
//! express is an error with the place of the split, because it would share other
//! requests than the split says.

mod hosts;
mod matches;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use smi_model::diagnostic::{Diagnostic, Findings};

use self::hosts::{Host, Port};
use super::outbound::weighted;
use super::settings::{ServiceName, WeightedCluster, cluster_name};
use super::{set, type_url};
use crate::code;
use crate::ir::{PolicySet, Share, Split};

/// Who calls, and whom.
#[derive(Clone, Copy, Debug)]
pub struct Calls<'a> {
    /// The namespace of Services that are called by their name alone.
    pub namespace: &'a str,
    /// The Services that have clusters.
    pub services: &'a [ServiceName],
    /// The header whose value keeps requests with the same backend. Envoy chooses
    /// by another function than the filter does, so that the two of them do not choose
    /// the same backend for a key.
    pub split_key: Option<&'a str>,
}

/// The routes of a workload's own HTTP requests (a `RouteConfiguration`): every
/// Service under its names, and those that are roots of splits with their shares.
///
/// What cannot be expressed is found, an error each; do not use the routes then.
/// Warnings tell what Envoy reads a little differently.
#[must_use]
pub fn routes(policies: &PolicySet, calls: &Calls<'_>) -> Findings<Value> {
    let mut writer = Writer { policies, calls, found: Vec::new() };
    let services = writer.services();
    let hosts = services.iter().flat_map(|service| writer.virtual_hosts(service)).collect();
    let mut diagnostics = writer.found;
    smi_model::diagnostic::sort(&mut diagnostics);
    let value = json!({
        "@type": type_url("envoy.config.route.v3.RouteConfiguration"),
        "name": "outbound",
        "virtual_hosts": Value::Array(hosts),
    });
    Findings { value, diagnostics }
}

/// Who gets connections to a port of a Service that is called without HTTP. Splits
/// with conditions share HTTP requests only.
#[must_use]
pub fn tcp_backends(
    policies: &PolicySet,
    service: &ServiceName,
    port: u16,
) -> Findings<Vec<WeightedCluster>> {
    let splits = splits_of(policies, service);
    let split = splits.into_iter().find(|split| split.conditions.is_none());
    let share = split.and_then(|split| Some((split, share(split, Port::Number(port))?)));
    let Some((split, share)) = share else {
        let name = cluster_name(service, Some(port));
        return Findings { value: vec![WeightedCluster { name, weight: 1 }], diagnostics: vec![] };
    };
    Findings {
        value: clusters(split, share, Some(port)),
        diagnostics: too_heavy(split, share).into_iter().collect(),
    }
}

struct Writer<'a> {
    policies: &'a PolicySet,
    calls: &'a Calls<'a>,
    found: Vec<Diagnostic>,
}

impl<'a> Writer<'a> {
    /// All Services that can be called: those with clusters, and roots of splits some
    /// of whose backends have one.
    fn services(&mut self) -> BTreeSet<ServiceName> {
        let known: BTreeSet<ServiceName> = self.calls.services.iter().cloned().collect();
        let mut all = known.clone();
        for split in self.policies.splits() {
            let root = ServiceName::new(&split.namespace, &split.root);
            let backends: BTreeSet<ServiceName> = backends(split).collect();
            if known.is_disjoint(&backends) && !known.contains(&root) {
                continue;
            }
            for missing in backends.difference(&known) {
                self.found.push(without_cluster(split, missing));
            }
            all.insert(root);
        }
        all
    }

    /// The virtual hosts of a Service: one for all of its names on all ports, unless
    /// its splits tell these apart.
    fn virtual_hosts(&mut self, service: &ServiceName) -> Vec<Value> {
        let splits = splits_of(self.policies, service);
        let ports = hosts::ports(&splits);
        let mut domains: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for host in hosts::names(service, self.calls.namespace) {
            for port in &ports {
                let routes = self.routes(service, &splits, &host, *port);
                let same = domains.entry(Value::Array(routes).to_string()).or_default();
                same.extend(hosts::domains(&host, *port, &ports));
            }
        }
        let hosts = domains.into_iter().zip(0..).map(|((routes, domains), number)| {
            let routes: Value = serde_json::from_str(&routes).unwrap_or_default();
            let name =
                if number == 0 { service.to_string() } else { format!("{service} {number}") };
            json!({ "name": name, "domains": domains, "routes": routes })
        });
        hosts.collect()
    }

    /// The routes of requests to one name and port: those of splits with conditions,
    /// and for all that is left that of the split without, or the Service itself.
    fn routes(
        &mut self,
        service: &ServiceName,
        splits: &[&'a Split],
        host: &Host,
        port: Port,
    ) -> Vec<Value> {
        let mut routes = Vec::new();
        for split in splits {
            let Some(share) = share(split, port) else { continue };
            self.found.extend(too_heavy(split, share));
            let action = self.action(&clusters(split, share, None));
            let Some(conditions) = &split.conditions else {
                routes.push(route(json!({ "prefix": "/" }), &action));
                return routes;
            };
            for condition in conditions {
                let limit = self.policies.options().limits.automaton_bytes;
                let matches = matches::of(condition, host, limit);
                self.found.extend(matches.problems.into_iter().map(|it| it.at(split)));
                routes.extend(matches.requests.into_iter().map(|request| route(request, &action)));
            }
        }
        let itself = WeightedCluster { name: cluster_name(service, None), weight: 1 };
        routes.push(route(json!({ "prefix": "/" }), &self.action(&[itself])));
        routes
    }

    fn action(&self, clusters: &[WeightedCluster]) -> Value {
        let mut action = json!({ "timeout": "0s" });
        match clusters {
            [only] => set(&mut action, "cluster", only.name.as_str().into()),
            several => {
                let mut shares = json!({ "clusters": weighted(several) });
                if let Some(header) = self.calls.split_key {
                    set(&mut shares, "use_hash_policy", true.into());
                    let key = json!([{ "header": { "header_name": header } }]);
                    set(&mut action, "hash_policy", key);
                }
                set(&mut action, "weighted_clusters", shares);
            }
        }
        action
    }
}

fn route(request: Value, action: &Value) -> Value {
    json!({ "match": request, "route": action })
}

/// The splits of a root, those with conditions first.
fn splits_of<'a>(policies: &'a PolicySet, root: &ServiceName) -> Vec<&'a Split> {
    let is_of_root = |split: &&Split| split.namespace == root.namespace && split.root == root.name;
    policies.splits().iter().filter(is_of_root).collect()
}

/// Who gets requests on a port: by the first share that covers it.
fn share(split: &Split, port: Port) -> Option<&Share> {
    split.shares.iter().find(|share| match (&share.ports, port) {
        (None, _) => true,
        (Some(ports), Port::Number(port)) => ports.contains(&port),
        (Some(_), Port::Other) => false,
    })
}

/// The clusters of a share that get anything, each once.
fn clusters(split: &Split, share: &Share, port: Option<u16>) -> Vec<WeightedCluster> {
    let with_weight = share.backends.iter().filter(|backend| backend.weight > 0);
    let cluster = |service: &str| cluster_name(&ServiceName::new(&split.namespace, service), port);
    with_weight
        .map(|it| WeightedCluster { name: cluster(&it.service), weight: it.weight })
        .collect()
}

fn backends(split: &Split) -> impl Iterator<Item = ServiceName> {
    let backends = split.shares.iter().flat_map(|share| &share.backends);
    let some = backends.filter(|backend| backend.weight > 0);
    some.map(|backend| ServiceName::new(&split.namespace, &backend.service))
}

/// Envoy adds weights up in 32 bits.
fn too_heavy(split: &Split, share: &Share) -> Option<Diagnostic> {
    let sum: u64 = share.backends.iter().map(|backend| u64::from(backend.weight)).sum();
    (sum > u64::from(u32::MAX)).then(|| {
        let message = format!("the weights of this split add up to {sum}, which Envoy cannot");
        Diagnostic::error(code::WEIGHTS_BEYOND_TARGET, split.span, message)
            .help("divide all of them by the same number, or let the filter choose")
    })
}

fn without_cluster(split: &Split, service: &ServiceName) -> Diagnostic {
    let message = format!("there is no upstream for the backend `{service}`");
    Diagnostic::warning(code::BACKEND_WITHOUT_UPSTREAM, split.span, message)
        .label("requests that it should get are answered with 503")
}

#[cfg(test)]
mod tests;
