//! Under which hosts a Service is called.

use std::collections::BTreeSet;

use super::ServiceName;
use crate::ir::Split;

/// What stands behind the namespace in a Service's full name.
const CLUSTER_DOMAIN: &str = "svc.cluster.local";

/// The port of requests whose host names none.
const HTTP: u16 = 80;

/// A host, in lower case and without a port.
pub(super) type Host = String;

/// A port of the called Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Port {
    Number(u16),
    /// All ports that are not listed.
    Other,
}

/// The names of a Service. Within its namespace the shortest is enough.
pub(super) fn names(service: &ServiceName, namespace: &str) -> Vec<Host> {
    let ServiceName { namespace: own, name } = service;
    let short = (own == namespace).then(|| name.clone());
    let full = [
        format!("{name}.{own}"),
        format!("{name}.{own}.svc"),
        format!("{name}.{own}.{CLUSTER_DOMAIN}"),
    ];
    short.into_iter().chain(full).collect()
}

/// The ports that the splits of a root tell apart.
pub(super) fn ports(splits: &[&Split]) -> Vec<Port> {
    let shares = splits.iter().flat_map(|split| &split.shares);
    let numbers: BTreeSet<u16> =
        shares.filter_map(|share| share.ports.as_ref()).flatten().copied().collect();
    numbers.into_iter().map(Port::Number).chain([Port::Other]).collect()
}

/// How Envoy's virtual hosts name a host on a port. `all` are the ports that are told
/// apart.
pub(super) fn domains(host: &Host, port: Port, all: &[Port]) -> Vec<String> {
    let without_port = match port {
        Port::Number(number) => number == HTTP,
        Port::Other => !all.contains(&Port::Number(HTTP)),
    };
    let with_port = match port {
        Port::Number(number) => format!("{host}:{number}"),
        // The longest name wins, so that this leaves the others to them.
        Port::Other => format!("{host}:*"),
    };
    without_port.then(|| host.clone()).into_iter().chain([with_port]).collect()
}
