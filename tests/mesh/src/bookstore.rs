//! The whole town: every workload with its sidecar, and customers who never stop.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, Result};
use decision_table::Mode;
use policy_compiler::back::envoy::{Configuration, ServiceName, Splits, Upstream};
use serde_json::Value;

use crate::Workload;
use crate::apps::{Host, Purchases, Restocker, Shopper, Store, Warehouse};
use crate::certificates::Authority;
use crate::envoy::{Policy, Settings, Sidecar, upstream};
use crate::policy::{Compiled, Policies};
use crate::process::RunFolder;
use crate::tools::{Tools, workspace_root};

/// The running bookstore. Everything ends when it is dropped.
#[derive(Debug)]
pub struct Bookstore {
    // Dropped in this order: customers first, so that they see no broken shop.
    buyer: Shopper,
    thief: Shopper,
    stores: [Store; 2],
    warehouse: Warehouse,
    _restockers: [Restocker; 2],
    town: Town,
    _host: Host,
}

/// What can be counted, since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// What bookbuyer got.
    pub buyer: Purchases,
    /// What bookthief got.
    pub thief: Purchases,
    /// Books sold by bookstore-v1 and bookstore-v2, to whomever.
    pub sold: [u64; 2],
    /// Books that the warehouse delivered.
    pub restocked: u64,
}

impl Bookstore {
    /// Starts all Envoys and applications, without any policy in force. Their files
    /// are under `target/mesh/<label>-…`.
    ///
    /// # Errors
    ///
    /// When anything does not start; with the last lines of its log.
    pub fn start(tools: &Tools, label: &str) -> Result<Self> {
        Self::start_with(tools, label, Splits::Native)
    }

    /// The same, and somebody else may choose the backends of splits.
    ///
    /// # Errors
    ///
    /// When anything does not start; with the last lines of its log.
    pub fn start_with(tools: &Tools, label: &str, splits: Splits) -> Result<Self> {
        let host = Host::new()?;
        let mut town = Town::new(tools, label, splits)?;
        let warehouse = Warehouse::open(&host)?;
        town.move_in("bookwarehouse", "bookwarehouse", warehouse.address())?;
        let (v1, sales_of_v1) = Store::open(&host)?;
        let restocker_v1 =
            Restocker::start(sales_of_v1, town.move_in("bookstore", "bookstore-v1", v1.address())?);
        let (v2, sales_of_v2) = Store::open(&host)?;
        let restocker_v2 =
            Restocker::start(sales_of_v2, town.move_in("bookstore", "bookstore-v2", v2.address())?);
        // Nobody calls the customers; a closed port is all they need.
        let nothing = SocketAddr::from(([127, 0, 0, 1], 9));
        let buyer = Shopper::start(town.move_in("bookbuyer", "bookbuyer", nothing)?);
        let thief = Shopper::start(town.move_in("bookthief", "bookthief", nothing)?);
        Ok(Self {
            buyer,
            thief,
            stores: [v1, v2],
            warehouse,
            _restockers: [restocker_v1, restocker_v2],
            town,
            _host: host,
        })
    }

    /// Puts `policies` in force everywhere, or none, and waits until they are.
    ///
    /// # Errors
    ///
    /// When a sidecar does not take its table; with the last lines of its log.
    pub fn apply(&mut self, policies: Option<&Policies>) -> Result<()> {
        self.apply_all(InForce { policies, ..InForce::default() })
    }

    /// Puts policies in force everywhere as it is said, and waits until they are.
    ///
    /// # Errors
    ///
    /// When a sidecar does not take its table; with the last lines of its log.
    pub fn apply_all(&mut self, in_force: InForce<'_>) -> Result<()> {
        self.deliver_all(in_force)?;
        for resident in &mut self.town.residents {
            let digest = compiled(in_force.policies, resident).map(|it| it.digest.as_slice());
            let sidecar = &mut resident.sidecar;
            sidecar.wait_for_table(digest.unwrap_or_default())?;
            // The same table may come with another mode.
            let mode = Mode::ALL.iter().position(|mode| *mode == in_force.mode);
            let is_in_force = |number| usize::try_from(number).ok() == mode;
            sidecar.wait_for_stat("wasmcustom.smi_filter.mode", is_in_force)?;
        }
        Ok(())
    }

    /// Hands `policies` to all sidecars, or none, without waiting for an effect.
    /// Without policies, requests go where they went before.
    ///
    /// # Errors
    ///
    /// When a file cannot be replaced.
    pub fn deliver(&mut self, policies: Option<&Policies>) -> Result<()> {
        self.deliver_all(InForce { policies, ..InForce::default() })
    }

    fn deliver_all(&mut self, in_force: InForce<'_>) -> Result<()> {
        for index in 0..self.town.residents.len() {
            let (earlier, later) = self.town.residents.split_at_mut(index);
            let Some(resident) = later.first_mut() else { break };
            if let Some(policies) = in_force.policies {
                resident.sidecar.route(&routes(&resident.workload, earlier, policies))?;
            }
            let table = |policies| compiled(policies, resident).map(|it| it.table.as_slice());
            let configuration = Configuration {
                table: table(in_force.policies),
                shadow: table(in_force.shadow),
                mode: in_force.mode,
                ..Configuration::default()
            };
            resident.sidecar.deliver(Policy::Configured(configuration))?;
        }
        Ok(())
    }

