//! One shop with its sidecar, and nobody else: for tests that do to it what should
//! never happen.

use std::path::Path;
use std::sync::LazyLock;

use anyhow::{Context, Error, Result};
use loopback_mesh::Workload;
use loopback_mesh::apps::{Host, Store};
use loopback_mesh::bookstore::example;
use loopback_mesh::certificates::Authority;
use loopback_mesh::envoy::{Policy, Settings, Sidecar};
use loopback_mesh::policy::{Compiled, Policies};
use loopback_mesh::process::RunFolder;
use loopback_mesh::tools::Tools;

use super::client::Client;

/// bookstore-v1 behind a real Envoy.
pub(super) struct Shop {
    pub(super) sidecar: Sidecar,
    pub(super) store: Store,
    authority: Authority,
    folder: RunFolder,
    _host: Host,
}

impl Shop {
    /// Opens the shop with `policy` in force, and with settings changed by `change`.
    pub(super) fn open(
        label: &str,
        policy: Policy<'_>,
        change: impl FnOnce(&mut Settings),
    ) -> Result<Self> {
        let tools = tools()?;
        let folder = RunFolder::new(label)?;
        let host = Host::new()?;
        let (store, _) = Store::open(&host)?;
        let authority = Authority::new()?;
        let certificate = authority.issue(&workload())?.write(&authority, folder.path())?;
        let mut settings = Settings::new(label, certificate, store.address(), &tools.filter);
        change(&mut settings);
        let sidecar = Sidecar::start(&tools.envoy, &settings, folder.path(), policy)?;
        Ok(Self { sidecar, store, authority, folder, _host: host })
    }

    /// Opens the shop, and waits until `table` is in force.
    pub(super) fn enforcing(
        label: &str,
        table: &Compiled,
        change: impl FnOnce(&mut Settings),
    ) -> Result<Self> {
        let mut shop = Self::open(label, Policy::Table(&table.table), change)?;
        shop.sidecar.wait_for_table(&table.digest)?;
        Ok(shop)
    }

    /// Where the shop's files are.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A client with a certificate of this ServiceAccount, in the namespace of the
    /// same name.
    pub(super) fn client(&self, service_account: &str) -> Result<Client> {
        self.client_of(&Workload::new(service_account, service_account))
    }

    /// A client with a certificate of this workload.
    pub(super) fn client_of(&self, caller: &Workload) -> Result<Client> {
        let identity = self.authority.issue(caller)?;
        Client::new(self.sidecar.inbound(), &workload(), &self.authority, Some(&identity))
    }

    /// A client whose certificate has these names, which no authority should give it.
    pub(super) fn odd_client(&self, uris: &[&[u8]]) -> Result<Client> {
        let identity = self.authority.issue_odd(uris)?;
        Client::new(self.sidecar.inbound(), &workload(), &self.authority, Some(&identity))
    }

    /// A client without a certificate.
    pub(super) fn stranger(&self) -> Result<Client> {
        Client::new(self.sidecar.inbound(), &workload(), &self.authority, None)
    }

    /// A client who says to be bookbuyer, with a certificate that our authority did
    /// not issue.
    pub(super) fn impostor(&self) -> Result<Client> {
        let identity = Authority::new()?.issue(&Workload::new("bookbuyer", "bookbuyer"))?;
        Client::new(self.sidecar.inbound(), &workload(), &self.authority, Some(&identity))
    }
}

/// The table of the shop under the example's policies.
pub(super) fn table() -> Result<Compiled> {
    let policies = Policies::load(&[example()])?;
    policies.table(&workload().spiffe_id()).cloned().context("the example lacks bookstore-v1")
}

/// Envoy and the filter, prepared once for all tests.
pub(super) fn tools() -> Result<&'static Tools> {
    static TOOLS: LazyLock<Result<Tools>> =
        LazyLock::new(|| Tools::prepare(&|step| eprintln!("{step}")));
    TOOLS.as_ref().map_err(|error| Error::msg(format!("{error:#}")))
}

/// Whose shop it is.
pub(super) fn workload() -> Workload {
    Workload::new("bookstore", "bookstore-v1")
}
