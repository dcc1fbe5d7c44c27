//! Routes that nothing refers to.

use std::collections::{BTreeMap, BTreeSet};

use smi_model::canonical::{Bundle, HttpRouteGroup, Meta, RouteKind};
use smi_model::diagnostic::Diagnostic;

use crate::code;
use crate::resolve::Resolver;
use crate::resolve::routes::{Route, Routes};

/// What TrafficTargets and TrafficSplits refer to.
#[derive(Default)]
struct Uses<'a> {
    /// The matches that are selected of each route object; `None`: all of them.
    routes: BTreeMap<(RouteKind, &'a str, &'a str), Option<BTreeSet<&'a str>>>,
    /// Namespaces in which some references cannot be read, or lead nowhere: any
    /// route there may be what is meant.
    unclear: BTreeSet<&'a str>,
    /// Names that references to nowhere have.
    sought: BTreeSet<&'a str>,
}

impl<'a> Uses<'a> {
    fn of(bundle: &'a Bundle, routes: &Routes<'_>) -> Self {
        let mut uses = Self::default();
        for target in &bundle.traffic_targets {
            for rule in &target.rules {
                let names = rule.matches.as_ref();
                let names = names.map(|names| names.iter().map(|name| name.value.as_str()));
                let key = (rule.kind, target.meta.namespace.value.as_str(), &*rule.name.value);
                uses.add(key, names, routes);
            }
        }
        for split in &bundle.traffic_splits {
            for name in &split.matches {
                let key = (RouteKind::Http, split.meta.namespace.value.as_str(), &*name.value);
                uses.add(key, None::<std::iter::Empty<_>>, routes);
            }
        }
        let broken = bundle.broken.iter();
        let broken = broken.filter(|it| matches!(&*it.kind, "TrafficTarget" | "TrafficSplit"));
        uses.unclear.extend(broken.map(|it| it.namespace.as_str()));
        uses
    }

    fn add(
        &mut self,
        key: (RouteKind, &'a str, &'a str),
        matches: Option<impl Iterator<Item = &'a str>>,
        routes: &Routes<'_>,
    ) {
        let used = self.routes.entry(key).or_insert_with(|| Some(BTreeSet::new()));
        let (_, namespace, name) = key;
        let Some(route) = routes.get(&key) else {
            self.unclear.insert(namespace);
            self.sought.insert(name);
            return;
        };
        let is_known =
            |name: &str| matches!(route, Route::Http(group) if group.get(name).is_some());
        match (used.as_mut(), matches) {
            (Some(selected), Some(matches)) => {
                for name in matches {
                    if !is_known(name) {
                        // Any other match may be what is meant.
                        *used = None;
                        return;
                    }
                    selected.insert(name);
                }
            }
            // Where the dialect reads this as none of them, that was reported.
            (_, None) => *used = None,
            (None, Some(_)) => {}
        }
    }

    fn is_unused(&self, kind: RouteKind, meta: &Meta) -> bool {
        let (namespace, name) = (meta.namespace.value.as_str(), meta.name.value.as_str());
        !self.routes.contains_key(&(kind, namespace, name))
            && !self.unclear.contains(namespace)
            && !self.sought.contains(name)
    }
}

impl Resolver<'_> {
    pub(super) fn unused_routes(&mut self, routes: &Routes<'_>) {
        let bundle = self.bundle;
        // Somebody who gives only routes has TrafficTargets elsewhere.
        if bundle.traffic_targets.is_empty() {
            return;
        }
        let uses = Uses::of(bundle, routes);
        let http = bundle.http_route_groups.iter().map(|it| (RouteKind::Http, &it.meta));
        let tcp = bundle.tcp_routes.iter().map(|it| (RouteKind::Tcp, &it.meta));
        let udp = bundle.udp_routes.iter().map(|it| (RouteKind::Udp, &it.meta));
        for (kind, meta) in http.chain(tcp).chain(udp) {
            if uses.is_unused(kind, meta) {
                self.report(unused(kind, meta));
            }
        }
        for group in &bundle.http_route_groups {
            self.unused_matches(group, &uses);
        }
    }

    fn unused_matches(&mut self, group: &HttpRouteGroup, uses: &Uses<'_>) {
        let Meta { namespace, name, .. } = &group.meta;
        let key = (RouteKind::Http, namespace.value.as_str(), name.value.as_str());
        let Some(Some(selected)) = uses.routes.get(&key) else { return };
        if uses.unclear.contains(namespace.value.as_str()) {
            return;
        }
        for one in &group.matches {
            if !selected.contains(one.name.value.as_str()) {
                let message = format!(
                    "no rule selects match `{}` of HTTPRouteGroup `{}`",
                    one.name.value, name.value
                );
                self.report(
                    Diagnostic::warning(code::UNUSED_MATCH, one.name.span, message)
                        .label("it grants nothing")
                        .help("list it in the `matches` of a rule, or remove it"),
                );
            }
        }
    }
}

