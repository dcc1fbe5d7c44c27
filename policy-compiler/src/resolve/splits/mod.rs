//! TrafficSplits: which Services share the requests for which.
//!
//! A split with an error is not in force: all requests go to the root, as if it
//! had never been written. To leave out a part of it would shift the others' shares.

mod names;
mod overlap;
mod ports;
mod rivals;

use std::collections::BTreeSet;

use smi_model::canonical::{RouteKind, TrafficSplit};
use smi_model::diagnostic::Diagnostic;
use smi_model::source::Spanned;

use self::names::Named;
use super::Resolver;
use super::routes::{Permits, Routes};
use crate::code;
use crate::ir::{HttpCondition, Split};

impl<'a> Resolver<'a> {
    /// All splits that are in force, by root; of one root, those with conditions first.
    pub(super) fn splits(&mut self, routes: &Routes<'_>) -> Vec<Split> {
        let written = self.bundle.traffic_splits.iter();
        let named: Vec<Named<'a>> = written.filter_map(|split| self.named(split)).collect();
        let roots = rivals::by_root(&named);
        let mut splits = Vec::new();
        for of_root in roots.values() {
            let mut sound = Vec::new();
            for named in of_root {
                self.nested(named, &roots);
                sound.extend(self.split(named, routes).map(|split| (*named, split)));
            }
            let is_contested = self.is_contested(sound.iter().map(|(named, _)| *named));
            let mut in_force: Vec<Split> = sound.into_iter().map(|(_, split)| split).collect();
            in_force.retain(|split| split.conditions.is_some() || !is_contested);
            self.drop_overlapping(&mut in_force);
            splits.append(&mut in_force);
        }
        splits.sort_by(|a, b| order(a).cmp(&order(b)));
        splits
    }

    /// A split by itself; `None` when it has an error.
    ///
    /// Everything is looked at before anything is given up, so that all problems of
    /// a split are reported together.
    fn split(&mut self, named: &Named<'_>, routes: &Routes<'_>) -> Option<Split> {
        let Named { split, root, .. } = named;
        let is_to_itself = self.is_to_itself(named);
        let conditions = self.conditions(split, routes)?;
        let shares = self.shares(named)?;
        (!is_to_itself).then(|| Split {
            namespace: split.meta.namespace.value.clone(),
            name: split.meta.name.value.clone(),
            root: (*root).to_owned(),
            conditions,
            shares,
            span: split.service.span,
        })
    }

    fn is_to_itself(&mut self, named: &Named<'_>) -> bool {
        if self.choices.split_to_itself {
            return false;
        }
        let mut is_to_itself = false;
        for (backend, name) in named.split.backends.iter().zip(&named.backends) {
            if *name == Some(named.root) {
                let message =
                    format!("backend `{}` is the root of this split itself", backend.service.value);
                self.report(
                    Diagnostic::error(code::SPLIT_TO_ITSELF, backend.service.span, message)
                        .related(named.split.service.span, "the root")
                        .help("name the Service of the version instead"),
                );
                is_to_itself = true;
            }
        }
        is_to_itself
    }

    /// Which requests are shared, `Some(None)` being all; `None` when that was
    /// reported.
    fn conditions(
        &mut self,
        split: &TrafficSplit,
        routes: &Routes<'_>,
    ) -> Option<Option<Vec<HttpCondition>>> {
        let Some(first) = split.matches.first() else { return Some(None) };
        if !self.choices.split_matches {
            let message = format!(
                "dialect `{}` has no splits with `matches`, so that this one is not in force",
                self.options.dialect
            );
            self.report(
                Diagnostic::error(code::SPLIT_MATCHES, first.span, message)
                    .help("without `matches` all requests for the root are shared"),
            );
            return None;
        }
        let namespace = &split.meta.namespace.value;
        let groups: Vec<Option<BTreeSet<HttpCondition>>> =
            split.matches.iter().map(|name| self.group(name, namespace, routes)).collect();
        let groups: Option<Vec<_>> = groups.into_iter().collect();
        Some(Some(groups?.into_iter().flatten().collect::<BTreeSet<_>>().into_iter().collect()))
    }

