//! An independent interpreter of SMI access policies, written from the words of
//! the specification: raw YAML and a request go in, allow or deny comes out.
//!
//! It exists to disagree. Every other engine of this project shares a parser, a
//! compiler and a table format; a mistake in one of them is a mistake in all.
//! So this crate knows none of them. It reads documents as generic YAML values,
//! looks at one TrafficTarget after the other, and compiles every pattern anew
//! for every question. It is slow and should stay obvious: when it differs from
//! the product, one of the two is wrong, and this one must be the easier to check.
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
//! let oracle = Oracle::new(&[policies], Dialect::Spec, "cluster.local");
//! assert!(oracle.allows(&request));
//! ```
//!
//! Comments name the place that a step comes from: "access", "specs" are the
//! documents of the SMI specification of those groups; "dialect" is one of the
//! choices which the specification leaves open.
//!
//! Known to be coarser than the product: a generic YAML value forgets how it was
//! written, so that header values such as `1.10` are not read, and `0x10` is read
//! as `16` where the product has an error.

mod objects;
mod pattern;
mod read;
mod wire;

use objects::{
    Binding, HttpMatch, Labels, Policies, Rule, RuleKind, Subject, SubjectKind, Target, Workload,
};

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
    /// The port of that workload.
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

/// Policies, and how to read them.
pub struct Oracle {
    policies: Policies,
    dialect: Dialect,
    trust_domain: String,
}

impl Oracle {
    /// Reads texts of YAML documents. What cannot be understood allows nothing, so
    /// there is no error.
    #[must_use]
    pub fn new(texts: &[&str], dialect: Dialect, trust_domain: &str) -> Self {
        let policies = read::policies(texts);
        Self { policies, dialect, trust_domain: trust_domain.to_owned() }
    }

    /// Whether the request may pass. Everything that is not allowed is denied
    /// (access, "Specification").
    #[must_use]
    pub fn allows(&self, request: &Request) -> bool {
        let question = Question {
            policies: &self.policies,
            dialect: self.dialect,
            trust_domain: &self.trust_domain,
            request,
        };
        // Policy is additive: one TrafficTarget that allows is enough, and no
        // other can take it back (access, "Tradeoffs").
        let mut targets = self.policies.targets.iter();
        question.is_judged() && targets.any(|target| question.allowed_by(target))
    }
}

/// One request in front of all policies.
struct Question<'a> {
    policies: &'a Policies,
    dialect: Dialect,
    trust_domain: &'a str,
    request: &'a Request,
}

