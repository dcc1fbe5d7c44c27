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
                broken.push(self::broken(kind.as_str(), meta));
            }
            is_single
        });
    }
}

struct Round<'a> {
    broken: &'a mut Vec<Broken>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Round<'_> {
    fn withdraw<T>(&mut self, kind: &str, objects: &mut Vec<T>, meta: fn(&T) -> &Meta) {
        let repeated = self.repeated(kind, objects.iter().map(meta));
        if repeated.is_empty() {
            return;
        }
        let is_repeated = |object: &T| repeated.contains_key(&meta(object).qualified_name());
        for object in objects.extract_if(.., |object| is_repeated(object)) {
            self.broken.push(broken(kind, meta(&object)));
        }
        for (name, places) in repeated {
            self.report(kind, &name, &places);
        }
    }

    /// The names that several objects have, with the places of all of them in
    /// the order of the text.
    fn repeated<'a>(
        &'a self,
        kind: &str,
        metas: impl Iterator<Item = &'a Meta>,
    ) -> BTreeMap<String, Vec<Span>> {
        let mut uses: Vec<Use<'_>> = metas.map(Use::sound).collect();
        // A definition with an error is one as well: it may be what is meant.
        let broken = self.broken.iter().filter(|broken| broken.kind == kind);
        uses.extend(broken.filter_map(Use::broken));
        uses.sort_unstable();
        let same_name = |a: &Use<'_>, b: &Use<'_>| (a.namespace, a.name) == (b.namespace, b.name);
        let groups = uses.chunk_by(same_name).filter(|group| group.len() > 1);
        groups
            .filter(|group| group.iter().any(|it| it.sound))
            .filter_map(|group| {
                let Use { namespace, name, .. } = group.first()?;
                let places = group.iter().map(|it| it.place).collect();
                Some((format!("{namespace}/{name}"), places))
            })
            .collect()
    }

    /// One finding for each definition after the first.
    fn report(&mut self, kind: &str, name: &str, places: &[Span]) {
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

/// An object as far as its name goes.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Use<'a> {
    namespace: &'a str,
    name: &'a str,
    place: Span,
    sound: bool,
}

impl<'a> Use<'a> {
    fn sound(meta: &'a Meta) -> Self {
        let (namespace, name) = (&meta.namespace.value, &meta.name.value);
        Self { namespace, name, place: meta.name.span, sound: true }
    }

    fn broken(broken: &'a Broken) -> Option<Self> {
        let Broken { namespace, name, span, .. } = broken;
        let place = Span::new(span.start, span.start);
        Some(Self { namespace, name: name.as_deref()?, place, sound: false })
    }
}

fn broken(kind: &str, meta: &Meta) -> Broken {
    Broken {
        kind: kind.to_owned(),
        namespace: meta.namespace.value.clone(),
        name: Some(meta.name.value.clone()),
        span: meta.span,
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
