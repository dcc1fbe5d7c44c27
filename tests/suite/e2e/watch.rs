//! `smi envoy` and `smi watch`, without anything of ours between them and Envoy.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use loopback_mesh::Workload;
use loopback_mesh::apps::{Host, Store};
use loopback_mesh::bookstore::{example, examples};
use loopback_mesh::certificates::{Authority, Files};
use loopback_mesh::policy::read_files;
use loopback_mesh::process::{Process, RunFolder};
use serde_json::{Value, json};

use super::client::Client;
use super::fixture::tools;
use super::plain::{Plain, wait};
use super::smi::{command, smi, word};

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

/// What was permitted once must not stay in a file for ever.
#[test]
fn workloads_that_are_gone_are_denied_to_everybody() -> Result<()> {
    let folder = RunFolder::new("gone")?;
    let watch = |policies: &Path, out: &str, more: &[&str]| -> Result<String> {
        let out = folder.path().join(out);
        smi(&[&["watch", word(policies)?, "--once", "--out", word(&out)?], more].concat())
    };
    let file = |path: &str| fs::read(folder.path().join(path).join("discovery/http.pb"));
    let other = examples().join("legacy");
    ensure!(watch(&example(), "all", &[])?.ends_with("5 of 5 workloads changed\n"));
    let before = file("all/bookstore.bookstore-v1")?;
    ensure!(watch(&example(), "all", &[])?.ends_with("0 of 5 workloads changed\n"));
    // By another run of the command, which knows of it by its folder alone.
    watch(&other, "all", &[])?;
    watch(&other, "one", &["--workload", "bookstore/bookstore-v1"])?;
    let after = file("all/bookstore.bookstore-v1")?;
    ensure!(after != before && after == file("one")?, "the old policy is still there");
    Ok(())
}

#[test]
fn metrics_tell_who_was_denied_and_why() -> Result<()> {
    let scene = Scene::set("metrics")?;
    ensure!(scene.client("bookthief")?.get("/buy-a-book/new")?.status == 403);
    ensure!(scene.client("bookbuyer")?.get("/buy-a-book/new")?.status == 200);
    let metrics = scene.envoy.metrics()?;
    let of = |verdict: &str| {
        let is_it = |line: &&str| {
            line.starts_with("smi_requests{") && line.contains(&format!("verdict=\"{verdict}\""))
        };
        metrics.lines().find(is_it).with_context(|| format!("{verdict} is not counted:\n{metrics}"))
    };
    let denied = of("denied")?;
    ensure!(denied.contains("reason=\"peer_not_allowed\"") && denied.ends_with(" 1"), "{denied}");
    let allowed = of("allowed")?;
    for label in ["/sa/bookbuyer\"", "/sa/bookstore-v1\"", "#buy-a-book\""] {
        ensure!(allowed.contains(label), "{allowed}");
    }
    Ok(())
}

#[test]
fn certificates_can_come_by_secret_discovery() -> Result<()> {
    let scene = Scene::set_with("secrets", secret_files)?;
    ensure!(scene.client("bookbuyer")?.get("/buy-a-book/new")?.status == 200);
    ensure!(scene.client("bookthief")?.get("/buy-a-book/new")?.status == 403);
    let stranger = Authority::new()?.issue(&Workload::new("bookbuyer", "bookbuyer"))?;
    let address = scene.envoy.listener;
    let impostor = Client::new(address, &workload(), &scene.authority, Some(&stranger))?;
    let answer = impostor.get("/buy-a-book/new");
    ensure!(answer.is_err(), "an impostor got past the handshake: {answer:?}");
    Ok(())
}

/// bookstore-v1 with its Envoy, and policies that are watched.
struct Scene {
    policies: PathBuf,
    out: PathBuf,
    envoy: Plain,
    authority: Authority,
    _watch: Process,
    _folder: RunFolder,
    _host: Host,
}

impl Scene {
    fn set(label: &str) -> Result<Self> {
        Self::set_with(label, |Files { authority, certificate, key }| {
            let words = ["--certificate", "--key", "--authority"].into_iter();
            let files = [certificate, key, authority].into_iter();
            let pairs = words.zip(files);
            pairs.map(|(name, file)| Ok([name.to_owned(), word(file)?.to_owned()])).collect()
        })
    }

    /// With certificates by the words that `credentials` makes of their files.
    fn set_with(label: &str, credentials: fn(&Files) -> Result<Vec<[String; 2]>>) -> Result<Self> {
        let tools = tools()?;
        let folder = RunFolder::new(label)?;
        let host = Host::new()?;
        let (store, _) = Store::open(&host)?;
        let authority = Authority::new()?;
        let files = authority.issue(&workload())?.write(&authority, folder.path())?;
        let credentials = credentials(&files)?.concat();
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
            ["--admin", "127.0.0.1:0"],
            ["--access-log", word(&log)?],
        ];
        let credentials: Vec<&str> = credentials.iter().map(String::as_str).collect();
        smi(&[&["envoy"], &common[..], &own.concat(), &credentials].concat())?;
        let envoy = Plain::start(folder.path(), &out.join("envoy.json"), "inbound-http")?;
        let watch = Process::start(
            "smi watch",
            command()?.arg("watch").args(common).args(["--interval", "50"]),
            &folder.path().join("watch.log"),
        )?;
        Ok(Self { policies, out, envoy, authority, _watch: watch, _folder: folder, _host: host })
    }

    fn client(&self, service_account: &str) -> Result<Client> {
        let identity = self.authority.issue(&Workload::new(service_account, service_account))?;
        Client::new(self.envoy.listener, &workload(), &self.authority, Some(&identity))
    }

    fn status(&self) -> Result<Value> {
        Ok(serde_json::from_str(&fs::read_to_string(self.out.join("smi-watch.json"))?)?)
    }
}

fn workload() -> Workload {
    Workload::new("bookstore", "bookstore-v1")
}

/// Writes the discovery responses that somebody else gives a workload.
fn secret_files(files: &Files) -> Result<Vec<[String; 2]>> {
    let folder = files.key.parent().context("a folder of certificates")?;
    let kind = |name: &str| {
        format!("type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.{name}")
    };
    let secret = |name: &str, field: &str, content: Value| json!({ "resources": [{ "@type": kind("Secret"), "name": name, field: content }] });
    let certificate = secret(
        "default",
        "tls_certificate",
        json!({
            "certificate_chain": { "filename": files.certificate },
            "private_key": { "filename": files.key },
        }),
    );
    let domain =
        json!({ "name": "cluster.local", "trust_bundle": { "filename": files.authority } });
    let validator = json!({
        "name": "envoy.tls.cert_validator.spiffe",
        "typed_config": { "@type": kind("SPIFFECertValidatorConfig"), "trust_domains": [domain] },
    });
    let authority =
        secret("ALL", "validation_context", json!({ "custom_validator_config": validator }));
    let mut words = Vec::new();
    for (word_, name, content) in [
        ("--sds-certificate-file", "certificate.json", certificate),
        ("--sds-authority-file", "authority.json", authority),
    ] {
        let path = folder.join(name);
        fs::write(&path, content.to_string())?;
        words.push([word_.to_owned(), word(&path)?.to_owned()]);
    }
    Ok(words)
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
