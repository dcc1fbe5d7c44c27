//! An object exists once: of two definitions, nobody knows which one counts.

use std::collections::BTreeMap;

use super::{Broken, Bundle, Meta, Workload, WorkloadKind};
use crate::{
    diagnostic::{Diagnostic, code},
    source::Span,
};

impl Bundle {
    /// Moves every object whose kind, namespace and name another one has as
    /// well, and that other one, to what is broken.
    pub(crate) fn withdraw_duplicates(&mut self, diagnostics: &mut Vec<Diagnostic>) {
        let mut round = Round { broken: &mut self.broken, diagnostics };
        round.withdraw("TrafficTarget", &mut self.traffic_targets, |it| &it.meta);
        round.withdraw("IdentityBinding", &mut self.identity_bindings, |it| &it.meta);
        round.withdraw("HTTPRouteGroup", &mut self.http_route_groups, |it| &it.meta);
        round.withdraw("TCPRoute", &mut self.tcp_routes, |it| &it.meta);
        round.withdraw("UDPRoute", &mut self.udp_routes, |it| &it.meta);
        round.withdraw("TrafficSplit", &mut self.traffic_splits, |it| &it.meta);
        round.withdraw("Service", &mut self.services, |it| &it.meta);
        round.withdraw("ServiceAccount", &mut self.service_accounts, |it| &it.meta);
        self.withdraw_workloads();
    }

    /// Workloads that are defined twice are withdrawn without a word: overlays are
    /// full of them, and they matter only to who refers to their pods.
    fn withdraw_workloads(&mut self) {
        let mut definitions: BTreeMap<(WorkloadKind, String), usize> = BTreeMap::new();
        for workload in &self.workloads {
            *definitions.entry((workload.kind, workload.meta.qualified_name())).or_default() += 1;
        }
        let broken = &mut self.broken;
        self.workloads.retain(|Workload { kind, meta, .. }| {
            let is_single = definitions.get(&(*kind, meta.qualified_name())) == Some(&1);
            if !is_single {
                broken.push(meta.broken(kind.as_str()));
            }
            is_single
        });
    }
}

impl Meta {
    /// An object of this name as one that does not count.
    fn broken(&self, kind: &str) -> Broken {
        Broken {
            kind: kind.to_owned(),
            namespace: self.namespace.value.clone(),
            name: Some(self.name.value.clone()),
            span: self.span,
        }
    }
}

struct Round<'a> {
    broken: &'a mut Vec<Broken>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Round<'_> {
    fn withdraw<T>(&mut self, kind: &str, objects: &mut Vec<T>, meta: fn(&T) -> &Meta) {
        let mut places: BTreeMap<String, Vec<Span>> = BTreeMap::new();
        for object in objects.iter().map(meta) {
            places.entry(object.qualified_name()).or_default().push(object.name.span);
        }
        // A definition with an error is one as well: it may be what is meant.
        for broken in self.broken.iter().filter(|broken| broken.kind == kind) {
            let Some(name) = &broken.name else { continue };
            if let Some(places) = places.get_mut(&format!("{}/{name}", broken.namespace)) {
                places.push(Span::new(broken.span.start, broken.span.start));
            }
        }
        places.retain(|_, places| places.len() > 1);
        for object in objects.iter().map(meta) {
            if places.contains_key(&object.qualified_name()) {
                self.broken.push(object.broken(kind));
            }
        }
        objects.retain(|object| !places.contains_key(&meta(object).qualified_name()));
        for (name, places) in places {
            self.report(kind, &name, places);
        }
    }

    /// One finding for each definition after the first.
    fn report(&mut self, kind: &str, name: &str, mut places: Vec<Span>) {
        places.sort_unstable();
        let Some((first, others)) = places.split_first() else { return };
        for other in others {
            let message = format!("the {kind} `{name}` is defined more than once");
            self.diagnostics.push(
                Diagnostic::error(code::DUPLICATE_OBJECT, *other, message)
                    .label("defined again here")
                    .related(*first, "first defined here")
                    .help("neither definition counts until one of them is removed or renamed"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn neither_of_two_definitions_counts() {
        let account =
            "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: ns}\n---\n";
        let findings = read(&format!("{account}{account}{}", account.replace("ns}", "m}")));
        assert_eq!(findings.diagnostics.len(), 1);
        assert_eq!(findings.diagnostics[0].related.len(), 1);
        assert_eq!(findings.value.broken.len(), 2);
        assert_eq!(findings.value.service_accounts[0].meta.namespace.value, "m");
    }

    #[test]
    fn workloads_that_are_defined_twice_do_not_count_either() {
        let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {}\n---\n";
        let bundle = accept(&format!("{pod}{pod}{}", pod.replace("name: a", "name: b")));
        assert_eq!((bundle.workloads.len(), bundle.broken.len()), (1, 2));
        assert_eq!(bundle.workloads[0].meta.name.value, "b");
    }

    #[test]
    fn a_definition_with_an_error_counts_as_one() {
        let account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: ns}\n";
        let findings = read(&format!("{account}---\n{account}metadata: {{}}\n"));
        assert!(findings.diagnostics.iter().any(|it| it.code.name == "duplicate-object"));
        assert!(findings.value.service_accounts.is_empty());
        assert_eq!(findings.value.broken.len(), 2);
    }
}
