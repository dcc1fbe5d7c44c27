//! An Envoy as people start it, by the file that they have.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use loopback_mesh::http::{self, Call};
use loopback_mesh::process::Process;

use super::fixture::tools;

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running Envoy. It ends when this value is dropped.
pub(super) struct Plain {
    /// Its administration interface.
    pub(super) admin: SocketAddr,
    /// The listener that was asked for.
    pub(super) listener: SocketAddr,
    _process: Process,
}

impl Plain {
    /// Starts an Envoy, whose logs are in `folder`, and waits for the listener whose
    /// name begins with `listener`.
    pub(super) fn start(folder: &Path, configuration: &Path, listener: &str) -> Result<Self> {
        let admin_file = folder.join("admin");
        let mut process = Process::start(
            "Envoy",
            Command::new(&tools()?.envoy)
                .arg("--config-path")
                .arg(configuration)
                .arg("--admin-address-path")
                .arg(&admin_file)
                .args(["--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"]),
            &folder.join("envoy.log"),
        )?;
        let (admin, listener) = process.wait_for(listener, PATIENCE, || {
            let admin = fs::read_to_string(&admin_file).ok()?.trim().parse().ok()?;
            ask(admin, "/ready").ok().filter(|answer| answer.status == 200)?;
            let listeners = ask(admin, "/listeners").ok()?.body;
            let line = listeners.lines().find(|line| line.starts_with(listener))?;
            Some((admin, line.split_once("::")?.1.parse().ok()?))
        })?;
        Ok(Self { admin, listener, _process: process })
    }

    /// The metrics, in Prometheus' format.
    pub(super) fn metrics(&self) -> Result<String> {
        Ok(ask(self.admin, "/stats/prometheus")?.body)
    }
}

fn ask(admin: SocketAddr, path: &str) -> Result<http::Response> {
    http::call(admin, Call { method: "GET", host: "admin", path, headers: &[] })
}

/// Waits until something holds.
pub(super) fn wait(what: &str, holds: impl Fn() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !holds()? {
        ensure!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}