fn unused(kind: RouteKind, meta: &Meta) -> Diagnostic {
    let by = match kind {
        RouteKind::Http => "TrafficTarget or TrafficSplit",
        RouteKind::Tcp | RouteKind::Udp => "TrafficTarget",
    };
    let message = format!("no {by} refers to {} `{}`", kind.as_str(), meta.name.value);
    Diagnostic::warning(code::UNUSED_ROUTE, meta.name.span, message)
        .label("it grants nothing")
        .help(format!(
            "name it in a TrafficTarget of namespace `{}`, or remove it",
            meta.namespace.value
        ))
}

#[cfg(test)]
mod tests {
    use crate::options::Options;
    use crate::resolve::testing::*;
    use decision_table::Dialect;

    const GROUPS: &str = "\
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: {name: books, namespace: shop}
spec: {matches: [{name: read, methods: [GET]}, {name: write, methods: [POST]}]}
---
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: {name: reviews, namespace: shop}
spec: {matches: [{name: all}]}
";

    fn target(name: &str, rules: &str) -> String {
        format!(
            "apiVersion: access.smi-spec.io/v1alpha3\nkind: TrafficTarget\n\
             metadata: {{name: {name}, namespace: shop}}\nspec:\n  \
             destination: {{kind: ServiceAccount, name: store, namespace: shop}}\n  \
             sources: [{{kind: ServiceAccount, name: buyer, namespace: shop}}]\n  rules: [{rules}]\n"
        )
    }

    fn codes(documents: &[&str], dialect: Dialect) -> Vec<u16> {
        let options = Options { dialect, ..Options::default() };
        let findings = findings_with(&[&[GROUPS], documents].concat(), &options);
        findings.diagnostics.iter().map(|it| it.code.number).collect()
    }

    const READ: &str = "{kind: HTTPRouteGroup, name: books, matches: [read]}";
    const ALL: &str = "{kind: HTTPRouteGroup, name: books}";

    #[test]
    fn what_nobody_refers_to_is_unused() {
        let read = target("t", READ);
        assert_eq!(codes(&[&read], Dialect::Spec), [502, 501]);
        assert_eq!(codes(&[&read, &target("u", ALL)], Dialect::Spec), [501]);
        assert_eq!(codes(&[&read, &target("u", ALL)], Dialect::Osm), [501, 307]);
    }

    #[test]
    fn what_may_be_meant_by_somebody_is_not() {
        assert_eq!(codes(&[], Dialect::Spec), Vec::<u16>::new(), "the targets are elsewhere");
        let misspelt = target("u", "{kind: HTTPRouteGroup, name: review}");
        assert_eq!(codes(&[&target("t", READ), &misspelt], Dialect::Spec), [302]);
        let misspelt = READ.replace("read", "raed");
        assert_eq!(codes(&[&target("t", &misspelt)], Dialect::Spec), [501, 303]);
        let broken = target("u", "{kind: HTTPRouteGroup}");
        assert_eq!(codes(&[&target("t", READ), &broken], Dialect::Spec), [207]);
        let elsewhere = target("u", "{kind: HTTPRouteGroup, name: reviews}");
        let elsewhere = elsewhere.replace("namespace: shop", "namespace: town");
        assert_eq!(codes(&[&target("t", ALL), &elsewhere], Dialect::Spec), [302]);
    }
}
