//! TrafficSplits, and the Services that they are about.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::bundle::{NAMESPACES, PORTS, ROUTES};

/// A TrafficSplit. Its name is its place in the bundle.
#[derive(Clone, Debug)]
pub struct Split {
    /// The version of `split.smi-spec.io`: 1 for v1alpha1.
    pub version: u8,
    /// `metadata.namespace`.
    pub namespace: &'static str,
    /// The Service that is called.
    pub root: ServiceName,
    /// Who gets the requests.
    pub backends: Vec<Backend>,
    /// The groups of `matches`, which versions from 3 on have. Some do not exist.
    pub groups: Option<Vec<&'static str>>,
}

/// A part of a split.
#[derive(Clone, Debug)]
pub struct Backend {
    /// The Service.
    pub service: ServiceName,
    /// Its weight as written, which is not always one.
    pub weight: &'static str,
}

/// A Service as a split names it.
#[derive(Clone, Copy, Debug)]
pub struct ServiceName {
    /// Its name.
    pub name: &'static str,
    /// What stands behind the name.
    pub suffix: Suffix,
}

/// What can stand behind the name of a Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suffix {
    /// Nothing.
    None,
    /// The split's namespace.
    Namespace,
    /// The rest of the full name in DNS.
    Domain,
    /// A namespace that is not the split's.
    OtherNamespace,
}

/// A Service of Kubernetes.
#[derive(Clone, Debug)]
pub struct Service {
    /// `metadata.namespace`.
    pub namespace: &'static str,
    /// `metadata.name`.
    pub name: &'static str,
    /// Its ports, with those of the pods where they are written.
    pub ports: Vec<(u16, Option<u16>)>,
}

pub(super) const SERVICES: [&str; 4] = ["web", "api", "v1", "v2"];
const WHOLE_NUMBERS: [&str; 6] = ["0", "1", "2", "10", "90", "4294967295"];
const QUANTITIES: [&str; 7] = ["0", "0m", "1", "500m", "1.5", "10m", "2k"];

/// Few splits over few Services, so that several share a root.
pub(super) fn splits() -> impl Strategy<Value = Vec<Split>> {
    vec(split(), 0..5)
}

fn split() -> impl Strategy<Value = Split> {
    let version = prop_oneof![2 => Just(4_u8), 1 => Just(3_u8), 1 => 1..3_u8];
    let root = service_name(&["web", "api"]);
    let group = prop_oneof![20 => select(ROUTES.as_slice()), 1 => Just("missing")];
    let groups = option::of(vec(group, 1..3));
    let backends = vec((backend(), select(QUANTITIES.as_slice())), 1..4);
    (version, select(NAMESPACES.as_slice()), root, backends, groups).prop_map(
        |(version, namespace, root, backends, groups)| Split {
            version,
            namespace,
            root,
            backends: backends.into_iter().map(|(it, quantity)| it.of(version, quantity)).collect(),
            groups: groups.filter(|_| version >= 3),
        },
    )
}

/// Mostly a version of the root, rarely a root itself.
fn backend() -> impl Strategy<Value = Backend> {
    let service = prop_oneof![9 => service_name(&["v1", "v2"]), 1 => service_name(&SERVICES)];
    let weight = prop_oneof![
        40 => select(WHOLE_NUMBERS.as_slice()),
        1 => select(["-1", "0.5", "500m", "'5'", "4294967296"].as_slice()),
    ];
    (service, weight).prop_map(|(service, weight)| Backend { service, weight })
}

impl Backend {
    /// Weights were quantities first.
    fn of(self, version: u8, quantity: &'static str) -> Self {
        if version == 1 { Self { weight: quantity, ..self } } else { self }
    }
}

fn service_name(names: &'static [&'static str]) -> impl Strategy<Value = ServiceName> {
    let suffix = prop_oneof![
        20 => Just(Suffix::None),
        3 => Just(Suffix::Namespace),
        3 => Just(Suffix::Domain),
        1 => Just(Suffix::OtherNamespace),
    ];
    (select(names), suffix).prop_map(|(name, suffix)| ServiceName { name, suffix })
}

/// Some of the Services.
pub(super) fn services() -> impl Strategy<Value = Vec<Service>> {
    let places = NAMESPACES.iter().flat_map(|&namespace| SERVICES.map(|name| (namespace, name)));
    let all: Vec<_> = places.map(|place| option::weighted(0.3, service(place))).collect();
    all.prop_map(|services| services.into_iter().flatten().collect())
}

fn service((namespace, name): (&'static str, &'static str)) -> impl Strategy<Value = Service> {
    let targets = vec(option::of(select(PORTS.as_slice())), PORTS.len());
    (subsequence(PORTS.as_slice(), 0..=PORTS.len()), targets).prop_map(move |(ports, targets)| {
        Service { namespace, name, ports: ports.into_iter().zip(targets).collect() }
    })
}

impl Split {
    /// Whether it is about requests for a Service of its namespace.
    #[must_use]
    pub fn is_of(&self, namespace: &str, service: &str) -> bool {
        self.namespace == namespace && self.root.name == service
    }
}

impl ServiceName {
    /// The name as it is written in a namespace.
    pub(super) fn text(self, namespace: &str) -> String {
        let Self { name, suffix } = self;
        match suffix {
            Suffix::None => name.to_owned(),
            Suffix::Namespace => format!("{name}.{namespace}"),
            Suffix::Domain => format!("{name}.{namespace}.svc.cluster.local"),
            Suffix::OtherNamespace => format!("{name}.elsewhere"),
        }
    }
}
