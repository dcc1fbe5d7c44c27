//! A real Prometheus that watches the sidecars, configured as `examples/monitoring`
//! shows it.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Workload;
use crate::bookstore::examples;
use crate::http;
use crate::process::Process;
use crate::tools::{Folder, unpack_debian_package};

/// How long it may take to start on a busy machine.
const START: Duration = Duration::from_secs(60);

/// Between two looks at what it has.
const GLANCE: Duration = Duration::from_millis(200);

/// The files that people take from the examples.
const FILES: [&str; 2] = ["prometheus.yml", "alerts.yml"];

/// The programs of Prometheus.
#[derive(Clone, Debug)]
pub struct Programs {
    /// The server.
    pub prometheus: PathBuf,
    /// What checks configurations and rules.
    pub promtool: PathBuf,
}

impl Programs {
    /// Those on the path, or those of Debian's package, which is unpacked and not
    /// installed: that needs no rights, and starts no service.
    ///
    /// # Errors
    ///
    /// When there are none; the message says what to do.
    pub fn find(report: &dyn Fn(&str)) -> Result<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let on_path = std::env::split_paths(&path).find_map(|folder| Self::in_folder(&folder));
        if let Some(programs) = on_path {
            return Ok(programs);
        }
        let tools = Folder::lock()?;
        let package = unpack_debian_package(&tools.path, "prometheus", report)
            .context("monitoring needs Prometheus: put `prometheus` and `promtool` on the path")?;
        Self::in_folder(&package.join("usr/bin")).context("the package holds no Prometheus")
    }

    fn in_folder(folder: &Path) -> Option<Self> {
        let [prometheus, promtool] = ["prometheus", "promtool"].map(|name| folder.join(name));
        (prometheus.is_file() && promtool.is_file()).then_some(Self { prometheus, promtool })
    }
}

/// A running Prometheus. It ends when this value is dropped.
#[derive(Debug)]
pub struct Prometheus {
    process: Process,
    address: SocketAddr,
}

/// A series with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The labels, with the name as `__name__`.
    pub labels: BTreeMap<String, String>,
    /// The value.
    pub value: f64,
}

impl Prometheus {
    /// Starts a server whose files live in `folder`, for sidecars of workloads with
    /// these administration interfaces, and waits until it serves.
    ///
    /// # Errors
    ///
    /// When it ends, or is not ready in time; with the last lines of its log.
    pub fn start<'a>(
        programs: &Programs,
        folder: &Path,
        sidecars: impl IntoIterator<Item = (&'a Workload, SocketAddr)>,
    ) -> Result<Self> {
        fs::create_dir_all(folder)?;
        for file in FILES {
            fs::copy(examples().join("monitoring").join(file), folder.join(file))?;
        }
        let targets: Vec<Value> = sidecars.into_iter().map(target).collect();
        fs::write(folder.join("sidecars.json"), format!("{:#}\n", Value::from(targets)))?;
        let log = folder.join("prometheus.log");
        let mut process = Process::start(
            "Prometheus",
            Command::new(&programs.prometheus)
                .arg("--config.file")
                .arg(folder.join("prometheus.yml"))
                .arg("--storage.tsdb.path")
                .arg(folder.join("data"))
                .args(["--web.listen-address", "127.0.0.1:0"]),
            &log,
        )?;
        let address =
            process.wait_for("address", START, || address_in(&fs::read_to_string(&log).ok()?))?;
        process.wait_for("readiness", START, || {
            (http::get(address, "/-/ready").ok()?.status == 200).then_some(())
        })?;
        Ok(Self { process, address })
    }

    /// Where it answers.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What a query gives now.
    ///
    /// # Errors
    ///
    /// When the query is wrong, or gives no vector.
    pub fn query(&self, query: &str) -> Result<Vec<Sample>> {
        ask(self.address, query)
    }

    /// Asks until `condition` holds of the answer, which is returned.
    ///
    /// # Errors
    ///
    /// When it does not within `patience`.
    pub fn wait_for(
        &mut self,
        query: &str,
        patience: Duration,
        condition: impl Fn(&[Sample]) -> bool,
    ) -> Result<Vec<Sample>> {
        let mut last = None;
        let outcome = self.process.wait_for(query, patience, || {
            // Numbers come every few seconds; there is no hurry.
            std::thread::sleep(GLANCE);
            let answer = last.insert(ask(self.address, query));
            answer.as_ref().ok().filter(|samples| condition(samples)).cloned()
        });
        outcome.with_context(|| format!("the last answer was {last:?}"))
    }
}

/// One entry of the list of targets.
fn target((workload, admin): (&Workload, SocketAddr)) -> Value {
    let name = format!("{}/{}", workload.namespace, workload.service_account);
    json!({ "targets": [admin.to_string()], "labels": { "workload": name } })
}

/// The address in the log: the port is chosen by the system, so that nothing can take
/// it before.
fn address_in(log: &str) -> Option<SocketAddr> {
    let line = log.lines().find(|line| line.contains("Listening on"))?;
    line.split_once("address=")?.1.split(' ').next()?.parse().ok()
}

/// The answer to a query.
#[derive(Deserialize)]
struct Answer {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    result: Vec<Series>,
}

#[derive(Deserialize)]
struct Series {
    metric: BTreeMap<String, String>,
    /// A time and a number as text.
    value: (f64, String),
}

fn ask(server: SocketAddr, query: &str) -> Result<Vec<Sample>> {
    let response = http::get(server, &format!("/api/v1/query?query={}", in_a_url(query)))?;
    ensure!(response.status == 200, "{query}: {}", response.body);
    let answer: Answer = serde_json::from_str(&response.body).with_context(|| query.to_owned())?;
    let sample = |Series { metric, value }| Ok(Sample { labels: metric, value: value.1.parse()? });
    answer.data.result.into_iter().map(sample).collect()
}

/// A text as it can stand in a query of a URL.
fn in_a_url(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
