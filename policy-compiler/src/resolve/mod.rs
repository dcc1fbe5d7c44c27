//! From documents to [`PolicySet`]: every name is looked up, or reported.

mod bindings;
mod nearest;
mod routes;
mod splits;
mod targets;

use std::collections::BTreeSet;

use smi_model::canonical::{Bundle, Meta};
use smi_model::diagnostic::{Diagnostic, Findings};
use smi_model::source::Spanned;

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
        diagnostics: Vec::new(),
    };
    let routes = resolver.routes();
    let bindings = resolver.bindings();
    let targets = bundle.traffic_targets.iter();
    let mut rules: Vec<_> =
        targets.flat_map(|target| resolver.target(target, &routes, &bindings)).collect();
    rules.sort_unstable();
    let splits = resolver.splits();
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
    diagnostics: Vec<Diagnostic>,
}

impl Resolver<'_> {
    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Whether a document of this name was there but had errors, which were
    /// reported when it was read.
    fn is_broken(&self, kind: &str, namespace: &str, name: &str) -> bool {
        self.bundle.broken.iter().any(|broken| {
            broken.kind == kind
                && broken.namespace == namespace
                && broken.name.as_deref().is_none_or(|broken| broken == name)
        })
    }

    /// The SPIFFE ID of a ServiceAccount, with a warning when the documents list
    /// the accounts of the namespace and this one is not among them.
    fn identity(&mut self, namespace: &str, name: &Spanned<String>) -> String {
        let metas = self.bundle.service_accounts.iter().map(|account| &account.meta);
        if let Some(names) = missing_from(metas, namespace, &name.value)
            && !self.is_broken("ServiceAccount", namespace, &name.value)
        {
            let message = format!(
                "there is no ServiceAccount `{}` in namespace `{namespace}` among the documents",
                name.value
            );
            let warning = Diagnostic::warning(code::UNKNOWN_SERVICE_ACCOUNT, name.span, message);
            self.report(nearest::suggest(warning, name, names));
        }
        spiffe_id(&self.options.trust_domain, namespace, &name.value)
    }
}

/// The names in a namespace, when there are some and `name` is not one of them.
/// A namespace of which no object was given is not known well enough to complain.
fn missing_from<'a>(
    metas: impl Iterator<Item = &'a Meta>,
    namespace: &str,
    name: &str,
) -> Option<Vec<&'a str>> {
    let names: Vec<&str> = metas
        .filter(|meta| meta.namespace.value == namespace)
        .map(|meta| meta.name.value.as_str())
        .collect();
    (!names.is_empty() && !names.contains(&name)).then_some(names)
}
