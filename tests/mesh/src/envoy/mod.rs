//! A real Envoy beside one application.

mod discovery;
mod settings;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use policy_compiler::back::envoy::Protocol;
use serde_json::Value;

pub use discovery::Policy;
pub use settings::{Settings, upstream};

use discovery::{Files, folder_in as discovery_folder};

use crate::http;
use crate::process::Process;

/// How long an Envoy may take to start on a busy machine.
const START: Duration = Duration::from_secs(60);

/// How long a new table may take to come into force.
const APPLY: Duration = Duration::from_secs(10);

/// A running sidecar. It ends when this value is dropped.
#[derive(Debug)]
pub struct Sidecar {
    process: Process,
    discovery: Files,
    envoy: PathBuf,
    folder: PathBuf,
    /// The name of the inbound listener.
    listener: &'static str,
    /// The filter's gauge that names the table in force.
    table_id: &'static str,
    addresses: Addresses,
}

/// Where a running Envoy listens.
#[derive(Clone, Copy, Debug)]
struct Addresses {
    admin: SocketAddr,
    inbound: SocketAddr,
    outbound: SocketAddr,
}

impl Sidecar {
    /// Starts an Envoy whose files live in `folder`, and waits until it serves.
    ///
    /// # Errors
    ///
    /// When Envoy is missing, ends, or is not ready in time; with the last lines
    /// of its log.
    pub fn start(
        envoy: &Path,
        settings: &Settings,
        folder: &Path,
        policy: Policy<'_>,
    ) -> Result<Self> {
        let mut discovery = Files::create(folder, &settings.filter)?;
        discovery.deliver(policy)?;
        discovery.route(&settings.routes)?;
        fs::write(configuration(folder), format!("{:#}", settings.render(folder)))?;
        let (listener, table_id) = match settings.protocol {
            Protocol::Http => ("inbound-http-0", "wasmcustom.smi_filter.table_id"),
            Protocol::Tcp => ("inbound-tcp-0", "wasmcustom.smi_tcp.table_id"),
        };
        let (process, addresses) = launch(envoy, folder, listener)?;
        let (envoy, folder) = (envoy.to_owned(), folder.to_owned());
        Ok(Self { process, discovery, envoy, folder, listener, table_id, addresses })
    }

    /// Kills Envoy as a crash would, and starts it again with the files that are there.
    /// It listens on other ports then.
    ///
    /// # Errors
    ///
    /// When it does not start; with the last lines of its log.
    pub fn restart(&mut self) -> Result<()> {
        self.process.kill();
        fs::remove_file(admin_file(&self.folder))?;
        (self.process, self.addresses) = launch(&self.envoy, &self.folder, self.listener)?;
        Ok(())
    }

    /// How much memory Envoy has, in bytes.
    ///
    /// # Errors
    ///
    /// When the system does not say it.
    pub fn memory(&self) -> Result<u64> {
        self.process.memory()
    }

    /// The folder of discovery files, which Envoy watches.
    #[must_use]
    pub fn discovery(&self) -> PathBuf {
        discovery_folder(&self.folder)
    }

    /// Where other sidecars connect, with mutual TLS.
    #[must_use]
    pub const fn inbound(&self) -> SocketAddr {
        self.addresses.inbound
    }

    /// Where the application sends its requests, in plain HTTP.
    #[must_use]
    pub const fn outbound(&self) -> SocketAddr {
        self.addresses.outbound
    }

    /// Envoy's admin interface.
    #[must_use]
    pub const fn admin(&self) -> SocketAddr {
        self.addresses.admin
    }

    /// Delivers `policy` without waiting for an effect.
    ///
    /// # Errors
    ///
    /// When the file cannot be replaced.
    pub fn deliver(&mut self, policy: Policy<'_>) -> Result<()> {
        self.discovery.deliver(policy)
    }

    /// Sends the application's requests another way, without waiting for an effect.
    ///
    /// # Errors
    ///
    /// When the file cannot be replaced.
    pub fn route(&mut self, routes: &Value) -> Result<()> {
        self.discovery.route(routes)
    }

    /// Waits until the table with this digest decides; an empty digest: none.
    ///
    /// # Errors
    ///
    /// When it does not within ten seconds; with the last lines of Envoy's log.
    pub fn wait_for_table(&mut self, digest: &[u8]) -> Result<()> {
        let expected = table_id(digest);
        let admin = self.addresses.admin;
        let metric = self.table_id;
        self.process.wait_for(&format!("table {expected:08x} in force"), APPLY, || {
            (stat(admin, metric).ok()? == Some(expected)).then_some(())
        })
    }

    /// The value of a counter or gauge; `None` while Envoy does not have it.
    ///
    /// # Errors
    ///
    /// When the admin interface does not answer.
    pub fn stat(&self, name: &str) -> Result<Option<u64>> {
        stat(self.addresses.admin, name)
    }

