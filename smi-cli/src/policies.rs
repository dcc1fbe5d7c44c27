//! What all commands do with policies: read, resolve, show what is wrong.

use std::path::PathBuf;

use policy_compiler::lint::{Levels, lint};
use policy_compiler::{Dialect, IdentityForm, Options, PolicySet, Scope, compile, resolve};
use smi_model::ReadOptions;
use smi_model::canonical::Bundle;
use smi_model::diagnostic::{Diagnostic, Findings, Severity, render};
use smi_model::source::SourceMap;

use crate::{Failure, input};

/// How policies are read.
#[derive(clap::Args)]
pub(crate) struct Reading {
    /// How the open questions of the specification are answered: `spec`, `osm`,
    /// `traefik` or `nginx`.
    #[arg(long, default_value = "spec", value_name = "NAME")]
    dialect: Dialect,

    /// The trust domain of the identities. Repeat it for others whose certificates
    /// are valid as well; workloads are named after the first.
    #[arg(long = "trust-domain", default_value = "cluster.local", value_name = "DOMAIN")]
    trust_domains: Vec<String>,

    /// How certificates name ServiceAccounts: `spiffe`, or `service-name` for
    /// `NAME.NAMESPACE.DOMAIN`.
    #[arg(long = "identities", default_value = "spiffe", value_name = "FORM")]
    identity_form: IdentityForm,

    /// Read SMI objects without `apiVersion` as the newest version that fits them.
    #[arg(long)]
    assume_version: bool,
}

/// Policies that were read, and what was found.
pub(crate) struct Policies {
    pub(crate) sources: SourceMap,
    pub(crate) bundle: Bundle,
    resolved: Findings<PolicySet>,
    /// What was found while they were read and compiled.
    others: Vec<Diagnostic>,
}

impl Reading {
    pub(crate) fn options(&self) -> Options {
        Options {
            dialect: self.dialect,
            trust_domains: self.trust_domains.clone(),
            identity_form: self.identity_form,
            ..Options::default()
        }
    }

    /// Reads and resolves the policies of files, folders or standard input.
    pub(crate) fn read(&self, arguments: &[PathBuf]) -> Result<Policies, Failure> {
        let sources = sources(arguments)?;
        let reading =
            ReadOptions { assume_versions: self.assume_version, ..ReadOptions::default() };
        let read = smi_model::read_with(&sources, &reading);
        let resolved = resolve(&read.value, &self.options());
        Ok(Policies { sources, bundle: read.value, resolved, others: read.diagnostics })
    }
}

/// The texts of files, folders or standard input.
pub(crate) fn sources(arguments: &[PathBuf]) -> Result<SourceMap, Failure> {
    let mut sources = SourceMap::new();
    for path in input::files(arguments)? {
        sources.add_bytes(path.display().to_string(), input::bytes(&path)?)?;
    }
    Ok(sources)
}

impl Policies {
    /// What was understood.
    pub(crate) const fn set(&self) -> &PolicySet {
        &self.resolved.value
    }

    /// Looks for what is perhaps not meant.
    pub(crate) fn lint(&mut self, levels: &Levels) {
        let found = lint(&self.bundle, &self.resolved, &self.sources, levels);
        self.resolved.diagnostics = found;
    }

    /// Everything that was found, in the order of the text.
    fn diagnostics(&self) -> Vec<Diagnostic> {
        let mut all = [self.others.as_slice(), &self.resolved.diagnostics].concat();
        smi_model::diagnostic::sort(&mut all);
        all
    }

    /// The bytes of a table; `None`, and a finding more, when a limit is exceeded.
    pub(crate) fn table(&mut self, scope: Scope<'_>) -> Option<Vec<u8>> {
        let compiled = compile(&self.resolved.value, &self.sources, scope);
        self.add(compiled.diagnostics);
        compiled.value
    }

    /// Remembers what was found, each thing once.
    pub(crate) fn add(&mut self, diagnostics: Vec<Diagnostic>) {
        for diagnostic in diagnostics {
            if !self.others.contains(&diagnostic) {
                self.others.push(diagnostic);
            }
        }
    }

    /// Shows what was found, on standard error.
    pub(crate) fn show(&self) {
        anstream::eprint!("{}", render::text(&self.diagnostics(), &self.sources, true));
    }

    /// The first error, in a line.
    pub(crate) fn first_error(&self) -> Option<String> {
        let all = self.diagnostics();
        let error = all.iter().find(|diagnostic| diagnostic.severity == Severity::Error)?;
        let text = render::text(std::slice::from_ref(error), &self.sources, false);
        let place = text.lines().nth(1).unwrap_or_default();
        Some(format!("{}: {}", place.trim_start_matches([' ', '-', '>']), error.message))
    }

    /// How many findings there are of a severity.
    pub(crate) fn count(&self, severity: Severity) -> usize {
        let all = self.others.iter().chain(&self.resolved.diagnostics);
        all.filter(|diagnostic| diagnostic.severity == severity).count()
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }
}

/// `1 error`, `2 errors`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}
