//! From YAML files to the table of each workload, by the real compiler.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use decision_table::Table;
use policy_compiler::back::envoy::{Calls, ServiceName, routes};
use policy_compiler::{Options, PolicySet, Scope};
use serde_json::Value;
use smi_model::Limits;
use smi_model::diagnostic::{Diagnostic, Severity, render};
use smi_model::source::SourceMap;

use crate::TRUST_DOMAIN;

/// The compiled policies of a whole mesh.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    tables: BTreeMap<String, Compiled>,
    set: Option<PolicySet>,
    /// Warnings as text; empty when there are none.
    pub warnings: String,
}

/// The table of one workload.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// What the filter is configured with.
    pub table: Vec<u8>,
    /// The digest inside the table.
    pub digest: Vec<u8>,
}

/// Policies that are not put into force, because they have errors.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{report}")]
pub struct Rejected {
    /// All diagnostics, with snippets.
    pub report: String,
}

impl Policies {
    /// Compiles YAML texts, each with its name.
    ///
    /// # Errors
    ///
    /// [`Rejected`] when any document has an error: half a policy is worse than
    /// the old one.
    pub fn compile(files: &[(String, String)]) -> Result<Self, Rejected> {
        let mut sources = SourceMap::new();
        for (name, text) in files {
            sources
                .add(name, text)
                .map_err(|error| Rejected { report: format!("{name}: {error}") })?;
        }
        let mut found = Collected { sources: &sources, diagnostics: Vec::new() };
        let read = smi_model::read(&sources, &Limits::default());
        found.diagnostics.extend(read.diagnostics);
        let options =
            Options { trust_domains: vec![TRUST_DOMAIN.to_owned()], ..Options::default() };
        let resolved = policy_compiler::resolve(&read.value, &options);
        found.diagnostics.extend(resolved.diagnostics);
        let mut tables = BTreeMap::new();
        for workload in resolved.value.workloads() {
            let built =
                policy_compiler::compile(&resolved.value, &sources, Scope::Workload(workload));
            found.diagnostics.extend(built.diagnostics);
            if let Some(table) = built.value {
                tables.insert(workload.to_owned(), Compiled::new(table)?);
            }
        }
        Ok(Self { tables, set: Some(resolved.value), warnings: found.warnings()? })
    }

    /// Compiles all files of `paths`; a folder stands for the YAML files in it.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or [`Rejected`].
    pub fn load(paths: &[PathBuf]) -> Result<Self> {
        Ok(Self::compile(&read_files(paths)?)?)
    }

    /// Where requests of somebody in `namespace` go, who can connect to `services`.
    #[must_use]
    pub fn routes(&self, namespace: &str, services: &[ServiceName]) -> Value {
        let none = || {
            let nothing = SourceMap::new();
            let read = smi_model::read(&nothing, &Limits::default());
            policy_compiler::resolve(&read.value, &Options::default()).value
        };
        let policies = self.set.clone().unwrap_or_else(none);
        routes(&policies, &Calls { namespace, services, split_key: None }).value
    }

    /// The table of the workload with this identity; none for a workload that the
    /// documents do not know.
    #[must_use]
    pub fn table(&self, spiffe_id: &str) -> Option<&Compiled> {
        self.tables.get(spiffe_id)
    }
}

impl Compiled {
    fn new(table: Vec<u8>) -> Result<Self, Rejected> {
        // INVARIANT: the compiler's tables verify; if one does not, it must not
        // be delivered.
        let digest = Table::from_bytes(&table)
            .map_err(|error| Rejected { report: error.to_string() })?
            .digest()
            .to_vec();
        Ok(Self { table, digest })
    }
}

struct Collected<'a> {
    sources: &'a SourceMap,
    diagnostics: Vec<Diagnostic>,
}

impl Collected<'_> {
    /// The warnings as text, when there is nothing worse. Tables of several
    /// workloads may come with the same finding; it is shown once.
    fn warnings(mut self) -> Result<String, Rejected> {
        let mut seen = Vec::new();
        self.diagnostics.retain(|diagnostic| {
            let new = !seen.contains(diagnostic);
            seen.push(diagnostic.clone());
            new
        });
        let report = render::text(&self.diagnostics, self.sources, false);
        if self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
            return Err(Rejected { report });
        }
        Ok(report)
    }
}

/// Reads `paths` in order, each with its name; a folder stands for the YAML files
/// directly in it, by name.
///
/// # Errors
///
/// When a file or folder cannot be read.
pub fn read_files(paths: &[PathBuf]) -> Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for path in paths {
        let list = if path.is_dir() { yaml_files(path)? } else { vec![path.clone()] };
        for file in list {
            let text = fs::read_to_string(&file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            files.push((shown(&file), text));
        }
    }
    Ok(files)
}

/// The path as the person at the terminal would write it.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}

fn yaml_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files = entries
        .map(|entry| Ok(entry?.path()))
        .filter(|path| !path.as_ref().is_ok_and(|path| !is_yaml(path)))
        .collect::<Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}