    /// Waits until a counter or gauge satisfies `condition`.
    ///
    /// # Errors
    ///
    /// When it does not within ten seconds; with the last lines of Envoy's log.
    pub fn wait_for_stat(&mut self, name: &str, condition: impl Fn(u64) -> bool) -> Result<u64> {
        let admin = self.addresses.admin;
        self.process
            .wait_for(name, APPLY, || stat(admin, name).ok().flatten().filter(|n| condition(*n)))
    }

    /// What Envoy and the filter have written.
    ///
    /// # Errors
    ///
    /// When the log cannot be read.
    pub fn log(&self) -> Result<String> {
        Ok(String::from_utf8_lossy(&fs::read(self.folder.join("envoy.log"))?).into_owned())
    }

    /// The access log's lines so far. A request's line may follow its response
    /// with some delay.
    ///
    /// # Errors
    ///
    /// When the log cannot be read.
    pub fn access_log(&self) -> Result<Vec<String>> {
        let text = fs::read(self.folder.join("access.log"))?;
        Ok(String::from_utf8_lossy(&text).lines().map(str::to_owned).collect())
    }

    /// Waits until a line of the access log contains `text`.
    ///
    /// # Errors
    ///
    /// When none does within ten seconds; with the last lines of the log.
    pub fn wait_for_access_log(&self, text: &str) -> Result<()> {
        let deadline = Instant::now() + APPLY;
        while Instant::now() < deadline {
            if self.access_log()?.iter().any(|line| line.contains(text)) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("no line with `{text}` in the access log:\n{}", self.access_log()?.join("\n"))
    }
}

fn configuration(folder: &Path) -> PathBuf {
    folder.join("envoy.json")
}

/// Where Envoy says where its administration interface is.
fn admin_file(folder: &Path) -> PathBuf {
    folder.join("admin")
}

/// Runs Envoy until it serves.
fn launch(envoy: &Path, folder: &Path, inbound: &str) -> Result<(Process, Addresses)> {
    let mut command = Command::new(envoy);
    command
        .arg("--config-path")
        .arg(configuration(folder))
        .args(["--log-level", "warning", "--component-log-level", "wasm:info"])
        .args(["--file-flush-interval-msec", "50"]);
    let name = format!("Envoy in {}", folder.display());
    let (process, admin) = run(&name, &mut command, folder, START)?;
    let inbound = listener(admin, inbound)?;
    let outbound = listener(admin, "outbound-http")?;
    Ok((process, Addresses { admin, inbound, outbound }))
}

/// Runs an Envoy with one worker until it serves, with its log in `folder`, and says
/// where its administration interface is.
///
/// # Errors
///
/// When it ends, or does not serve within `patience`; with the last lines of its log.
pub fn run(
    name: &str,
    command: &mut Command,
    folder: &Path,
    patience: Duration,
) -> Result<(Process, SocketAddr)> {
    let admin_file = admin_file(folder);
    command
        .arg("--admin-address-path")
        .arg(&admin_file)
        .args(["--concurrency", "1"])
        // Several Envoys on one machine would share what a restart hands over.
        .arg("--disable-hot-restart");
    let mut process = Process::start(name, command, &folder.join("envoy.log"))?;
    let admin = process.wait_for("admin address", patience, || {
        fs::read_to_string(&admin_file).ok()?.trim().parse().ok()
    })?;
    process.wait_for("readiness", patience, || {
        let ready = http::get(admin, "/ready").ok()?;
        (ready.status == 200).then_some(())
    })?;
    Ok((process, admin))
}

/// What the gauge shows for a table with this digest: its first four bytes.
fn table_id(digest: &[u8]) -> u64 {
    digest.iter().take(4).fold(0, |id, byte| id << 8 | u64::from(*byte))
}

fn stat(admin: SocketAddr, name: &str) -> Result<Option<u64>> {
    let filter = name.replace('.', "\\.");
    let response = http::get(admin, &format!("/stats?filter=^{filter}$"))?;
    let Some((_, value)) = response.body.trim().split_once(": ") else { return Ok(None) };
    let value = value.parse().with_context(|| format!("stat {name} is `{value}`"))?;
    Ok(Some(value))
}

/// Where the listener is whose name begins with `name`.
///
/// # Errors
///
/// When there is none.
pub fn listener(admin: SocketAddr, name: &str) -> Result<SocketAddr> {
    let listeners = http::get(admin, "/listeners?format=json")?.body;
    let listeners: Value =
        serde_json::from_str(&listeners).context("Envoy's list of listeners is no JSON")?;
    let is_it = |listener: &&Value| {
        let its_name = listener.get("name").and_then(Value::as_str);
        its_name.is_some_and(|its_name| its_name.starts_with(name))
    };
    let find = || {
        let this = listeners.get("listener_statuses")?.as_array()?.iter().find(is_it)?;
        let address = this.pointer("/local_address/socket_address")?;
        let ip = address.get("address")?.as_str()?.parse().ok()?;
        let port = address.get("port_value")?.as_u64()?.try_into().ok()?;
        Some(SocketAddr::new(ip, port))
    };
    find().with_context(|| format!("Envoy has no listener `{name}` with an address"))
}
