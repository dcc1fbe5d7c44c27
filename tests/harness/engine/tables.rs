//! The product's own path: model, compiler, table.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use decision_table::{Destination, Protocol, Request as Question, Table, Verdict};
use policy_compiler::explain::{Explainer, Known};
use policy_compiler::{Options, Scope};
use smi_model::diagnostic::{Diagnostic, Severity};
use smi_model::source::SourceMap;

use super::{Answer, Decision, Enforcer, Engine, Policies, TRUST_DOMAIN};
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

    fn start(&self, compiler: &Rc<Compiler>) -> Box<dyn Enforcer> {
        match self {
            Self::OfWorkloads => Box::new(WorkloadTables(Rc::clone(compiler))),
            Self::OfMesh => Box::new(MeshTable(compiler.mesh_table())),
        }
    }
}

/// Policies that were resolved, and what it takes to compile them.
pub struct Compiler {
    policies: Policies,
    sources: SourceMap,
    resolved: policy_compiler::PolicySet,
    diagnostics: Vec<Diagnostic>,
    /// Of explanations.
    known: Known,
    mesh_table: OnceCell<SharedTable>,
    /// The tables of workloads that were asked about, by SPIFFE ID.
    workload_tables: RefCell<BTreeMap<String, SharedTable>>,
}

/// `None` when a limit was hit.
type SharedTable = Option<Rc<Table<Vec<u8>>>>;

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
        Self {
            policies: policies.clone(),
            sources,
            resolved: resolved.value,
            diagnostics,
            known: Known::default(),
            mesh_table: OnceCell::new(),
            workload_tables: RefCell::default(),
        }
    }

    /// What was read.
    #[must_use]
    pub fn policies(&self) -> &Policies {
        &self.policies
    }

    /// Explains decisions about these policies.
    #[must_use]
    pub fn explainer(&self) -> Explainer<'_> {
        Explainer::new(&self.resolved, &self.sources).knowing(&self.known)
    }

    /// The table's bytes; `None` when a limit was hit.
    #[must_use]
    pub fn bytes(&self, scope: Scope<'_>) -> Option<Vec<u8>> {
        policy_compiler::compile(&self.resolved, &self.sources, scope).value
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

    /// The table of all workloads; `None` when a limit was hit.
    #[must_use]
    pub fn mesh_table(&self) -> SharedTable {
        self.mesh_table.get_or_init(|| self.table(Scope::Mesh)).clone()
    }

    /// The table of one workload.
    #[must_use]
    pub fn workload_table(&self, workload: &str) -> Option<Rc<Table<Vec<u8>>>> {
        let compile = || self.table(Scope::Workload(workload));
        let mut tables = self.workload_tables.borrow_mut();
        tables.entry(workload.to_owned()).or_insert_with(compile).clone()
    }

    fn table(&self, scope: Scope<'_>) -> SharedTable {
        let bytes = self.bytes(scope)?;
        let table = Table::from_bytes(bytes).expect("a table that was just compiled verifies");
        Some(Rc::new(table))
    }
}

struct WorkloadTables(Rc<Compiler>);

impl Enforcer for WorkloadTables {
    fn decide(&self, request: &Request) -> Decision {
        let table = self.0.workload_table(&request.destination.spiffe_id(TRUST_DOMAIN));
        ask(table.as_deref(), request, Destination::OfTable)
    }

    /// A caller's sidecar asks, whoever the caller is.
    fn shares(&self, namespace: &str, service: &str, request: &Request) -> Option<Answer> {
        let caller = request.source.as_ref().map(|source| source.spiffe_id(TRUST_DOMAIN));
        let table = self.0.workload_table(caller.as_deref().unwrap_or(ANYBODY));
        Some(shares(table.as_deref(), namespace, service, request))
    }
}

struct MeshTable(SharedTable);

impl Enforcer for MeshTable {
    fn decide(&self, request: &Request) -> Decision {
        let workload = request.destination.spiffe_id(TRUST_DOMAIN);
        ask(self.0.as_deref(), request, Destination::Workload(workload.as_bytes()))
    }

    fn shares(&self, namespace: &str, service: &str, request: &Request) -> Option<Answer> {
        Some(shares(self.0.as_deref(), namespace, service, request))
    }
}

/// A workload that no policy mentions.
const ANYBODY: &str = "spiffe://cluster.local/ns/nowhere/sa/nobody";

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
    let question = question(request, peer.as_deref(), destination);
    match table.decide(&question) {
        Verdict::Allowed(_) => Decision::Allow,
        Verdict::Denied(denial) => Decision::Deny(Some(denial.reason.code().to_owned())),
    }
}

/// Asks a table where a request for a root Service goes.
fn shares(
    table: Option<&Table<Vec<u8>>>,
    namespace: &str,
    service: &str,
    request: &Request,
) -> Answer {
    let root = format!("{namespace}/{service}");
    let question = question(request, None, Destination::OfTable);
    let share = table.and_then(|table| table.share(root.as_bytes(), &question));
    let Some(share) = share else { return vec![(service.to_owned(), 1, None)] };
    let backends = share.backends().map(|backend| {
        let of_namespace = backend.service.strip_prefix(namespace);
        let name = of_namespace.and_then(|rest| rest.strip_prefix('/'));
        let name = name.expect("backends are of the namespace of their root");
        (name.to_owned(), backend.weight.into(), backend.target_port)
    });
    backends.collect()
}

/// The request as tables are asked about it.
pub(super) fn question<'a>(
    request: &'a Request,
    peer: Option<&'a str>,
    destination: Destination<'a>,
) -> Question<'a> {
    Question {
        protocol: match request.protocol {
            request::Protocol::Http => Protocol::Http,
            request::Protocol::Tcp => Protocol::Tcp,
            request::Protocol::Udp => Protocol::Udp,
        },
        peer: peer.map(str::as_bytes),
        destination,
        port: request.port,
        method: request.method.as_ref().map(AsRef::as_ref),
        path: request.path.as_ref().map(AsRef::as_ref),
        authority: request.host.as_ref().map(AsRef::as_ref),
        headers: request,
    }
}

impl decision_table::Headers for Request {
    fn visit(&self, name: &[u8], visit: &mut dyn FnMut(&[u8])) {
        decision_table::Headers::visit(self.headers.as_slice(), name, visit);
    }
}
