//! An independent interpreter of SMI policies, written from the words of the
//! specification: raw YAML and a request go in; out comes whether it may pass,
//! and which Services share requests like it.
//!
//! It exists to disagree. Every other engine of this project shares a parser, a
//! compiler and a table format; a mistake in one of them is a mistake in all.
//! So this crate knows none of them. It reads documents as generic YAML values
//! and looks at one TrafficTarget after the other, whatever it was asked before.
//! It is slow and should stay obvious: when it differs from the product, one of
//! the two is wrong, and this one must be the easier to check.
//!
//! ```
//! use oracle::{Dialect, Oracle, Protocol, Request};
//!
//! let policies = "
//! apiVersion: access.smi-spec.io/v1alpha3
//! kind: TrafficTarget
//! metadata: {name: buyers, namespace: shop}
//! spec:
//!   destination: {kind: ServiceAccount, name: store}
//!   sources: [{kind: ServiceAccount, name: buyer}]
//!   rules: [{kind: HTTPRouteGroup, name: books}]
//! ---
//! apiVersion: specs.smi-spec.io/v1alpha4
//! kind: HTTPRouteGroup
//! metadata: {name: books, namespace: shop}
//! spec: {matches: [{name: all, pathRegex: /books, methods: [GET]}]}
//! ";
//! let request = Request {
//!     protocol: Protocol::Http,
//!     peer: Some(b"spiffe://cluster.local/ns/shop/sa/buyer".to_vec()),
//!     destination: b"spiffe://cluster.local/ns/shop/sa/store".to_vec(),
//!     method: Some(b"GET".to_vec()),
//!     path: Some(b"/books/7".to_vec()),
//!     ..Request::default()
//! };
//! let oracle = Oracle::new(&[policies], Dialect::Spec, &["cluster.local"]);
//! assert!(oracle.allows(&request));
//! ```
//!
//! Comments name the place that a step comes from: "access", "specs", "split" are
//! the documents of the SMI specification of those groups; "dialect" is one of the
//! choices which the specification leaves open.
//!
//! Known to be coarser than the product: a generic YAML value forgets how it was
//! written, so that header values such as `1.10` are not read, and `0x10` is read
//! as `16` where the product has an error.

mod access;
mod http;
mod objects;
mod pattern;
mod read;
mod split;
mod wire;

use objects::Policies;
use pattern::Patterns;

/// Which of the meshes' readings of the open questions applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// The specification, with its silences read strictly.
    Spec,
    /// Open Service Mesh.
    Osm,
    /// Traefik Mesh.
    Traefik,
    /// NGINX Service Mesh.
    Nginx,
}

impl Dialect {
    /// Whether omitting `matches` in a rule selects every match of the group, as
    /// the specification says (access, "rules"), or none, as OSM has it.
    const fn omitted_matches_mean_all(self) -> bool {
        !matches!(self, Self::Osm)
    }

    /// Whether a TrafficTarget must live in its destination's namespace.
    const fn guards_the_destination_namespace(self) -> bool {
        matches!(self, Self::Spec | Self::Osm)
    }

    /// Whether a TrafficTarget without any HTTPRouteGroup lets HTTP through on
    /// its TCP ports: HTTP is TCP, except for OSM.
    const fn tcp_carries_http(self) -> bool {
        !matches!(self, Self::Osm)
    }

    /// Whether a TrafficSplit can be limited to some requests by `matches`, which
    /// OSM never learned.
    const fn has_conditional_splits(self) -> bool {
        !matches!(self, Self::Osm)
    }

    /// Whether the root of a TrafficSplit may be one of its backends. The
    /// specification forbids it (split, "Specification"); OSM takes it.
    const fn splits_may_name_themselves(self) -> bool {
        matches!(self, Self::Osm)
    }
}

/// What is spoken on the connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP in any version.
    #[default]
    Http,
    /// A TCP connection that nobody looks into.
    Tcp,
    /// UDP datagrams.
    Udp,
}

/// A request or connection, in the bytes of the wire. `None` is absent, which is
/// not the same as empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// What is spoken.
    pub protocol: Protocol,
    /// The SPIFFE ID that the client proved.
    pub peer: Option<Vec<u8>>,
    /// The SPIFFE ID of the workload that is called.
    pub destination: Vec<u8>,
    /// The port of that workload; in questions about splits, of the root Service.
    pub port: Option<u16>,
    /// The HTTP method.
    pub method: Option<Vec<u8>>,
    /// The HTTP request target, with its query.
    pub path: Option<Vec<u8>>,
    /// The HTTP authority, with its port.
    pub authority: Option<Vec<u8>>,
    /// All other headers, in order, repeated ones repeatedly.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
}

/// A Service that gets a part of the requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The Service, in the namespace of the root.
    pub service: String,
    /// Its part, in proportion to the other weights.
    pub weight: u64,
    /// The port of its pods, when a Service among the documents maps the port
    /// that was asked for to another one.
    pub target_port: Option<u16>,
}

/// Two TrafficSplits with conditions share the same request: a mistake of who
/// wrote them, after which nobody can say where it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap;

/// Policies, and how to read them.
pub struct Oracle {
    policies: Policies,
    dialect: Dialect,
    trust_domains: Vec<String>,
    patterns: Patterns,
}

impl Oracle {
    /// Reads texts of YAML documents. What cannot be understood allows nothing, so
    /// there is no error. Every ServiceAccount is known in each trust domain.
    #[must_use]
    pub fn new(texts: &[&str], dialect: Dialect, trust_domains: &[&str]) -> Self {
        let policies = read::policies(texts);
        let trust_domains = trust_domains.iter().map(ToString::to_string).collect();
        Self { policies, dialect, trust_domains, patterns: Patterns::default() }
    }

    /// Whether the request may pass. Everything that is not allowed is denied
    /// (access, "Specification").
    #[must_use]
    pub fn allows(&self, request: &Request) -> bool {
        let question = self.question(request);
        // Policy is additive: one TrafficTarget that allows is enough, and no
        // other can take it back (access, "Tradeoffs").
        let mut targets = self.policies.targets.iter();
        let is_judged = request.protocol != Protocol::Http || question.is_judged_as_http();
        is_judged && targets.any(|target| question.allowed_by(target))
    }

    /// Which Services share requests like this one for the root `service`, which
    /// is the only one when no TrafficSplit applies. A share is no permission.
    ///
    /// # Errors
    ///
    /// When two TrafficSplits claim the request.
    pub fn shares(
        &self,
        namespace: &str,
        service: &str,
        request: &Request,
    ) -> Result<Vec<Share>, Overlap> {
        self.question(request).shares(namespace, service)
    }

    fn question<'a>(&'a self, request: &'a Request) -> Question<'a> {
        Question {
            policies: &self.policies,
            dialect: self.dialect,
            trust_domains: &self.trust_domains,
            patterns: &self.patterns,
            request,
        }
    }
}

/// One request in front of all policies.
struct Question<'a> {
    policies: &'a Policies,
    dialect: Dialect,
    trust_domains: &'a [String],
    patterns: &'a Patterns,
    request: &'a Request,
}
