//! What the page shows of policies, apart from verdicts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use decision_table::{RuleId, Table};
use smi_model::canonical::{Bundle, Subject, SubjectKind, TrafficTarget};
use smi_model::diagnostic::Diagnostic;
use smi_model::source::SourceMap;

use crate::dto::{Analysis, Places, Route, TableSummary, Target};

/// Puts together what every stage found and made.
pub(crate) fn of(
    sources: &SourceMap,
    bundle: &Bundle,
    mut findings: Vec<Diagnostic>,
    table: Option<&Table<Vec<u8>>>,
) -> Analysis {
    // Each stage sorts its own; people read from top to bottom.
    findings.sort_by_key(|finding| finding.primary.span);
    let places = Places::new(sources);
    Analysis {
        diagnostics: findings.into_iter().map(|finding| places.diagnostic(finding)).collect(),
        identities: identities(bundle),
        targets: table.map_or_else(Vec::new, |table| targets(bundle, table, &places)),
        table: table.map(summary),
    }
}

/// Every ServiceAccount that a document is about, or that a TrafficTarget or
/// IdentityBinding names.
fn identities(bundle: &Bundle) -> Vec<String> {
    let accounts = bundle.service_accounts.iter().map(|account| account.meta.qualified_name());
    let subjects = bundle.traffic_targets.iter().flat_map(|target| {
        let subjects = target.sources.iter().chain([&target.destination]);
        let accounts = subjects.filter(|subject| subject.kind == SubjectKind::ServiceAccount);
        accounts.map(|subject| subject_name(subject, target))
    });
    let bound = bundle.identity_bindings.iter().filter_map(|binding| {
        let account = binding.service_account.as_ref()?;
        Some(format!("{}/{}", binding.meta.namespace.value, account.value))
    });
    let names: BTreeSet<String> = accounts.chain(subjects).chain(bound).collect();
    names.into_iter().collect()
}

/// The TrafficTargets that have a rule in the table: a target whose every
/// reference is broken grants nothing, and must not look as if it did.
fn targets(bundle: &Bundle, table: &Table<Vec<u8>>, places: &Places<'_>) -> Vec<Target> {
    let mut routes = granted_routes(table);
    let granting = bundle.traffic_targets.iter().filter_map(|target| {
        let name = target.meta.qualified_name();
        let routes = routes.remove(&name)?;
        Some(Target {
            name,
            line: places.line(target.meta.name.span),
            sources: target.sources.iter().map(|source| subject_name(source, target)).collect(),
            destination: subject_name(&target.destination, target),
            routes,
        })
    });
    granting.collect()
}

/// The routes in the table by the TrafficTarget that grants them.
fn granted_routes(table: &Table<Vec<u8>>) -> BTreeMap<String, Vec<Route>> {
    let mut routes: BTreeMap<String, Vec<Route>> = BTreeMap::new();
    for rule in (0..table.named_rules()).filter_map(|id| table.rule(RuleId(id))) {
        let route = Route { name: rule.route.to_owned(), line: rule.line };
        routes.entry(rule.target.to_owned()).or_default().push(route);
    }
    routes
}

/// `namespace/name`; the namespace is the TrafficTarget's unless it is written.
fn subject_name(subject: &Subject, target: &TrafficTarget) -> String {
    let namespace = subject.namespace.as_ref().unwrap_or(&target.meta.namespace);
    format!("{}/{}", namespace.value, subject.name.value)
}

fn summary(table: &Table<Vec<u8>>) -> TableSummary {
    let digest = table.digest().iter().fold(String::new(), |mut digits, byte| {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    });
    TableSummary { size: table.as_bytes().len(), digest }
}
