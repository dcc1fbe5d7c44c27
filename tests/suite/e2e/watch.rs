//! `smi envoy` and `smi watch`, without anything of ours between them and Envoy.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use loopback_mesh::Workload;
use loopback_mesh::apps::{Host, Store};
use loopback_mesh::bookstore::example;
use loopback_mesh::certificates::{Authority, Files};
use loopback_mesh::http::{self, Call};
use loopback_mesh::policy::read_files;
use loopback_mesh::process::{Process, RunFolder};
use serde_json::Value;

use super::client::Client;
use super::fixture::tools;
use super::smi::{command, smi, word};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The ServiceAccount that an edit lets in, in front of the rules of the first target.
const THIEF: &str =
    "    - {kind: ServiceAccount, name: bookthief, namespace: bookthief}\n  rules:\n";

#[test]
fn edits_come_into_force_and_mistakes_change_nothing() -> Result<()> {
    let scene = Scene::set("watch")?;
    let (buyer, thief) = (scene.client("bookbuyer")?, scene.client("bookthief")?);
    ensure!(buyer.get("/buy-a-book/new")?.status == 200);
    ensure!(thief.get("/buy-a-book/new")?.status == 403);

    let access = scene.policies.join("access.yaml");
    let before = fs::read_to_string(&access)?;
    let open = before.replacen("  rules:\n", THIEF, 1);
    fs::write(&access, &open)?;
    wait("the thief is let in", || Ok(thief.get("/buy-a-book/new")?.status == 200))?;

    fs::write(&access, before.replace("kind: TrafficTarget", "kind: TrafficTraget"))?;
    wait("the mistake is noticed", || Ok(scene.status()?["failures"] == 1))?;
    let status = scene.status()?;
    ensure!(status["error"].as_str().is_some_and(|it| it.contains("access.yaml")), "{status}");
    ensure!(status["last_failure"].as_u64() >= status["last_success"].as_u64(), "{status}");
    ensure!(thief.get("/buy-a-book/new")?.status == 200, "the policy before is not in force");

    fs::write(&access, &before)?;
    wait("the thief is shut out", || Ok(thief.get("/buy-a-book/new")?.status == 403))?;
    ensure!(scene.status()?["error"] == Value::Null);
    ensure!(buyer.get("/buy-a-book/new")?.status == 200);

    // Without the one policy that lets anybody in, nobody is.
    fs::remove_file(&access)?;
    wait("everybody is shut out", || Ok(buyer.get("/buy-a-book/new")?.status == 403))
}

/// bookstore-v1 with its Envoy, and policies that are watched.
struct Scene {
    policies: PathBuf,
    out: PathBuf,
    inbound: SocketAddr,
    authority: Authority,
    _envoy: Process,
    _watch: Process,
    _folder: RunFolder,
    _host: Host,
}

impl Scene {
    fn set(label: &str) -> Result<Self> {
        let tools = tools()?;
        let folder = RunFolder::new(label)?;
        let host = Host::new()?;
        let (store, _) = Store::open(&host)?;
        let authority = Authority::new()?;
        let Files { authority: issuer, certificate, key } =
            authority.issue(&workload())?.write(&authority, folder.path())?;
        let policies = copy_of_the_example(folder.path())?;
        let out = folder.path().join("sidecar");
        let inbound = format!("127.0.0.1:0={}", store.address());
        let log = folder.path().join("access.log");
        let common = [
            word(&policies)?,
            "--workload",
            "bookstore/bookstore-v1",
            "--filter",
            word(&tools.filter)?,
            "--out",
            word(&out)?,
        ];
        let own = [
            ["--inbound-http", &inbound],
            ["--certificate", word(&certificate)?],
            ["--key", word(&key)?],
            ["--authority", word(&issuer)?],
            ["--admin", "127.0.0.1:0"],
            ["--access-log", word(&log)?],
        ];
        smi(&[&["envoy"], &common[..], &own.concat()].concat())?;
        let (envoy, inbound) = start(&tools.envoy, folder.path(), &out)?;
        let watch = Process::start(
            "smi watch",
            command()?.arg("watch").args(common).args(["--interval", "50"]),
            &folder.path().join("watch.log"),
        )?;
        Ok(Self {
            policies,
            out,
            inbound,
            authority,
            _envoy: envoy,
            _watch: watch,
            _folder: folder,
            _host: host,
        })
    }

    fn client(&self, service_account: &str) -> Result<Client> {
        let identity = self.authority.issue(&Workload::new(service_account, service_account))?;
        Client::new(self.inbound, &workload(), &self.authority, Some(&identity))
    }

    fn status(&self) -> Result<Value> {
        Ok(serde_json::from_str(&fs::read_to_string(self.out.join("smi-watch.json"))?)?)
    }
}

fn workload() -> Workload {
    Workload::new("bookstore", "bookstore-v1")
}

fn copy_of_the_example(folder: &Path) -> Result<PathBuf> {
    let policies = folder.join("policies");
    fs::create_dir(&policies)?;
    for (name, text) in read_files(&[example()])? {
        let name = Path::new(&name).file_name().context("a policy file without a name")?;
        fs::write(policies.join(name), text)?;
    }
    Ok(policies)
}

/// Starts an Envoy as people do, and gives the address of its inbound listener.
fn start(envoy: &Path, folder: &Path, out: &Path) -> Result<(Process, SocketAddr)> {
    let admin = folder.join("admin");
    let mut process = Process::start(
        "Envoy",
        Command::new(envoy)
            .arg("--config-path")
            .arg(out.join("envoy.json"))
            .arg("--admin-address-path")
            .arg(&admin)
            .args(["--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"]),
        &folder.join("envoy.log"),
    )?;
    let inbound = process.wait_for("the inbound listener", PATIENCE, || {
        let admin = fs::read_to_string(&admin).ok()?.trim().parse().ok()?;
        let ask =
            |path| http::call(admin, Call { method: "GET", host: "admin", path, headers: &[] });
        let ready = ask("/ready").ok()?.status == 200;
        let listeners = ask("/listeners").ok().filter(|_| ready)?.body;
        let line = listeners.lines().find(|line| line.starts_with("inbound-http"))?;
        line.split_once("::")?.1.parse().ok()
    })?;
    Ok((process, inbound))
}

/// Waits until something holds.
fn wait(what: &str, holds: impl Fn() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !holds()? {
        ensure!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}
