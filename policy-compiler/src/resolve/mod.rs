//! From documents to [`PolicySet`]: every name is looked up, or reported.

mod bindings;
mod identities;
mod known;
mod lints;
mod nearest;
mod routes;
mod services;
mod splits;
mod targets;

use std::collections::BTreeSet;
use std::sync::Arc;

use smi_model::canonical::Bundle;
use smi_model::diagnostic::{Diagnostic, Findings};

use self::known::Known;
use self::lints::Uses;
use self::services::Services;
pub use self::services::accounts;
use crate::identity::{Names, is_distinct};
use crate::ir::PolicySet;
use crate::options::{Choices, Options};

/// Looks up every name that the documents mention.
///
/// The value holds what was understood; whatever is the matter of an error grants
/// nothing. The order of the documents does not matter.
#[must_use]
pub fn resolve(bundle: &Bundle, options: &Options) -> Findings<PolicySet> {
    let mut resolver = Resolver {
        bundle,
        options,
        choices: Choices::of(options.dialect),
        known: Known::of(bundle),
        services: Services::of(bundle),
        uses: Uses::default(),
        names: Names::default(),
        diagnostics: Vec::new(),
    };
    let routes = resolver.routes();
    resolver.uses = Uses::none_of(&routes);
    let bindings = resolver.bindings();
    // By name, so that their rules are nearly in order.
    let targets = bundle.traffic_targets.iter();
    let mut targets: Vec<(Arc<str>, _)> =
        targets.map(|target| (target.meta.qualified_name().into(), target)).collect();
    targets.sort_by(|(some, _), (other, _)| some.cmp(other));
    let mut rules = Vec::with_capacity(targets.len());
    for (name, target) in targets {
        resolver.target(&name, target, &routes, &bindings, &mut rules);
    }
    let splits = resolver.splits(&routes);
    resolver.lint(&routes, &bindings, &rules, &splits);
    let workloads = resolver.listed_accounts();
    let mut diagnostics = resolver.diagnostics;
    diagnostics.sort_by_key(|diagnostic| diagnostic.primary.span);
    let value = PolicySet::new(options.clone(), rules, splits, workloads, resolver.names);
    Findings { value, diagnostics }
}

/// The documents, the options, and what has been found so far.
struct Resolver<'a> {
    bundle: &'a Bundle,
    options: &'a Options,
    choices: Choices,
    known: Known<'a>,
    services: Services<'a>,
    /// Filled while TrafficTargets are looked at.
    uses: Uses<'a>,
    names: Names,
    diagnostics: Vec<Diagnostic>,
}

impl Resolver<'_> {
    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The identities of the ServiceAccounts among the documents.
    fn listed_accounts(&mut self) -> BTreeSet<Arc<str>> {
        let form = self.options.identity_form;
        let mut workloads = BTreeSet::new();
        for account in &self.bundle.service_accounts {
            let (namespace, name) = (&account.meta.namespace.value, &account.meta.name.value);
            // One that no policy can name is nothing to complain of.
            let names = self.options.identities(namespace, name);
            if is_distinct(form, namespace, name)
                && names.iter().all(|name| form.admits(name.as_bytes()))
            {
                let names: Vec<Arc<str>> = names.into_iter().map(Arc::from).collect();
                self.names.add(&names);
                workloads.extend(names.into_iter().next());
            }
        }
        workloads
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use smi_model::diagnostic::{Findings, render};
    use smi_model::source::SourceMap;

    use super::resolve;
    use crate::ir::PolicySet;
    use crate::options::Options;

    /// A split of `shop/web` whose last backend has no weight.
    pub(crate) const SPLIT: &str = "\
apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata: {name: web, namespace: shop}
spec:
  service: web
  backends:
  - {service: v1, weight: 3}
  - {service: v2, weight: 1}
  - {service: v3, weight: 0}
";

    /// What the documents come to.
    pub(crate) fn findings(documents: &[&str]) -> Findings<PolicySet> {
        findings_with(documents, &Options::default())
    }

    /// What the documents come to under these options.
    pub(super) fn findings_with(documents: &[&str], options: &Options) -> Findings<PolicySet> {
        let mut sources = SourceMap::new();
        sources.add("policies.yaml", documents.join("---\n")).unwrap();
        let read = smi_model::read(&sources, &smi_model::Limits::default());
        let resolved = resolve(&read.value, options);
        let diagnostics = [read.diagnostics, resolved.diagnostics].concat();
        let findings = Findings { value: resolved.value, diagnostics };
        // For whoever looks at a failed test.
        print!("{}", render::text(&findings.diagnostics, &sources, false));
        findings
    }

    /// What documents without any mistake come to.
    pub(crate) fn accept(documents: &[&str]) -> PolicySet {
        let findings = findings(documents);
        assert!(findings.diagnostics.is_empty());
        findings.value
    }
}
