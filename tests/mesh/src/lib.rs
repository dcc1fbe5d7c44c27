//! Real Envoy sidecars with mutual TLS on loopback, for the demo and the end-to-end
//! tests.
//!
//! Nothing here is simulated: [`tools`] installs a stock Envoy and builds the
//! filter, [`certificates`] gives every workload a SPIFFE identity, [`envoy`] runs
//! one sidecar per workload, [`apps`] are small HTTP programs that know nothing of
//! policies, and [`policy`] turns YAML files into the tables that the sidecars
//! enforce. [`bookstore`] puts it all together, and [`story`] is what the demo
//! shows and the end-to-end test asserts.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the test harness: it reads files, starts processes and waits"
)]

pub mod apps;
pub mod bookstore;
pub mod certificates;
pub mod envoy;
pub mod http;
pub mod module;
pub mod node;
pub mod policy;
pub mod process;
pub mod prometheus;
mod python;
pub mod story;
pub mod tools;

/// The trust domain of all identities in this mesh.
pub const TRUST_DOMAIN: &str = "cluster.local";

/// A program in the mesh, by the ServiceAccount that it runs under.
///
/// Its Service has the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// The namespace.
    pub namespace: String,
    /// The ServiceAccount's name.
    pub service_account: String,
}

impl Workload {
    /// The workload that runs under `service_account` in `namespace`.
    #[must_use]
    pub fn new(namespace: &str, service_account: &str) -> Self {
        Self { namespace: namespace.to_owned(), service_account: service_account.to_owned() }
    }

    /// The identity in its certificate.
    #[must_use]
    pub fn spiffe_id(&self) -> String {
        policy_compiler::spiffe_id(TRUST_DOMAIN, &self.namespace, &self.service_account)
    }

    /// The name under which other workloads reach it.
    #[must_use]
    pub fn host(&self) -> String {
        format!("{}.{}", self.service_account, self.namespace)
    }
}
