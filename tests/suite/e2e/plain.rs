//! An Envoy as people start it, by the file that they have.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use loopback_mesh::envoy::{self, run};
use loopback_mesh::http;
use loopback_mesh::process::Process;
use serde_json::{Value, json};

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
        let mut command = Command::new(&tools()?.envoy);
        command.arg("--config-path").arg(configuration).args(["--log-level", "warning"]);
        let (process, admin) = run("Envoy", &mut command, folder, PATIENCE)?;
        let listener = envoy::listener(admin, listener)?;
        Ok(Self { admin, listener, _process: process })
    }

    /// The metrics, in Prometheus' format.
    pub(super) fn metrics(&self) -> Result<String> {
        Ok(http::get(self.admin, "/stats/prometheus")?.body)
    }
}

/// The least that filters can stand in: a listener `test` on a free port.
pub(super) fn with_filters(filters: &[Value]) -> Value {
    let address = json!({ "socket_address": { "address": "127.0.0.1", "port_value": 0 } });
    let chains = json!([{ "filters": filters }]);
    let listener = json!({ "name": "test", "address": address, "filter_chains": chains });
    json!({
        "node": { "id": "test", "cluster": "test" },
        "admin": { "address": address },
        "static_resources": { "listeners": [listener] },
    })
}

/// The connection manager with these settings.
pub(super) fn http_manager(settings: &Value) -> Value {
    let kind = "network.http_connection_manager.v3.HttpConnectionManager";
    let mut manager = settings.clone();
    manager["@type"] = format!("type.googleapis.com/envoy.extensions.filters.{kind}").into();
    manager["stat_prefix"] = "test".into();
    json!({ "name": "envoy.filters.network.http_connection_manager", "typed_config": manager })
}

/// The last of all HTTP filters.
pub(super) fn router() -> Value {
    let kind = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router";
    json!({ "name": "envoy.filters.http.router", "typed_config": { "@type": kind } })
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
