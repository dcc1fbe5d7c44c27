//! The tables of all workloads, kept up to date while policies change.

use std::collections::BTreeMap;
use std::sync::Arc;

use decision_table::Table;
use decision_table::plan;
use smi_model::diagnostic::Findings;
use smi_model::source::SourceMap;

use crate::compile::{Scope, compile};
use crate::ir::{PolicySet, Rule, Split};
use crate::lower;
use crate::options::Options;

/// A table for each workload. When policies change, only the tables of workloads
/// with other rules are compiled again.
///
/// ```
/// use policy_compiler::{Options, Tables, resolve};
/// use smi_model::{Limits, source::SourceMap};
///
/// let mut sources = SourceMap::new();
/// sources.add("a.yaml", "{apiVersion: v1, kind: ServiceAccount, metadata: {name: a, namespace: shop}}")?;
/// let policies = resolve(&smi_model::read(&sources, &Limits::default()).value, &Options::default());
///
/// let mut tables = Tables::default();
/// let changed = tables.update(&policies.value, &sources).value;
/// assert_eq!(changed, ["spiffe://cluster.local/ns/shop/sa/a"]);
/// assert!(tables.update(&policies.value, &sources).value.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// What all tables depend on.
    common: Option<(Options, Vec<Split>)>,
    tables: BTreeMap<String, Compiled>,
}

#[derive(Clone, Debug)]
struct Compiled {
    /// All identities of the workload.
    names: Vec<String>,
    rules: Vec<Rule>,
    /// Where the table says that they stand.
    places: Vec<Place>,
    bytes: Vec<u8>,
}

/// File and line.
type Place = (Arc<str>, u32);

impl Tables {
    /// Brings all tables up to date. The value names the workloads whose tables
    /// are others now, or are gone, in order.
    ///
    /// A workload whose policies exceed a limit has no table.
    pub fn update(&mut self, policies: &PolicySet, sources: &SourceMap) -> Findings<Vec<String>> {
        let is_common = self.common.as_ref().is_some_and(|(options, splits)| {
            let others = &policies.splits;
            *options == policies.options
                && splits.len() == others.len()
                && splits.iter().zip(others).all(|(split, other)| split.means(other))
        });
        if !is_common {
            self.common = Some((policies.options.clone(), policies.splits.clone()));
        }
        let mut before = std::mem::take(&mut self.tables).into_iter().peekable();
        let mut tables = Vec::new();
        let mut changed = Vec::new();
        let mut diagnostics = Vec::new();
        // Both are in order.
        for workload in policies.workloads() {
            while let Some((gone, _)) = before.next_if(|(name, _)| name.as_str() < workload) {
                changed.push(gone);
            }
            let known = before.next_if(|(name, _)| name == workload);
            let wanted = Wanted::of(policies, sources, workload);
            let old = known.as_ref().map(|(_, table)| table);
            let reusable = old.filter(|table| is_common && wanted.has_rules_of(table));
            if reusable.is_some_and(|table| wanted.has_places_of(table)) {
                tables.extend(known);
                continue;
            }
            let bytes = reusable.and_then(|table| wanted.moved(table)).or_else(|| {
                let found = compile(policies, sources, Scope::Workload(workload));
                for diagnostic in found.diagnostics {
                    if !diagnostics.contains(&diagnostic) {
                        diagnostics.push(diagnostic);
                    }
                }
                found.value
            });
            if old.map(|table| &table.bytes) != bytes.as_ref() {
                changed.push(workload.to_owned());
            }
            tables.extend(bytes.map(|bytes| (workload.to_owned(), wanted.compiled(bytes))));
        }
        changed.extend(before.map(|(gone, _)| gone));
        self.tables = tables.into_iter().collect();
        Findings { value: changed, diagnostics }
    }

    /// The bytes of the table of a workload, by the first of its identities.
    #[must_use]
    pub fn get(&self, workload: &str) -> Option<&[u8]> {
        self.tables.get(workload).map(|compiled| compiled.bytes.as_slice())
    }

    /// All workloads with the bytes of their tables, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.tables.iter().map(|(workload, it)| (workload.as_str(), it.bytes.as_slice()))
    }
}

/// What the table of a workload depends on, besides what all depend on.
struct Wanted<'a> {
    names: Vec<String>,
    rules: Vec<&'a Rule>,
    sources: &'a SourceMap,
}

impl<'a> Wanted<'a> {
    fn of(policies: &'a PolicySet, sources: &'a SourceMap, workload: &str) -> Self {
        let (names, rules) = (policies.names_of(workload), policies.rules_of(Some(workload)));
        Self { names, rules, sources }
    }

