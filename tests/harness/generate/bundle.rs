//! Objects that refer to each other, more or less.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::pattern::{Pattern, header_pattern, path_pattern};
use super::split::{Service, Split, services, splits};

/// Everything of one run.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// TrafficTargets.
    pub targets: Vec<Target>,
    /// IdentityBindings.
    pub bindings: Vec<Binding>,
    /// HTTPRouteGroups.
    pub groups: Vec<Group>,
    /// TCPRoutes and UDPRoutes.
    pub l4_routes: Vec<L4Route>,
    /// TrafficSplits.
    pub splits: Vec<Split>,
    /// Services.
    pub services: Vec<Service>,
}

/// A TrafficTarget. Its name is its place in the bundle, unless it is a twin.
#[derive(Clone, Debug)]
pub struct Target {
    /// The version of `access.smi-spec.io`: 1 for v1alpha1.
    pub version: u8,
    /// `metadata.namespace`.
    pub namespace: &'static str,
    /// `destination.port`, which versions up to 2 have.
    pub port: Option<u16>,
    /// Who is called.
    pub destination: Subject,
    /// Who calls.
    pub sources: Vec<Subject>,
    /// On what.
    pub rules: Vec<Rule>,
    /// Has the name of the target before it, so that neither counts.
    pub is_twin: bool,
    /// Has a field that no version knows.
    pub is_broken: bool,
}

/// A ServiceAccount or IdentityBinding as a TrafficTarget names it.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Whether it is an IdentityBinding, which version 4 can name.
    pub is_binding: bool,
    /// Its name.
    pub name: &'static str,
    /// Its namespace, when written.
    pub namespace: Option<&'static str>,
}

/// An IdentityBinding.
#[derive(Clone, Debug)]
pub struct Binding {
    /// `metadata.namespace`.
    pub namespace: &'static str,
    /// `metadata.name`.
    pub name: &'static str,
    /// `serviceAccount`.
    pub account: Option<&'static str>,
    /// `spiffeIdentities`, some without their scheme.
    pub identities: Vec<&'static str>,
    /// The name of a label of a pod, which there is in each namespace for each
    /// account. Together with an account, it makes the binding invalid.
    pub label: Option<&'static str>,
}

/// A rule of a TrafficTarget.
#[derive(Clone, Debug)]
pub struct Rule {
    /// `HTTPRouteGroup`, `TCPRoute` or `UDPRoute`.
    pub kind: &'static str,
    /// The route object, which may not exist.
    pub name: &'static str,
    /// The matches, some of which may not exist.
    pub matches: Option<Vec<&'static str>>,
}

/// An HTTPRouteGroup.
#[derive(Clone, Debug)]
pub struct Group {
    /// The version of `specs.smi-spec.io`.
    pub version: u8,
    /// `metadata.namespace`.
    pub namespace: &'static str,
    /// `metadata.name`.
    pub name: &'static str,
    /// The matches; the names are their places: `m0`, `m1`, …
    pub matches: Vec<HttpMatch>,
}

/// One match of a group.
#[derive(Clone, Debug)]
pub struct HttpMatch {
    /// `pathRegex`.
    pub path: Option<Pattern>,
    /// `methods`.
    pub methods: Option<Vec<&'static str>>,
    /// `headers`, with different names.
    pub headers: Vec<HeaderCondition>,
    /// Whether headers are written as a list of one-key maps.
    pub headers_as_list: bool,
}

/// A condition on a header.
#[derive(Clone, Debug)]
pub struct HeaderCondition {
    /// The header.
    pub name: &'static str,
    /// Its value.
    pub value: Pattern,
}

/// A TCPRoute or UDPRoute.
#[derive(Clone, Debug)]
pub struct L4Route {
    /// The version of `specs.smi-spec.io`; ports came with 4.
    pub version: u8,
    /// `TCPRoute` or `UDPRoute`.
    pub kind: &'static str,
    /// `metadata.namespace`.
    pub namespace: &'static str,
    /// `metadata.name`.
    pub name: &'static str,
    /// The ports; none for every port.
    pub ports: Vec<u16>,
}

pub(super) const NAMESPACES: [&str; 2] = ["shop", "bank"];
pub(super) const ACCOUNTS: [&str; 3] = ["a", "b", "c"];
pub(super) const PORTS: [u16; 3] = [80, 443, 8080];
pub(super) const METHODS: [&str; 4] = ["GET", "POST", "DELETE", "*"];
pub(super) const HEADERS: [&str; 4] = ["x-user", "X-Mode", "user-agent", "host"];
const IDENTITIES: [&str; 4] = [
    "spiffe://cluster.local/ns/shop/sa/a",
    "cluster.local/ns/bank/sa/b",
    "spiffe://other/ns/shop/sa/a",
    "spiffe://cluster.local/workload/c",
];
pub(super) const ROUTES: [&str; 2] = ["r", "s"];
pub(super) const MATCHES: [&str; 3] = ["m0", "m1", "m2"];

