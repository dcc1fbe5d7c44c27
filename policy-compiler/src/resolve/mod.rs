//! From documents to [`PolicySet`]: every name is looked up, or reported.

mod bindings;
mod known;
mod nearest;
mod routes;
mod services;
mod splits;
mod targets;

use std::collections::BTreeSet;

use smi_model::canonical::Bundle;
use smi_model::diagnostic::{Diagnostic, Findings};
use smi_model::source::Spanned;

use self::known::Known;
use self::services::Services;
use crate::ir::PolicySet;
use crate::options::{Choices, Options};
use crate::{code, spiffe_id};

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
        diagnostics: Vec::new(),
    };
    let routes = resolver.routes();
    let bindings = resolver.bindings();
    let targets = bundle.traffic_targets.iter();
    let mut rules: Vec<_> =
        targets.flat_map(|target| resolver.target(target, &routes, &bindings)).collect();
    rules.sort_unstable();
    let splits = resolver.splits(&routes);
    let accounts = bundle.service_accounts.iter().map(|account| {
        spiffe_id(&options.trust_domain, &account.meta.namespace.value, &account.meta.name.value)
    });
    let workloads: BTreeSet<String> =
        accounts.chain(rules.iter().map(|rule| rule.destination.clone())).collect();
    let mut diagnostics = resolver.diagnostics;
    diagnostics.sort_by_key(|diagnostic| diagnostic.primary.span);
    Findings {
        value: PolicySet { options: options.clone(), rules, splits, workloads },
        diagnostics,
    }
}

/// The documents, the options, and what has been found so far.
struct Resolver<'a> {
    bundle: &'a Bundle,
    options: &'a Options,
    choices: Choices,
    known: Known<'a>,
    services: Services<'a>,
    diagnostics: Vec<Diagnostic>,
}

impl Resolver<'_> {
    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The SPIFFE ID of a ServiceAccount, with a warning when the documents list
    /// the accounts of the namespace and this one is not among them.
    fn identity(&mut self, namespace: &str, name: &Spanned<String>) -> String {
        if let Some(names) = self.known.others("ServiceAccount", namespace, &name.value) {
            let message = format!(
                "there is no ServiceAccount `{}` in namespace `{namespace}` among the documents",
                name.value
            );
            let warning = Diagnostic::warning(code::UNKNOWN_SERVICE_ACCOUNT, name.span, message);
            let diagnostic = nearest::suggest(warning, name, names.iter().copied());
            self.report(diagnostic);
        }
        spiffe_id(&self.options.trust_domain, namespace, &name.value)
    }
}

#[cfg(test)]
mod testing {
    use smi_model::diagnostic::{Findings, render};
    use smi_model::source::SourceMap;

    use super::resolve;
    use crate::ir::PolicySet;
    use crate::options::Options;

    /// What the documents come to.
    pub(super) fn findings(documents: &[&str]) -> Findings<PolicySet> {
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
    pub(super) fn accept(documents: &[&str]) -> PolicySet {
        let findings = findings(documents);
        assert!(findings.diagnostics.is_empty());
        findings.value
    }
}
