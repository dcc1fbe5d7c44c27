//! Routes that nothing refers to.

use std::collections::BTreeSet;

use smi_model::canonical::{Bundle, Meta, RouteKind};
use smi_model::diagnostic::Diagnostic;
use smi_model::source::Spanned;

use crate::code;
use crate::resolve::Resolver;
use crate::resolve::routes::{Group, Permits, Route, Routes};

/// How much of a route somebody refers to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Nothing,
    /// The matches that are selected.
    Selected,
    All,
}

/// What TrafficTargets and TrafficSplits refer to.
#[derive(Default)]
pub(in crate::resolve) struct Uses<'a> {
    /// For each route.
    routes: Vec<Use>,
    /// For each match of all groups, whether it is selected by its name.
    matches: Vec<bool>,
    /// Namespaces in which some references cannot be read, or lead nowhere: any
    /// route there may be what is meant.
    unclear: BTreeSet<&'a str>,
    /// Names that references to nowhere have.
    sought: BTreeSet<&'a str>,
}

impl<'a> Uses<'a> {
    pub(in crate::resolve) fn none_of(routes: &Routes<'_>) -> Self {
        let of_routes = vec![Use::Nothing; routes.all.len()];
        Self { routes: of_routes, matches: vec![false; routes.matches], ..Self::default() }
    }

    /// Remembers a reference to a route that is not there.
    pub(in crate::resolve) fn lead_nowhere(&mut self, namespace: &'a str, name: &'a str) {
        self.unclear.insert(namespace);
        self.sought.insert(name);
    }

    /// Remembers a reference to some matches of a route, or to all of it.
    pub(in crate::resolve) fn add(
        &mut self,
        route: &Route<'_>,
        matches: Option<&[Spanned<String>]>,
    ) {
        let Some(used) = self.routes.get_mut(route.place) else { return };
        // Where the dialect reads no names as none of the matches, that was reported.
        let Some(names) = matches else {
            *used = Use::All;
            return;
        };
        if *used == Use::Nothing {
            *used = Use::Selected;
        }
        for name in names {
            let one = match &route.permits {
                Permits::Http(group) => group.get(&name.value),
                Permits::L4 { .. } => None,
            };
            match one.and_then(|one| self.matches.get_mut(one.place)) {
                Some(selected) => *selected = true,
                // Any other match may be what is meant.
                None => *used = Use::All,
            }
        }
    }

    /// Adds what TrafficSplits refer to, and what documents that cannot be read may.
    fn add_others(&mut self, bundle: &'a Bundle, routes: &Routes<'_>) {
        for split in &bundle.traffic_splits {
            let namespace = &split.meta.namespace.value;
            for name in &split.matches {
                match routes.get(RouteKind::Http, namespace, &name.value) {
                    Some(route) => self.add(route, None),
                    None => self.lead_nowhere(namespace, &name.value),
                }
            }
        }
        let broken = bundle.broken.iter();
        let broken = broken.filter(|it| matches!(&*it.kind, "TrafficTarget" | "TrafficSplit"));
        self.unclear.extend(broken.map(|it| it.namespace.as_str()));
    }

    fn of_route(&self, route: &Route<'_>) -> Use {
        self.routes.get(route.place).copied().unwrap_or(Use::All)
    }

    fn is_unused(&self, route: &Route<'_>) -> bool {
        let Meta { namespace, name, .. } = route.meta;
        self.of_route(route) == Use::Nothing
            && !self.unclear.contains(namespace.value.as_str())
            && !self.sought.contains(name.value.as_str())
    }

    /// Whether it is known which matches of a group somebody selects.
    fn are_selected(&self, group: &Route<'_>) -> bool {
        self.of_route(group) == Use::Selected
            && !self.unclear.contains(group.meta.namespace.value.as_str())
    }
}

impl Resolver<'_> {
    pub(super) fn unused_routes(&mut self, routes: &Routes<'_>) {
        let bundle = self.bundle;
        // Somebody who gives only routes has TrafficTargets elsewhere.
        if bundle.traffic_targets.is_empty() {
            return;
        }
        let mut uses = std::mem::take(&mut self.uses);
        uses.add_others(bundle, routes);
        for route in &routes.all {
            if uses.is_unused(route) {
                self.report(unused(route.kind, route.meta));
            }
        }
        for route in &routes.all {
            if let Permits::Http(group) = &route.permits
                && uses.are_selected(route)
            {
                self.unused_matches(route.meta, group, &uses);
            }
        }
    }

    fn unused_matches(&mut self, meta: &Meta, group: &Group<'_>, uses: &Uses<'_>) {
        for one in &group.matches {
            if uses.matches.get(one.place) == Some(&false) {
                let message = format!(
                    "no rule selects match `{}` of HTTPRouteGroup `{}`",
                    one.name, meta.name.value
                );
                self.report(
                    Diagnostic::warning(code::UNUSED_MATCH, one.span, message)
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