/// Objects of every kind over a small vocabulary.
pub(super) fn bundle() -> impl Strategy<Value = Bundle> {
    let places: Vec<(&str, &str)> =
        NAMESPACES.iter().flat_map(|&namespace| ROUTES.map(|name| (namespace, name))).collect();
    let groups = places.iter().map(|&place| option::weighted(0.95, group(place)));
    let l4_routes = places.iter().flat_map(|&place| {
        ["TCPRoute", "UDPRoute"].map(|kind| option::weighted(0.85, l4_route(kind, place)))
    });
    let bindings = NAMESPACES.iter().flat_map(|&namespace| {
        ACCOUNTS.map(|name| option::weighted(0.8, binding((namespace, name))))
    });
    let bindings = bindings.collect::<Vec<_>>();
    let routes = (groups.collect::<Vec<_>>(), l4_routes.collect::<Vec<_>>());
    (vec(target(), 1..5), bindings, routes, splits(), services()).prop_map(
        |(targets, bindings, (groups, l4_routes), splits, services)| Bundle {
            targets,
            bindings: bindings.into_iter().flatten().collect(),
            groups: groups.into_iter().flatten().collect(),
            l4_routes: l4_routes.into_iter().flatten().collect(),
            splits,
            services,
        },
    )
}

/// Mostly in the destination's namespace, as it should be.
fn target() -> impl Strategy<Value = Target> {
    let version = prop_oneof![3 => Just(3_u8), 2 => Just(4_u8), 1 => 1..3_u8];
    let is_home = prop::bool::weighted(0.9);
    let sources = prop_oneof![30 => vec(subject(), 1..4), 1 => Just(Vec::new())];
    let rules = prop_oneof![30 => vec(rule(), 1..4), 1 => Just(Vec::new())];
    let port = option::of(select(PORTS.as_slice()));
    let head = (version, is_home, select(NAMESPACES.as_slice()), port);
    let flags = (prop::bool::weighted(0.04), prop::bool::weighted(0.03));
    (head, subject(), sources, rules, flags).prop_map(
        |((version, is_home, other, port), destination, sources, rules, flags)| Target {
            version,
            namespace: if is_home { destination.namespace.unwrap_or(other) } else { other },
            port: port.filter(|_| version < 3),
            destination: destination.of_version(version),
            sources: sources.into_iter().map(|source| source.of_version(version)).collect(),
            rules,
            is_twin: flags.0,
            is_broken: flags.1,
        },
    )
}

impl Bundle {
    /// The group of this name.
    pub(super) fn group(&self, namespace: &str, name: &str) -> Option<&Group> {
        self.groups.iter().find(|it| it.namespace == namespace && it.name == name)
    }
}

impl Subject {
    fn of_version(self, version: u8) -> Self {
        Self { is_binding: self.is_binding && version == 4, ..self }
    }
}

fn subject() -> impl Strategy<Value = Subject> {
    let namespace = option::weighted(0.9, select(NAMESPACES.as_slice()));
    (prop::bool::weighted(0.4), select(ACCOUNTS.as_slice()), namespace)
        .prop_map(|(is_binding, name, namespace)| Subject { is_binding, name, namespace })
}

/// Mostly with one scheme, as is right.
fn binding((namespace, name): (&'static str, &'static str)) -> impl Strategy<Value = Binding> {
    let account = option::weighted(0.5, select(ACCOUNTS.as_slice()));
    let identities = subsequence(IDENTITIES.as_slice(), 0..=2);
    let label = option::weighted(0.2, select(["a", "b", "none"].as_slice()));
    (account, identities, label).prop_map(move |(account, identities, label)| Binding {
        namespace,
        name,
        account,
        identities,
        label,
    })
}

fn rule() -> impl Strategy<Value = Rule> {
    let kind = prop_oneof![
        6 => Just("HTTPRouteGroup"),
        2 => Just("TCPRoute"),
        1 => Just("UDPRoute"),
    ];
    let name = prop_oneof![20 => select(ROUTES.as_slice()), 1 => Just("missing")];
    let matches = option::weighted(0.7, subsequence(MATCHES.as_slice(), 1..=3));
    (kind, name, matches).prop_map(|(kind, name, matches)| Rule {
        kind,
        name,
        // Only HTTPRouteGroups have matches with names.
        matches: matches.filter(|_| kind == "HTTPRouteGroup"),
    })
}

fn group((namespace, name): (&'static str, &'static str)) -> impl Strategy<Value = Group> {
    (version(), vec(http_match(), 1..4)).prop_map(move |(version, matches)| {
        let has_headers = matches.iter().any(|one| !one.headers.is_empty());
        let version = if has_headers { version.max(2) } else { version };
        Group { version, namespace, name, matches }
    })
}

fn version() -> impl Strategy<Value = u8> {
    prop_oneof![3 => Just(4_u8), 1 => 1..4_u8]
}

fn http_match() -> impl Strategy<Value = HttpMatch> {
    let path = option::weighted(0.8, path_pattern());
    let methods = option::of(subsequence(METHODS.as_slice(), 1..=2));
    let headers: Vec<_> = HEADERS.map(|name| option::weighted(0.2, condition(name))).into();
    let headers = headers.prop_map(|headers| headers.into_iter().flatten().collect());
    (path, methods, headers, any::<bool>()).prop_map(|(path, methods, headers, headers_as_list)| {
        HttpMatch { path, methods, headers, headers_as_list }
    })
}

fn condition(name: &'static str) -> impl Strategy<Value = HeaderCondition> {
    header_pattern().prop_map(move |value| HeaderCondition { name, value })
}

fn l4_route(
    kind: &'static str,
    (namespace, name): (&'static str, &'static str),
) -> impl Strategy<Value = L4Route> {
    (version(), subsequence(PORTS.as_slice(), 0..=2)).prop_map(move |(version, ports)| {
        let has_all_versions = kind == "TCPRoute" && ports.is_empty();
        let version = if has_all_versions { version } else { 4 };
        L4Route { version, kind, namespace, name, ports }
    })
}
