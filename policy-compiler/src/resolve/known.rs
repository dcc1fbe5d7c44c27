//! Which names there are, so that each reference costs one lookup.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use smi_model::canonical::{Bundle, Meta, RouteKind};

/// The objects that references are looked up among.
pub(super) struct Known<'a> {
    /// By kind and namespace.
    kinds: BTreeMap<&'a str, BTreeMap<&'a str, Names<'a>>>,
    bundle: &'a Bundle,
    /// Made for the first reference to a route that is not there.
    routes: OnceCell<RouteNames<'a>>,
}

/// Which route objects there are.
struct RouteNames<'a> {
    /// By kind, namespace and name.
    all: BTreeSet<(RouteKind, &'a str, &'a str)>,
    /// The first namespace of each, by kind and name.
    homes: BTreeMap<(RouteKind, &'a str), &'a str>,
}

/// What there is of one kind in one namespace.
#[derive(Default)]
struct Names<'a> {
    sound: BTreeSet<&'a str>,
    /// Those of documents with errors.
    broken: BTreeSet<&'a str>,
    /// Whether a document with errors has no name that could be read.
    nameless: bool,
}

impl<'a> Known<'a> {
    pub(super) fn of(bundle: &'a Bundle) -> Self {
        let mut known = Self { kinds: BTreeMap::new(), bundle, routes: OnceCell::new() };
        let accounts = bundle.service_accounts.iter().map(|it| ("ServiceAccount", &it.meta));
        let services = bundle.services.iter().map(|it| ("Service", &it.meta));
        for (kind, Meta { namespace, name, .. }) in accounts.chain(services) {
            known.add(kind, &namespace.value).sound.insert(&name.value);
        }
        for broken in &bundle.broken {
            let names = known.add(&broken.kind, &broken.namespace);
            names.broken.extend(broken.name.as_deref());
            names.nameless |= broken.name.is_none();
        }
        known
    }

    fn add(&mut self, kind: &'a str, namespace: &'a str) -> &mut Names<'a> {
        self.kinds.entry(kind).or_default().entry(namespace).or_default()
    }

    fn names(&self, kind: &str, namespace: &str) -> Option<&Names<'a>> {
        self.kinds.get(kind)?.get(namespace)
    }

    /// Whether a document of this name was there but had errors, which were
    /// reported when it was read.
    pub(super) fn is_broken(&self, kind: &str, namespace: &str, name: &str) -> bool {
        let names = self.names(kind, namespace);
        names.is_some_and(|names| names.nameless || names.broken.contains(name))
    }

    /// The names of broken documents.
    pub(super) fn broken(&self, kind: &str, namespace: &str) -> impl Iterator<Item = &str> {
        let names = self.names(kind, namespace);
        names.into_iter().flat_map(|names| names.broken.iter().copied())
    }

    /// A namespace that has a route object of this name.
    pub(super) fn home_of_route(&self, kind: RouteKind, name: &str) -> Option<&str> {
        self.routes().homes.get(&(kind, name)).copied()
    }

    /// The names of the route objects of a namespace.
    pub(super) fn routes_of<'s>(
        &'s self,
        kind: RouteKind,
        namespace: &'s str,
    ) -> impl Iterator<Item = &'s str> {
        let all = self.routes().all.range((kind, namespace, "")..);
        all.take_while(move |(of_kind, of, _)| *of_kind == kind && *of == namespace)
            .map(|(.., name)| *name)
    }

    fn routes(&self) -> &RouteNames<'a> {
        self.routes.get_or_init(|| RouteNames::of(self.bundle))
    }

    /// The other names in a namespace, when there are some and `name` is unknown.
    /// A namespace of which no object was given is not known well enough to complain.
    pub(super) fn others(
        &self,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> Option<&BTreeSet<&'a str>> {
        let names = &self.names(kind, namespace)?.sound;
        let is_missing = !names.is_empty() && !names.contains(name);
        (is_missing && !self.is_broken(kind, namespace, name)).then_some(names)
    }
}

impl<'a> RouteNames<'a> {
    fn of(bundle: &'a Bundle) -> Self {
        let http = bundle.http_route_groups.iter().map(|it| (RouteKind::Http, &it.meta));
        let tcp = bundle.tcp_routes.iter().map(|it| (RouteKind::Tcp, &it.meta));
        let udp = bundle.udp_routes.iter().map(|it| (RouteKind::Udp, &it.meta));
        let routes = http.chain(tcp).chain(udp);
        let all: BTreeSet<_> = routes
            .map(|(kind, it)| (kind, it.namespace.value.as_str(), it.name.value.as_str()))
            .collect();
        let mut homes = BTreeMap::new();
        for (kind, namespace, name) in &all {
            homes.entry((*kind, *name)).or_insert(*namespace);
        }
        Self { all, homes }
    }
}

#[cfg(test)]
mod tests {
    use smi_model::{Limits, source::SourceMap};

    use super::*;

    #[test]
    fn names_are_missing_only_among_others() {
        let account = |body: &str| format!("---\napiVersion: v1\nkind: ServiceAccount\n{body}\n");
        let text = [
            account("metadata: {name: a, namespace: m}"),
            account("metadata: {name: b, namespace: m, wrong: field}"),
            account("metadata: {namespace: n}"),
            account("metadata: {name: c, namespace: n}"),
        ];
        let mut sources = SourceMap::new();
        sources.add("a.yaml", text.concat()).unwrap();
        let bundle = smi_model::read(&sources, &Limits::default()).value;
        let known = Known::of(&bundle);
        let others = |namespace, name| known.others("ServiceAccount", namespace, name).is_some();
        assert!(others("m", "z"));
        assert!(!others("m", "a") && !others("m", "b"), "there, or there with errors");
        assert!(!others("n", "z"), "may be the one without a name");
        assert!(!others("o", "z"), "nothing is known of this namespace");
        assert_eq!(known.broken("ServiceAccount", "m").collect::<Vec<_>>(), ["b"]);
    }
}
