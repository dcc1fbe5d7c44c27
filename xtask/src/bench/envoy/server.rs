//! An Envoy that answers every request itself, with or without something in front
//! that decides about it.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use loopback_mesh::TRUST_DOMAIN;
use loopback_mesh::certificates::Files;
use loopback_mesh::envoy::{listener, run};
use loopback_mesh::http;
use loopback_mesh::process::Process;
use loopback_mesh::tools::replace;
use policy_compiler::back::envoy::{
    Configuration, Credentials, Discovery, Inbound, Outbound, Plugin, Protocol, Root, Sidecar,
    bootstrap,
};
use serde_json::{Value, json};

use super::cores::Cores;

/// How long an Envoy with ten thousand rules may take to start on a busy machine.
const START: Duration = Duration::from_secs(120);

/// What stands before the answer.
pub(super) enum Guard {
    /// Nothing.
    Nothing,
    /// Our filter, with a configuration of its own.
    Filter,
    /// A filter of Envoy's own.
    Native(Value),
}

/// What servers have in common.
#[derive(Clone, Copy)]
pub(super) struct Setting<'a> {
    pub(super) envoy: &'a Path,
    pub(super) filter: &'a Path,
    pub(super) certificate: &'a Files,
    pub(super) cores: Option<&'a Cores>,
}

/// A running Envoy. It ends when this value is dropped.
pub(super) struct Server {
    process: Process,
    admin: SocketAddr,
    pub(super) address: SocketAddr,
    filter: String,
    discovery: PathBuf,
}

impl Server {
    /// Starts an Envoy whose files live in `folder`, with a listener with mutual TLS or
    /// a plain one, and waits until it serves.
    ///
    /// # Errors
    ///
    /// When Envoy does not start.
    pub(super) fn start(
        setting: &Setting<'_>,
        folder: &Path,
        guard: Guard,
        with_tls: bool,
        configuration: Configuration<'_>,
    ) -> Result<Self> {
        let discovery = folder.join("discovery");
        fs::create_dir_all(&discovery)?;
        let filter = text(setting.filter);
        deliver(&discovery, &filter, configuration)?;
        let config = folder.join("envoy.json");
        fs::write(&config, render(setting, folder, guard, with_tls)?.to_string())?;
        let mut command = Cores::command(setting.cores, setting.envoy);
        command.arg("--config-path").arg(&config).args(["--log-level", "warning"]);
        let (process, admin) = run("Envoy", &mut command, folder, START)?;
        let address = listener(admin, "inbound-http")?;
        Ok(Self { process, admin, address, filter, discovery })
    }

    /// Puts another configuration of our filter in place of the one before.
    pub(super) fn deliver(&self, configuration: Configuration<'_>) -> Result<()> {
        deliver(&self.discovery, &self.filter, configuration)
    }

    /// CPU time that all threads have taken so far, in nanoseconds.
    pub(super) fn cpu(&self) -> Result<f64> {
        let tasks = format!("/proc/{}/task", self.process.id());
        let mut sum = 0.0;
        for task in fs::read_dir(tasks).context("only Linux tells the CPU time of threads")? {
            // A thread may end between these lines.
            let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) else { continue };
            let on_cpu = text.split_whitespace().next().context("schedstat is empty")?;
            sum += on_cpu.parse::<f64>()?;
        }
        Ok(sum)
    }

    /// Memory that is in use, in bytes.
    pub(super) fn memory(&self) -> Result<f64> {
        #[expect(clippy::cast_precision_loss, reason = "figures are rounded for people")]
        self.process.memory().map(|bytes| bytes as f64)
    }

    /// The mean of what the filter itself measures of its decisions, in nanoseconds; none
    /// when it has measured nothing. Its clock has steps of a microsecond, so that no
    /// quantile would mean much.
    pub(super) fn decision(&self) -> Result<Option<f64>> {
        const PATH: &str = "/stats/prometheus?filter=smi_filter.decide_ns$";
        // The first look makes Envoy join what its workers have noted.
        get(self.admin, PATH)?;
        let stats = get(self.admin, PATH)?;
        let find = |what: &str| {
            let line = stats.lines().find(|line| line.starts_with(what))?;
            line.rsplit(' ').next()?.parse::<f64>().ok()
        };
        let (sum, count) = (find("smi_filter_decide_ns_sum"), find("smi_filter_decide_ns_count"));
        Ok(sum.zip(count).map(|(sum, count)| sum / count).filter(|mean| mean.is_finite()))
    }
}

/// What `smi envoy` writes, but that Envoy answers instead of an application, writes no
/// access log and has `guard` where the filter would be.
fn render(setting: &Setting<'_>, folder: &Path, guard: Guard, with_tls: bool) -> Result<Value> {
    let Files { authority, certificate, key } = setting.certificate;
    let free_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let inbound = Inbound {
        protocol: Protocol::Http,
        listen: free_port.into(),
        application: free_port.into(),
    };
    let mut config = bootstrap(&Sidecar {
        node: "bench".to_owned(),
        credentials: Credentials::Files {
            certificate: text(certificate),
            key: text(key),
            authorities: vec![(TRUST_DOMAIN.to_owned(), text(authority))],
        },
        filter: text(setting.filter),
        discovery: text(&folder.join("discovery")),
        inbound: vec![inbound],
        outbound: Outbound::default(),
        access_log: String::new(),
        admin: Some(free_port.into()),
        zipkin: None,
    });
    // Histograms are joined when somebody looks, and not in the middle of a burst.
    edit(&mut config, "", |all| drop(all.insert("stats_flush_on_admin".into(), true.into())))?;
    let chain = "/static_resources/listeners/0/filter_chains/0";
    if !with_tls {
        edit(&mut config, chain, |chain| drop(chain.remove("transport_socket")))?;
    }
    edit(&mut config, &format!("{chain}/filters/0/typed_config"), |manager| {
        manager.remove("access_log");
        let answer = json!({ "status": 200, "body": { "inline_string": "ok" } });
        let route = json!({ "match": { "prefix": "/" }, "direct_response": answer });
        let host = json!({ "name": "all", "domains": ["*"], "routes": [route] });
        manager.insert("route_config".into(), json!({ "virtual_hosts": [host] }));
        if let Some(filters) = manager.get_mut("http_filters").and_then(Value::as_array_mut) {
            match guard {
                Guard::Filter => {}
                Guard::Nothing => drop(filters.remove(0)),
                Guard::Native(native) => filters.splice(..1, [native]).for_each(drop),
            }
        }
    })?;
    Ok(config)
}

fn edit(
    config: &mut Value,
    place: &str,
    edit: impl FnOnce(&mut serde_json::Map<String, Value>),
) -> Result<()> {
    let object = config.pointer_mut(place).and_then(Value::as_object_mut);
    edit(object.with_context(|| format!("the bootstrap has nothing at `{place}`"))?);
    Ok(())
}

/// Envoy looks when a file is renamed into the folder.
fn deliver(folder: &Path, filter: &str, configuration: Configuration<'_>) -> Result<()> {
    let discovery = Discovery::Plugin(Plugin { root: Root::Http, filter, configuration });
    replace(&folder.join(discovery.file()), &discovery.bytes(""))
}

fn get(admin: SocketAddr, path: &str) -> Result<String> {
    let response = http::get(admin, path)?;
    ensure!(response.status == 200, "{path} is answered by {}", response.status);
    Ok(response.body)
}

/// Our own paths are text.
fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