    /// How many requests the policies that are only watched would have decided
    /// otherwise, since the start.
    ///
    /// # Errors
    ///
    /// When a sidecar does not answer.
    pub fn differences(&self) -> Result<u64> {
        let counters = ["newly_allowed", "newly_denied"];
        let mut sum = 0;
        for (_, sidecar) in self.sidecars() {
            for counter in counters {
                let name = format!("wasmcustom.smi_filter.shadow.{counter}");
                sum += sidecar.stat(&name)?.unwrap_or_default();
            }
        }
        Ok(sum)
    }

    /// All counters, now.
    #[must_use]
    pub fn counters(&self) -> Counters {
        Counters {
            buyer: self.buyer.purchases(),
            thief: self.thief.purchases(),
            sold: [self.stores[0].sold(), self.stores[1].sold()],
            restocked: self.warehouse.delivered(),
        }
    }

    /// The sidecars with their workloads, in the order in which they started.
    pub fn sidecars(&self) -> impl Iterator<Item = (&Workload, &Sidecar)> {
        self.town.residents.iter().map(|resident| (&resident.workload, &resident.sidecar))
    }

    /// The sidecar of the workload that runs under this ServiceAccount.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn sidecar(&mut self, service_account: &str) -> Result<&mut Sidecar> {
        self.town
            .residents
            .iter_mut()
            .find(|resident| resident.workload.service_account == service_account)
            .map(|resident| &mut resident.sidecar)
            .with_context(|| format!("nobody runs as {service_account}"))
    }

    /// Where the logs are; they stay there when this is called.
    pub fn keep_logs(&mut self) -> PathBuf {
        self.town.folder.keep();
        self.town.folder.path().to_owned()
    }
}

/// What is put in force.
#[derive(Clone, Copy, Debug, Default)]
pub struct InForce<'a> {
    /// The policies; none: everything is denied.
    pub policies: Option<&'a Policies>,
    /// Policies that are only watched.
    pub shadow: Option<&'a Policies>,
    /// Whether the policies are enforced.
    pub mode: Mode,
}

impl Counters {
    /// What happened since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            buyer: self.buyer.since(&earlier.buyer),
            thief: self.thief.since(&earlier.thief),
            sold: [self.sold[0] - earlier.sold[0], self.sold[1] - earlier.sold[1]],
            restocked: self.restocked - earlier.restocked,
        }
    }
}

/// The example policies that the story is about.
#[must_use]
pub fn example() -> PathBuf {
    examples().join("bookstore")
}

/// All example policies, a folder each.
#[must_use]
pub fn examples() -> PathBuf {
    workspace_root().join("examples")
}

/// Workloads with sidecars that know each other.
#[derive(Debug)]
struct Town {
    residents: Vec<Resident>,
    authority: Authority,
    tools: Tools,
    example: Policies,
    /// Who chooses the backends of splits.
    splits: Splits,
    folder: RunFolder,
}

#[derive(Debug)]
struct Resident {
    workload: Workload,
    sidecar: Sidecar,
}

impl Town {
    fn new(tools: &Tools, label: &str, splits: Splits) -> Result<Self> {
        Ok(Self {
            residents: Vec::new(),
            authority: Authority::new()?,
            tools: tools.clone(),
            example: Policies::load(&[example()])?,
            splits,
            folder: RunFolder::new(label)?,
        })
    }

    /// Starts the sidecar of a workload, which may call everybody who moved in
    /// before, and returns its outbound listener.
    fn move_in(
        &mut self,
        namespace: &str,
        service_account: &str,
        application: SocketAddr,
    ) -> Result<SocketAddr> {
        let workload = Workload::new(namespace, service_account);
        let folder = self.folder.path().join(service_account);
        fs::create_dir_all(&folder)?;
        let certificate = self.authority.issue(&workload)?.write(&self.authority, &folder)?;
        let settings = Settings {
            upstreams: self.residents.iter().map(Resident::upstream).collect(),
            splits: self.splits,
            routes: routes(&workload, &self.residents, &self.example),
            ..Settings::new(&workload.host(), certificate, application, &self.tools.filter)
        };
        let sidecar = Sidecar::start(&self.tools.envoy, &settings, &folder, Policy::None)?;
        let outbound = sidecar.outbound();
        self.residents.push(Resident { workload, sidecar });
        Ok(outbound)
    }
}

impl Resident {
    fn upstream(&self) -> Upstream {
        upstream(&self.workload, self.sidecar.inbound())
    }
}

/// Where the requests of a workload go: to the Services of `residents`, and to the
/// roots of splits among these.
fn routes(workload: &Workload, residents: &[Resident], policies: &Policies) -> Value {
    let services: Vec<ServiceName> =
        residents.iter().map(|resident| resident.upstream().service).collect();
    policies.routes(&workload.namespace, &services)
}

/// The table of a resident.
fn compiled<'a>(policies: Option<&'a Policies>, resident: &Resident) -> Option<&'a Compiled> {
    policies.and_then(|all| all.table(&resident.workload.spiffe_id()))
}
