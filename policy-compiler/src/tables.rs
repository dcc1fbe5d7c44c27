//! The tables of all workloads, kept up to date while policies change.

use std::collections::BTreeMap;

use decision_table::Table;
use decision_table::plan;
use smi_model::diagnostic::Findings;
use smi_model::source::{SourceMap, Span};

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
    /// What the table calls them, and where they stand.
    places: Vec<plan::Rule>,
    bytes: Vec<u8>,
}

impl Tables {
    /// Brings all tables up to date. The value names the workloads whose tables
    /// are others now, or are gone, in order.
    ///
    /// A workload whose policies exceed a limit has no table.
    pub fn update(&mut self, policies: &PolicySet, sources: &SourceMap) -> Findings<Vec<String>> {
        let is_common = self.common.as_ref().is_some_and(|(options, splits)| {
            *options == policies.options && means_the_same(splits, &policies.splits)
        });
        if !is_common {
            self.common = Some((policies.options.clone(), policies.splits.clone()));
        }
        let mut before = std::mem::take(&mut self.tables);
        let mut changed = Vec::new();
        let mut diagnostics = Vec::new();
        for workload in policies.workloads() {
            let known = before.remove(workload);
            let wanted = Wanted::of(policies, sources, workload);
            let reused = known.as_ref().filter(|_| is_common).and_then(|it| wanted.reuse(it));
            let compiled = reused.or_else(|| {
                let found = compile(policies, sources, Scope::Workload(workload));
                for diagnostic in found.diagnostics {
                    if !diagnostics.contains(&diagnostic) {
                        diagnostics.push(diagnostic);
                    }
                }
                found.value.map(|bytes| wanted.compiled(bytes))
            });
            let bytes = |of: &Option<Compiled>| of.as_ref().map(|it| it.bytes.clone());
            if bytes(&known) != bytes(&compiled) {
                changed.push(workload.to_owned());
            }
            self.tables.extend(compiled.map(|compiled| (workload.to_owned(), compiled)));
        }
        changed.extend(before.into_keys());
        changed.sort_unstable();
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
    places: Vec<plan::Rule>,
}

impl<'a> Wanted<'a> {
    fn of(policies: &'a PolicySet, sources: &SourceMap, workload: &str) -> Self {
        let rules = policies.rules_of(Some(workload));
        let places = rules.iter().map(|rule| lower::provenance(rule, sources)).collect();
        Self { names: policies.names_of(workload), rules, places }
    }

    /// The table as it was, when nothing changed but perhaps the lines of rules.
    fn reuse(&self, known: &Compiled) -> Option<Compiled> {
        let is_alike = self.names == known.names
            && self.rules.len() == known.rules.len()
            && self.rules.iter().zip(&known.rules).all(|(ours, theirs)| ours.means(theirs));
        if !is_alike {
            return None;
        }
        if self.places == known.places {
            return Some(known.clone());
        }
        let table = Table::from_bytes(known.bytes.as_slice()).ok()?;
        plan::with_provenance(&table, &self.places).ok().map(|bytes| self.compiled(bytes))
    }

    fn compiled(&self, bytes: Vec<u8>) -> Compiled {
        Compiled {
            names: self.names.clone(),
            rules: self.rules.iter().map(|rule| (*rule).clone()).collect(),
            places: self.places.clone(),
            bytes,
        }
    }
}

fn means_the_same(some: &[Split], others: &[Split]) -> bool {
    let without_places = |split: &Split| Split { span: Span::default(), ..split.clone() };
    some.iter().map(without_places).eq(others.iter().map(without_places))
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
