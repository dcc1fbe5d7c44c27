//! Compiles Service Mesh Interface policies to decision tables.
//!
//! ```
//! use decision_table::Table;
//! use policy_compiler::{Options, Scope, compile, query::Query, resolve};
//! use smi_model::{Limits, source::SourceMap};
//!
//! let mut sources = SourceMap::new();
//! sources.add("policy.yaml", r#"
//! apiVersion: specs.smi-spec.io/v1alpha4
//! kind: HTTPRouteGroup
//! metadata: {name: books, namespace: bookstore}
//! spec:
//!   matches:
//!   - {name: read, pathRegex: /books, methods: [GET]}
//! ---
//! apiVersion: access.smi-spec.io/v1alpha3
//! kind: TrafficTarget
//! metadata: {name: readers, namespace: bookstore}
//! spec:
//!   destination: {kind: ServiceAccount, name: bookstore, namespace: bookstore}
//!   sources: [{kind: ServiceAccount, name: reader, namespace: library}]
//!   rules: [{kind: HTTPRouteGroup, name: books, matches: [read]}]
//! "#)?;
//! let read = smi_model::read(&sources, &Limits::default());
//! let policies = resolve(&read.value, &Options::default());
//! let bytes = compile(&policies.value, &sources, Scope::Mesh).value.expect("within the limits");
//!
//! let table = Table::from_bytes(bytes)?;
//! let query: Query = serde_json::from_str(r#"{
//!     "source": {"namespace": "library", "service_account": "reader"},
//!     "destination": {"namespace": "bookstore", "service_account": "bookstore"},
//!     "method": "GET", "path": "/books"
//! }"#)?;
//! assert_eq!(query.ask(&table, "cluster.local").decision, "allow");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Tour
//!
//! - [`resolve()`] looks up every name and gives a [`PolicySet`], in which nothing
//!   dangles. What it cannot understand it reports, and grants nothing.
//! - [`compile()`] turns a [`PolicySet`] into the bytes of a [`decision_table::Table`],
//!   for one workload or for the mesh. The same policies give the same bytes,
//!   whatever the order of documents and files.
//! - [`Tables`] are those of all workloads, which it keeps up to date while policies
//!   change.
//! - [`explain`] tells all that the nearest rules miss of a request.
//! - [`query`] asks a table, in JSON.
//! - [`back::envoy`] says policies, and the filter that enforces them, in Envoy's words.
//! - [`lint`] tells what policies say that is perhaps not meant, each time with a
//!   request that shows it.
//!
//! Inside, `automata` makes small deterministic automata of regular expressions,
//! and `lower` joins them with all other attributes in a decision diagram, so that
//! the cost of a decision does not grow with the number of rules.
//!
//! The crate reads no files, no clock and no environment.

mod automata;
pub mod back;
pub mod code;
mod compile;
mod example;
pub mod explain;
mod identity;
mod ir;
pub mod lint;
mod lower;
mod options;
pub mod query;
mod resolve;
mod tables;

pub use compile::{Scope, compile};
pub use decision_table::Dialect;
pub use decision_table::{IdentityForm, UnknownForm};
pub use ir::{Backend, PolicySet, Share, Split};
pub use options::{Limits, Options};
pub use resolve::{accounts, resolve};
pub use tables::Tables;

/// The SPIFFE ID of a ServiceAccount.
///
/// ```
/// let id = policy_compiler::spiffe_id("cluster.local", "bookstore", "bookstore-v1");
/// assert_eq!(id, "spiffe://cluster.local/ns/bookstore/sa/bookstore-v1");
/// ```
#[must_use]
pub fn spiffe_id(trust_domain: &str, namespace: &str, service_account: &str) -> String {
    format!("spiffe://{trust_domain}/ns/{namespace}/sa/{service_account}")
}