impl Question<'_> {
    /// An HTTP request needs a method and a path that every server reads alike;
    /// otherwise the path that was judged might not be the path that is served.
    fn is_judged(&self) -> bool {
        let Request { protocol, method, path, .. } = self.request;
        *protocol != Protocol::Http
            || method.as_ref().is_some_and(|method| !method.is_empty())
                && path.as_deref().is_some_and(wire::is_canonical_path)
    }

    /// Access: a pod with an identity of `sources` may call a pod with the
    /// identity `destination` on the routes that `rules` name.
    fn allowed_by(&self, target: &Target) -> bool {
        self.may_speak_for_destination(target)
            && self.comes_from_a_source(target)
            && self.has_an_allowed_port(target)
            && self.is_covered_by_rules(target)
    }

    /// The destination is the workload that is called. Whoever may write a
    /// TrafficTarget in one namespace must not open a workload of another one
    /// (the specification is silent; dialect).
    fn may_speak_for_destination(&self, target: &Target) -> bool {
        let own = target.name.namespace.as_str();
        let default = match self.dialect {
            Dialect::Spec | Dialect::Traefik | Dialect::Nginx => Some(own),
            Dialect::Osm => None,
        };
        let Some(namespace) = target.destination.namespace.as_deref().or(default) else {
            return false;
        };
        let guards = self.dialect.guards_the_destination_namespace();
        // An IdentityBinding makes no declaration about workloads of another
        // namespace (access v1alpha4, "Resource Design"), whatever it lists.
        let may_be_opened = |id: &Vec<u8>| !guards || is_of_namespace(id, namespace);
        (namespace == own || !guards)
            && self
                .identities(&target.destination, namespace)
                .iter()
                .any(|id| may_be_opened(id) && *id == self.request.destination)
    }

    /// One of the sources is the peer, byte for byte. What a source without a
    /// namespace means is a dialect's choice.
    fn comes_from_a_source(&self, target: &Target) -> bool {
        let default = match self.dialect {
            Dialect::Spec | Dialect::Nginx => Some(target.name.namespace.as_str()),
            Dialect::Osm | Dialect::Traefik => None,
        };
        target.sources.iter().any(|source| {
            let namespace = source.namespace.as_deref().or(default);
            let identities = namespace.map(|namespace| self.identities(source, namespace));
            let peer = self.request.peer.as_ref();
            peer.is_some_and(|peer| identities.unwrap_or_default().contains(peer))
        })
    }

    /// Who a subject is: a ServiceAccount is one identity, an IdentityBinding all
    /// that it lists. An unknown binding is nobody.
    fn identities(&self, subject: &Subject, namespace: &str) -> Vec<Vec<u8>> {
        match subject.kind {
            SubjectKind::ServiceAccount => vec![self.spiffe_id(namespace, &subject.name)],
            SubjectKind::IdentityBinding => {
                let binding = self.policies.binding(namespace, &subject.name);
                binding.map(|it| self.identities_of(it, namespace)).unwrap_or_default()
            }
        }
    }

    /// Access v1alpha4, IdentityBinding: the schemes are ORed. A ServiceAccount is
    /// implied to exist in the binding's namespace, and pods are looked for there.
    fn identities_of(&self, binding: &Binding, namespace: &str) -> Vec<Vec<u8>> {
        let listed = binding.spiffe_identities.iter().map(|id| id.clone().into_bytes());
        let selected = binding.pod_labels.iter().flat_map(|it| self.accounts_of(it, namespace));
        let accounts = binding.service_account.as_deref().into_iter().chain(selected);
        listed.chain(accounts.map(|account| self.spiffe_id(namespace, account))).collect()
    }

    /// The accounts under which pods with all these labels run, and no others:
    /// certificates do not tell pods of one account apart.
    fn accounts_of(&self, wanted: &Labels, namespace: &str) -> Vec<&str> {
        let is_here = |it: &&Workload| it.namespace == namespace;
        let workloads = || self.policies.workloads.iter().filter(is_here);
        let has_all = |it: &Workload| wanted.iter().all(|label| it.labels.contains(label));
        let accounts = workloads().map(|it| it.service_account.as_str());
        accounts
            .filter(|account| workloads().filter(|it| it.service_account == *account).all(has_all))
            .collect()
    }

    /// Access v1alpha1 and v1alpha2: `destination.port` limits the whole target.
    fn has_an_allowed_port(&self, target: &Target) -> bool {
        target.port.is_none() || target.port == self.request.port
    }

    /// Rules of one target: routes of one protocol add up, and ports of TCPRoutes
    /// restrict the HTTP routes next to them (access v1alpha3, "L7 example": the
    /// TCPRoute says on which port the traffic is allowed).
    fn is_covered_by_rules(&self, target: &Target) -> bool {
        let has = |kind| target.rules.iter().any(|rule| rule.kind == kind);
        match self.request.protocol {
            Protocol::Tcp => self.is_on_a_port_of(target, RuleKind::Tcp),
            Protocol::Udp => self.is_on_a_port_of(target, RuleKind::Udp),
            // What counts is what is *written*: a reference that leads nowhere
            // still says that its author wanted a restriction.
            Protocol::Http if has(RuleKind::Http) => {
                (!has(RuleKind::Tcp) || self.is_on_a_port_of(target, RuleKind::Tcp))
                    && target.rules.iter().any(|rule| self.is_on_a_route_of(target, rule))
            }
            Protocol::Http => {
                self.dialect.tcp_carries_http() && self.is_on_a_port_of(target, RuleKind::Tcp)
            }
        }
    }

    /// Specs v1alpha4, TCPRoute and UDPRoute: no ports mean all ports. The routes
    /// are looked up in the TrafficTarget's namespace; an unknown one adds none.
    fn is_on_a_port_of(&self, target: &Target, kind: RuleKind) -> bool {
        let ports_of = |rule: &Rule| self.policies.ports(kind, &target.name.namespace, &rule.name);
        target.rules.iter().filter(|rule| rule.kind == kind).filter_map(ports_of).any(|ports| {
            ports.is_empty() || self.request.port.is_some_and(|port| ports.contains(&port))
        })
    }

    /// Access, "rules": the matches that the rule names, or all of the group when
    /// it names none (dialect). Several matches are alternatives.
    fn is_on_a_route_of(&self, target: &Target, rule: &Rule) -> bool {
        if rule.kind != RuleKind::Http {
            return false;
        }
        let Some(matches) = self.policies.matches(&target.name.namespace, &rule.name) else {
            return false;
        };
        let is_selected = |candidate: &HttpMatch| match &rule.matches {
            Some(names) => names.contains(&candidate.name),
            None => self.dialect.omitted_matches_mean_all(),
        };
        matches.iter().filter(|one| is_selected(one)).any(|one| self.fulfils(one))
    }

    /// Specs, HTTPRouteGroup: path, methods and headers of one match must all
    /// hold; what is omitted does not restrict.
    fn fulfils(&self, candidate: &HttpMatch) -> bool {
        self.has_the_path(candidate)
            && self.has_the_method(candidate)
            && candidate.headers.iter().all(|(name, pattern)| self.has_the_header(name, pattern))
    }

    /// Specs: the regular expression is matched against the URI's path, anchored
    /// at its beginning. Meshes disagreed about the anchor (dialect).
    fn has_the_path(&self, candidate: &HttpMatch) -> bool {
        let Some(pattern) = &candidate.path_regex else { return true };
        let path = self.request.path.as_deref().unwrap_or_default();
        let anchor = match self.dialect {
            Dialect::Spec | Dialect::Traefik => pattern::Anchor::Start,
            Dialect::Osm => pattern::Anchor::Both,
            Dialect::Nginx => pattern::Anchor::None,
        };
        pattern::matches(pattern, anchor, wire::without_query(path))
    }

    /// Specs: a list of methods, `*` for all of them.
    fn has_the_method(&self, candidate: &HttpMatch) -> bool {
        let Some(methods) = &candidate.methods else { return true };
        let method = self.request.method.as_deref().unwrap_or_default();
        methods.iter().any(|allowed| allowed == "*" || allowed.as_bytes() == method)
    }

    /// Specs: a header's value matches a regular expression. The header must be
    /// there, and a client that sends it twice must mean the same both times.
    fn has_the_header(&self, name: &str, pattern: &str) -> bool {
        let anchor = match self.dialect {
            Dialect::Spec | Dialect::Osm => pattern::Anchor::Both,
            Dialect::Traefik | Dialect::Nginx => pattern::Anchor::None,
        };
        let values = self.values_of(name);
        !values.is_empty() && values.iter().all(|value| pattern::matches(pattern, anchor, value))
    }

    /// The values of a header. HTTP/2 has no `host` header: the name means the
    /// authority, as OSM reads it, and a host's spelling does not matter.
    fn values_of(&self, name: &str) -> Vec<Vec<u8>> {
        if name.eq_ignore_ascii_case("host") {
            return self.request.authority.iter().filter_map(|text| wire::host(text)).collect();
        }
        let headers = self.request.headers.iter();
        let named = headers.filter(|(key, _)| key.eq_ignore_ascii_case(name.as_bytes()));
        named.map(|(_, value)| value.clone()).collect()
    }

    fn spiffe_id(&self, namespace: &str, service_account: &str) -> Vec<u8> {
        format!("spiffe://{}/ns/{namespace}/sa/{service_account}", self.trust_domain).into_bytes()
    }
}

/// Whether an identity says of itself that its workload is in a namespace, as
/// those of ServiceAccounts do: `spiffe://TRUST-DOMAIN/ns/NAMESPACE/…`.
fn is_of_namespace(id: &[u8], namespace: &str) -> bool {
    let id = String::from_utf8_lossy(id);
    let path = id.strip_prefix("spiffe://").and_then(|rest| rest.split_once('/'));
    path.is_some_and(|(_, path)| path.starts_with(&format!("ns/{namespace}/")))
}