    /// The conditions of a group, one of which a request has to fulfil.
    fn group(
        &mut self,
        name: &Spanned<String>,
        namespace: &str,
        routes: &Routes<'_>,
    ) -> Option<BTreeSet<HttpCondition>> {
        let route = routes.get(RouteKind::Http, namespace, &name.value);
        if let Some(Permits::Http(group)) = route.map(|route| &route.permits) {
            return Some(group.matches.iter().map(|one| (*one.condition).clone()).collect());
        }
        self.unknown_route(RouteKind::Http, name, namespace, "this split is not in force");
        None
    }
}

/// The order of documents decides nothing.
fn order(split: &Split) -> (&str, &str, bool, &str) {
    (&split.namespace, &split.root, split.conditions.is_none(), &split.name)
}

#[cfg(test)]
mod tests {
    use crate::resolve::testing::*;

    const GROUPS: &str = "\
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: {name: browsers, namespace: shop}
spec:
  matches:
  - {name: firefox, headers: [{user-agent: '.*Firefox.*'}]}
  - {name: lynx, headers: [{user-agent: 'Lynx.*'}]}
---
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: {name: admin, namespace: shop}
spec:
  matches: [{name: all, pathRegex: /admin}]
";

    fn split(name: &str, matches: &str) -> String {
        format!(
            "apiVersion: split.smi-spec.io/v1alpha4\nkind: TrafficSplit\n\
             metadata: {{name: {name}, namespace: shop}}\nspec:\n  service: web.shop\n  \
             backends: [{{service: web-v1, weight: 1}}]\n{matches}"
        )
    }

    #[test]
    fn splits_that_want_the_same_request_are_not_in_force() {
        let admin = "  matches: [{kind: HTTPRouteGroup, name: admin}]\n";
        let findings = findings(&[GROUPS, &split("a", BROWSERS), &split("b", admin)]);
        let [error] = findings.diagnostics.as_slice() else { panic!("one error") };
        assert_eq!(error.code, crate::code::OVERLAPPING_SPLITS);
        assert!(error.help.iter().any(|help| help.contains("`GET /admin`")), "{error:?}");
        assert!(findings.value.splits().is_empty());
    }

    #[test]
    fn splits_that_share_no_request_are_both_in_force() {
        let other = GROUPS.replace("name: admin", "name: shop").replace("/admin", "'/shop/[0-9]+'");
        let admin = split("a", "  matches: [{kind: HTTPRouteGroup, name: admin}]\n");
        let shop = split("b", "  matches: [{kind: HTTPRouteGroup, name: shop}]\n");
        let other = other.split("---\n").nth(1).unwrap();
        assert_eq!(accept(&[GROUPS, other, &admin, &shop]).splits().len(), 2);
    }

    const BROWSERS: &str = "  matches: [{kind: HTTPRouteGroup, name: browsers}, {kind: HTTPRouteGroup, name: admin}]\n";

    #[test]
    fn a_split_shares_what_any_match_of_its_groups_wants() {
        let policies = accept(&[GROUPS, &split("a", ""), &split("b", BROWSERS)]);
        let [some, all] = policies.splits() else { panic!("both are in force") };
        assert_eq!((some.name.as_str(), all.name.as_str()), ("b", "a"), "all requests come last");
        assert_eq!(some.conditions.as_ref().map(Vec::len), Some(3));
        assert_eq!(all.conditions, None);
        assert_eq!((all.root.as_str(), all.backends_of_all().map(<[_]>::len)), ("web", Some(1)));
    }

    #[test]
    fn of_several_splits_for_all_requests_none_counts() {
        let documents = [GROUPS, &split("a", ""), &split("b", BROWSERS), &split("c", "")];
        let backwards: Vec<&str> = documents.iter().rev().copied().collect();
        for documents in [&documents[..], &backwards] {
            let findings = findings(documents);
            assert_eq!(findings.diagnostics.len(), 1);
            let names: Vec<&str> =
                findings.value.splits().iter().map(|split| split.name.as_str()).collect();
            assert_eq!(names, ["b"]);
        }
    }

    #[test]
    fn a_split_with_mistakes_is_as_if_it_had_never_been_written() {
        let broken = split("b", "").replace("web-v1", "web-v1.elsewhere");
        let findings = findings(&[&split("a", ""), &broken]);
        assert_eq!(findings.diagnostics.len(), 1);
        assert_eq!(findings.value.splits().len(), 1);
    }
}