    /// Whether the table decides the same by rules of the same names.
    fn has_rules_of(&self, known: &Compiled) -> bool {
        self.names == known.names
            && self.rules.len() == known.rules.len()
            && self.rules.iter().zip(&known.rules).all(|(ours, theirs)| ours.means(theirs))
    }

    /// Whether as many rules stand at the same places.
    fn has_places_of(&self, known: &Compiled) -> bool {
        self.places().eq(known.places.iter().map(|(file, line)| (&**file, *line)))
    }

    /// The table with other places of its rules.
    fn moved(&self, known: &Compiled) -> Option<Vec<u8>> {
        let table = Table::from_bytes(known.bytes.as_slice()).ok()?;
        let rules = self.rules.iter().map(|rule| lower::provenance(rule, self.sources));
        plan::with_provenance(&table, &rules.collect::<Vec<_>>()).ok()
    }

    fn compiled(self, bytes: Vec<u8>) -> Compiled {
        let mut places: Vec<Place> = Vec::with_capacity(self.rules.len());
        for (file, line) in self.places() {
            let same = places.last().filter(|(last, _)| **last == *file);
            let file = same.map_or_else(|| Arc::from(file), |(last, _)| Arc::clone(last));
            places.push((file, line));
        }
        let rules = self.rules.iter().map(|rule| (*rule).clone()).collect();
        Compiled { names: self.names, rules, places, bytes }
    }

    fn places(&self) -> impl Iterator<Item = (&str, u32)> {
        self.rules.iter().map(|rule| {
            let place = self.sources.line(rule.span);
            place.map_or(("", 0), |(file, line)| (file.name(), line))
        })
    }
}

#[cfg(test)]
mod tests {
    use smi_model::Limits;

    use super::*;
    use crate::resolve;

    fn update(tables: &mut Tables, text: &str) -> Vec<String> {
        let mut sources = SourceMap::new();
        sources.add("policies.yaml", text).unwrap();
        let read = smi_model::read(&sources, &Limits::default());
        let policies = resolve(&read.value, &Options::default());
        assert_eq!((read.diagnostics, policies.diagnostics), (vec![], vec![]));
        let found = tables.update(&policies.value, &sources);
        assert_eq!(found.diagnostics, []);
        for (workload, bytes) in tables.iter() {
            let afresh = compile(&policies.value, &sources, Scope::Workload(workload));
            assert_eq!(afresh.value.as_deref(), Some(bytes), "{workload}");
        }
        found.value
    }

    fn policies(path: &str, weight: u32) -> String {
        let target = |name: &str| {
            format!(
                "---
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: {{name: {name}, namespace: shop}}
spec:
  destination: {{kind: ServiceAccount, name: {name}}}
  sources: [{{kind: ServiceAccount, name: caller}}]
  rules: [{{kind: HTTPRouteGroup, name: {name}, matches: [m]}}]
"
            )
        };
        let group = |name: &str, path: &str| {
            format!(
                "---
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: {{name: {name}, namespace: shop}}
spec: {{matches: [{{name: m, pathRegex: {path}}}]}}
"
            )
        };
        let split = format!(
            "---
apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata: {{name: s, namespace: shop}}
spec: {{service: web, backends: [{{service: v1, weight: {weight}}}]}}
"
        );
        [target("a"), target("b"), group("a", path), group("b", "/b"), split].concat()
    }

    #[test]
    fn only_what_changed_is_compiled_again() {
        let id = |name: &str| format!("spiffe://cluster.local/ns/shop/sa/{name}");
        let mut tables = Tables::default();
        let text = policies("/a", 1);
        assert_eq!(update(&mut tables, &text), [id("a"), id("b")]);
        assert!(update(&mut tables, &text).is_empty());
        assert_eq!(update(&mut tables, &policies("/other", 1)), [id("a")]);
        assert_eq!(update(&mut tables, &policies("/other", 2)), [id("a"), id("b")], "a split");
    }

    #[test]
    fn lines_that_move_change_tables_but_not_what_they_decide() {
        let mut tables = Tables::default();
        update(&mut tables, &policies("/a", 1));
        let digests = |tables: &Tables| -> Vec<Vec<u8>> {
            let digest = |bytes| Table::from_bytes(bytes).unwrap().digest().to_vec();
            tables.iter().map(|(_, bytes)| digest(bytes)).collect()
        };
        let before = digests(&tables);
        assert_eq!(update(&mut tables, &format!("# A remark.\n{}", policies("/a", 1))).len(), 2);
        assert_eq!(digests(&tables), before);
    }

    #[test]
    fn workloads_that_are_gone_have_no_table() {
        let mut tables = Tables::default();
        update(&mut tables, &policies("/a", 1));
        let gone = update(&mut tables, "{apiVersion: v1, kind: List, items: []}");
        assert_eq!((gone.len(), tables.iter().count()), (2, 0));
    }
}
