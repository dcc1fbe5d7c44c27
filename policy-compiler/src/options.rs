//! How policies are to be read, and how far.

use decision_table::{Dialect, IdentityForm};

/// The trust domain of clusters that were not given another one.
const TRUST_DOMAIN: &str = "cluster.local";

/// What a caller may choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How the open questions of the specification are answered.
    pub dialect: Dialect,
    /// The trust domains of the identities, `cluster.local` by default.
    ///
    /// Workloads are named after the first; the others are those of certificates
    /// that are valid as well, while a mesh changes its root or joins another mesh.
    pub trust_domains: Vec<String>,
    /// How certificates name ServiceAccounts.
    pub identity_form: IdentityForm,
    /// How large things may become.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            dialect: Dialect::default(),
            trust_domains: vec![TRUST_DOMAIN.to_owned()],
            identity_form: IdentityForm::default(),
            limits: Limits::default(),
        }
    }
}

impl Options {
    /// The trust domain that workloads are named after: the first one.
    #[must_use]
    pub fn trust_domain(&self) -> &str {
        self.trust_domains.first().map_or(TRUST_DOMAIN, String::as_str)
    }

    /// The identity of a ServiceAccount in the first trust domain.
    #[must_use]
    pub fn identity(&self, namespace: &str, service_account: &str) -> String {
        self.identity_form.identity(self.trust_domain(), namespace, service_account)
    }

    /// The identities of a ServiceAccount in all trust domains, in their order.
    pub(crate) fn identities(&self, namespace: &str, service_account: &str) -> Vec<String> {
        let mut identities = vec![self.identity(namespace, service_account)];
        for domain in self.trust_domains.iter().skip(1) {
            let identity = self.identity_form.identity(domain, namespace, service_account);
            if !identities.contains(&identity) {
                identities.push(identity);
            }
        }
        identities
    }
}

/// Bounds on the work and on the result. Exceeding one ends in a diagnostic,
/// never in an approximation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that an automaton may take while it is built, 32 MiB by default.
    /// Patterns that need more together are spread over several automata.
    pub automaton_bytes: usize,
    /// Edges that the decision diagram may have, 4 million by default.
    pub diagram_edges: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { automaton_bytes: 32 << 20, diagram_edges: 4_000_000 }
    }
}

/// Which texts a pattern matches, given the texts that its expression describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Anchoring {
    /// The whole text.
    Full,
    /// A start of it.
    Start,
    /// Any part of it.
    None,
}

/// Whose namespace an identity without one is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OmittedNamespace {
    /// The TrafficTarget's.
    OfTarget,
    /// Nobody's: an error.
    Error,
}

/// The choices that a dialect stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choices {
    pub(crate) path: Anchoring,
    pub(crate) header: Anchoring,
    /// Whether a rule that names no matches means all of them.
    pub(crate) omitted_matches_mean_all: bool,
    /// Whether a TrafficTarget may open a workload of another namespace.
    pub(crate) foreign_destination: bool,
    pub(crate) destination_namespace: OmittedNamespace,
    pub(crate) source_namespace: OmittedNamespace,
    /// Whether a target with TCPRoutes only admits HTTP on their ports.
    pub(crate) tcp_admits_http: bool,
    /// Whether a split may name its root among its backends.
    pub(crate) split_to_itself: bool,
    /// Whether a split may share some requests of its root only.
    pub(crate) split_matches: bool,
}

impl Choices {
    pub(crate) const fn of(dialect: Dialect) -> Self {
        let spec = Self {
            path: Anchoring::Start,
            header: Anchoring::Full,
            omitted_matches_mean_all: true,
            foreign_destination: false,
            destination_namespace: OmittedNamespace::OfTarget,
            source_namespace: OmittedNamespace::OfTarget,
            tcp_admits_http: true,
            split_to_itself: false,
            split_matches: true,
        };
        match dialect {
            Dialect::Spec => spec,
            Dialect::Osm => Self {
                path: Anchoring::Full,
                omitted_matches_mean_all: false,
                destination_namespace: OmittedNamespace::Error,
                source_namespace: OmittedNamespace::Error,
                tcp_admits_http: false,
                split_to_itself: true,
                split_matches: false,
                ..spec
            },
            Dialect::Traefik => Self {
                header: Anchoring::None,
                foreign_destination: true,
                source_namespace: OmittedNamespace::Error,
                ..spec
            },
            Dialect::Nginx => Self {
                path: Anchoring::None,
                header: Anchoring::None,
                foreign_destination: true,
                ..spec
            },
        }
    }
}
