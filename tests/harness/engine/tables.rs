//! The product's own path: model, compiler, table.

use std::cell::RefCell;
use std::collections::BTreeMap;

use decision_table::{Destination, Protocol, Request as Question, Table, Verdict};
use policy_compiler::{Options, Scope};
use smi_model::diagnostic::{Diagnostic, Severity};
use smi_model::source::SourceMap;

use super::{Decision, Enforcer, Engine, Policies, TRUST_DOMAIN};
use crate::request::{self, Request};

/// Compiled tables, natively evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tables {
    /// One table per workload, as sidecars get it.
    OfWorkloads,
    /// One table for the whole mesh.
    OfMesh,
}

impl Engine for Tables {
    fn name(&self) -> &'static str {
        match self {
            Self::OfWorkloads => "workload table",
            Self::OfMesh => "mesh table",
        }
    }

    fn load(&self, policies: &Policies) -> Box<dyn Enforcer> {
        let compiler = Compiler::new(policies);
        match self {
            Self::OfWorkloads => Box::new(compiler),
            Self::OfMesh => Box::new(MeshTable(compiler.table(Scope::Mesh))),
        }
    }
}

/// Policies that were resolved, and what it takes to compile them.
pub struct Compiler {
    sources: SourceMap,
    policies: policy_compiler::PolicySet,
    diagnostics: Vec<Diagnostic>,
    /// The tables of workloads that were asked about, by SPIFFE ID.
    tables: RefCell<BTreeMap<String, Option<Table<Vec<u8>>>>>,
}

impl Compiler {
    /// Reads and resolves.
    #[must_use]
    pub fn new(policies: &Policies) -> Self {
        let mut sources = SourceMap::new();
        for file in &policies.files {
            sources.add(&*file.name, &*file.text).expect("test policies are small");
        }
        let options = Options {
            dialect: policies.dialect,
            trust_domains: vec![TRUST_DOMAIN.to_owned()],
            ..Options::default()
        };
        let read = smi_model::read(&sources, &smi_model::Limits::default());
        let resolved = policy_compiler::resolve(&read.value, &options);
        let diagnostics = [read.diagnostics, resolved.diagnostics].concat();
        Self { sources, policies: resolved.value, diagnostics, tables: RefCell::default() }
    }

    /// The table's bytes; `None` when a limit was hit.
    #[must_use]
    pub fn bytes(&self, scope: Scope<'_>) -> Option<Vec<u8>> {
        policy_compiler::compile(&self.policies, &self.sources, scope).value
    }

    /// Whether anything was wrong with the documents.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether there is a finding of this kind.
    #[must_use]
    pub fn reports(&self, code: &str) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.code.name == code)
    }

    /// What was found, as a person sees it.
    #[must_use]
    pub fn report(&self) -> String {
        smi_model::diagnostic::render::text(&self.diagnostics, &self.sources, false)
    }

    pub(super) fn table(&self, scope: Scope<'_>) -> Option<Table<Vec<u8>>> {
        let bytes = self.bytes(scope)?;
        Some(Table::from_bytes(bytes).expect("a table that was just compiled verifies"))
    }
}

impl Enforcer for Compiler {
    fn decide(&self, request: &Request) -> Decision {
        let workload = request.destination.spiffe_id(TRUST_DOMAIN);
        let mut tables = self.tables.borrow_mut();
        let compile = || self.table(Scope::Workload(&workload));
        let table = tables.entry(workload.clone()).or_insert_with(compile);
        ask(table.as_ref(), request, Destination::OfTable)
    }
}

struct MeshTable(Option<Table<Vec<u8>>>);

impl Enforcer for MeshTable {
    fn decide(&self, request: &Request) -> Decision {
        let workload = request.destination.spiffe_id(TRUST_DOMAIN);
        ask(self.0.as_ref(), request, Destination::Workload(workload.as_bytes()))
    }
}

fn ask(
    table: Option<&Table<Vec<u8>>>,
    request: &Request,
    destination: Destination<'_>,
) -> Decision {
    // A host without a table denies.
    let Some(table) = table else { return Decision::Deny(Some("no_policy".to_owned())) };
    decide(table, request, destination)
}

/// Asks a table, whatever it is about.
pub fn decide<B: AsRef<[u8]>>(
    table: &Table<B>,
    request: &Request,
    destination: Destination<'_>,
) -> Decision {
    let peer = request.source.as_ref().map(|source| source.spiffe_id(TRUST_DOMAIN));
    let verdict = table.decide(&Question {
        protocol: match request.protocol {
            request::Protocol::Http => Protocol::Http,
            request::Protocol::Tcp => Protocol::Tcp,
            request::Protocol::Udp => Protocol::Udp,
        },
        peer: peer.as_deref().map(str::as_bytes),
        destination,
        port: request.port,
        method: request.method.as_ref().map(AsRef::as_ref),
        path: request.path.as_ref().map(AsRef::as_ref),
        authority: request.host.as_ref().map(AsRef::as_ref),
        headers: request,
    });
    match verdict {
        Verdict::Allowed(_) => Decision::Allow,
        Verdict::Denied(denial) => Decision::Deny(Some(denial.reason.code().to_owned())),
    }
}

impl decision_table::Headers for Request {
    fn visit(&self, name: &[u8], visit: &mut dyn FnMut(&[u8])) {
        decision_table::Headers::visit(self.headers.as_slice(), name, visit);
    }
}
