//! Access: whether a TrafficTarget lets a request pass.

use crate::objects::{
    Binding, HttpMatch, Labels, Rule, RuleKind, Subject, SubjectKind, Target, Workload,
};
use crate::{Dialect, Protocol, Question};

impl Question<'_> {
    /// Access: a pod with an identity of `sources` may call a pod with the
    /// identity `destination` on the routes that `rules` name.
    pub(crate) fn allowed_by(&self, target: &Target) -> bool {
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
            SubjectKind::ServiceAccount => self.account(namespace, &subject.name),
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
        listed.chain(accounts.flat_map(|name| self.account(namespace, name))).collect()
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

    /// A ServiceAccount is the same workload in every trust domain.
    fn account(&self, namespace: &str, name: &str) -> Vec<Vec<u8>> {
        let domains = self.trust_domains.iter();
        let id = |domain| format!("spiffe://{domain}/ns/{namespace}/sa/{name}").into_bytes();
        domains.map(id).collect()
    }
}

/// Whether an identity says of itself that its workload is in a namespace, as
/// those of ServiceAccounts do: `spiffe://TRUST-DOMAIN/ns/NAMESPACE/…`.
fn is_of_namespace(id: &[u8], namespace: &str) -> bool {
    let id = String::from_utf8_lossy(id);
    let path = id.strip_prefix("spiffe://").and_then(|rest| rest.split_once('/'));
    path.is_some_and(|(_, path)| path.starts_with(&format!("ns/{namespace}/")))
}
