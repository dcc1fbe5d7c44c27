//! What a policy says, whatever version it was written in.

/// Everything that was understood.
#[derive(Default)]
pub(crate) struct Policies {
    pub(crate) targets: Vec<Target>,
    pub(crate) bindings: Vec<(Name, Binding)>,
    pub(crate) workloads: Vec<Workload>,
    pub(crate) groups: Vec<(Name, Vec<HttpMatch>)>,
    pub(crate) tcp_routes: Vec<(Name, Vec<u16>)>,
    pub(crate) udp_routes: Vec<(Name, Vec<u16>)>,
    pub(crate) splits: Vec<Split>,
    pub(crate) services: Vec<(Name, Vec<ServicePort>)>,
}

impl Policies {
    /// An IdentityBinding.
    pub(crate) fn binding(&self, namespace: &str, name: &str) -> Option<&Binding> {
        let is_it = |it: &Name| it.namespace == namespace && it.name == name;
        self.bindings.iter().find(|(candidate, _)| is_it(candidate)).map(|(_, binding)| binding)
    }

    /// The matches of an HTTPRouteGroup.
    pub(crate) fn matches(&self, namespace: &str, name: &str) -> Option<&[HttpMatch]> {
        lookup(&self.groups, namespace, name)
    }

    /// The ports of a Service.
    pub(crate) fn service(&self, namespace: &str, name: &str) -> Option<&[ServicePort]> {
        lookup(&self.services, namespace, name)
    }

    /// The ports of a TCPRoute or UDPRoute; none mean all.
    pub(crate) fn ports(&self, kind: RuleKind, namespace: &str, name: &str) -> Option<&[u16]> {
        match kind {
            RuleKind::Http => None,
            RuleKind::Tcp => lookup(&self.tcp_routes, namespace, name),
            RuleKind::Udp => lookup(&self.udp_routes, namespace, name),
        }
    }
}

fn lookup<'a, T>(objects: &'a [(Name, Vec<T>)], namespace: &str, name: &str) -> Option<&'a [T]> {
    let is_it = |candidate: &Name| candidate.namespace == namespace && candidate.name == name;
    objects.iter().find(|(candidate, _)| is_it(candidate)).map(|(_, content)| content.as_slice())
}

/// Name and namespace of an object.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) namespace: String,
    pub(crate) name: String,
}

/// A TrafficTarget.
pub(crate) struct Target {
    pub(crate) name: Name,
    pub(crate) destination: Subject,
    /// `destination.port` of access v1alpha1 and v1alpha2.
    pub(crate) port: Option<u16>,
    pub(crate) sources: Vec<Subject>,
    pub(crate) rules: Vec<Rule>,
}

/// An IdentityBinding: the schemes that it has.
pub(crate) struct Binding {
    pub(crate) service_account: Option<String>,
    pub(crate) spiffe_identities: Vec<String>,
    pub(crate) pod_labels: Option<Labels>,
}

/// Keys and values.
pub(crate) type Labels = Vec<(String, String)>;

/// What runs pods: the labels of these pods, and the account under which they run.
pub(crate) struct Workload {
    pub(crate) namespace: String,
    pub(crate) labels: Labels,
    pub(crate) service_account: String,
}

/// A ServiceAccount or IdentityBinding as a TrafficTarget names it.
pub(crate) struct Subject {
    pub(crate) kind: SubjectKind,
    pub(crate) name: String,
    pub(crate) namespace: Option<String>,
}

/// Kinds of subjects.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SubjectKind {
    ServiceAccount,
    IdentityBinding,
}

/// A reference to a route object.
pub(crate) struct Rule {
    pub(crate) kind: RuleKind,
    pub(crate) name: String,
    pub(crate) matches: Option<Vec<String>>,
}

/// Kinds of route objects.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum RuleKind {
    Http,
    Tcp,
    Udp,
}

/// One match of an HTTPRouteGroup.
pub(crate) struct HttpMatch {
    pub(crate) name: String,
    pub(crate) path_regex: Option<String>,
    pub(crate) methods: Option<Vec<String>>,
    pub(crate) headers: Vec<(String, String)>,
}

/// A TrafficSplit.
pub(crate) struct Split {
    pub(crate) name: Name,
    /// A Service of the split's namespace.
    pub(crate) root: String,
    pub(crate) backends: Vec<Backend>,
    /// Names of the HTTPRouteGroups of `matches`.
    pub(crate) groups: Option<Vec<String>>,
}

/// A Service of the split's namespace that gets a part.
pub(crate) struct Backend {
    pub(crate) service: String,
    pub(crate) weight: u64,
}

/// A port of a Service.
pub(crate) struct ServicePort {
    pub(crate) number: u16,
    /// The port of the pods, when it is written as a number.
    pub(crate) target: Option<u16>,
}
