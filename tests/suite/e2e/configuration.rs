//! What `smi envoy` writes is what Envoy takes.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use loopback_mesh::Workload;
use loopback_mesh::bookstore::examples;
use loopback_mesh::certificates::{Authority, Files};
use loopback_mesh::process::RunFolder;
use serde_json::{Value, json};

use super::fixture::tools;
use super::plain::{http_manager, router, with_filters};
use super::smi::{smi, word};

/// A split of connections.
const DATABASES: &str = "\
apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata: {name: db, namespace: shop}
spec:
  service: db
  backends: [{service: db-1, weight: 3}, {service: db-2, weight: 1}, {service: db-3, weight: 0}]
";

/// A split of some requests, on two ports of which one backend has one only.
const PAGES: &str = "\
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: {name: some, namespace: shop}
spec:
  matches:
  - {name: firefox, headers: [{user-agent: '.*Firefox.*'}, {host: 'web[.]shop'}]}
  - {name: books, pathRegex: '/books|/b\\d{2}', methods: [GET, HEAD]}
---
apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata: {name: web, namespace: shop}
spec:
  service: web
  matches: [{kind: HTTPRouteGroup, name: some}]
  backends: [{service: v1, weight: 90}, {service: v2, weight: 10}]
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {ports: [{port: 80}, {port: 81}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: v1, namespace: shop}, spec: {ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: v2, namespace: shop}, spec: {ports: [{port: 80}, {port: 81}]}}
";

/// A folder with all that configurations refer to.
struct Bench {
    folder: RunFolder,
    certificates: Files,
}

impl Bench {
    fn new(label: &str) -> Result<Self> {
        let folder = RunFolder::new(label)?;
        let authority = Authority::new()?;
        let identity = authority.issue(&Workload::new("bookstore", "bookstore-v1"))?;
        let certificates = identity.write(&authority, folder.path())?;
        fs::write(folder.path().join("databases.yaml"), DATABASES)?;
        fs::write(folder.path().join("pages.yaml"), PAGES)?;
        Ok(Self { folder, certificates })
    }

    /// What `smi envoy` answers to these words, about the workload of the certificates.
    fn envoy(&self, policies: &[&str], words: &[&str]) -> Result<String> {
        let at = |name: &&str| match *name {
            example @ ("bookstore" | "bookthief") => examples().join(example),
            file => self.folder.path().join(file),
        };
        let paths: Vec<_> = policies.iter().map(at).collect();
        let paths = paths.iter().map(|path| word(path)).collect::<Result<Vec<_>>>()?;
        let filter = word(&tools()?.filter)?;
        let whose = ["--workload", "bookstore/bookstore-v1", "--filter", filter];
        smi(&[&["envoy"], paths.as_slice(), &whose, words].concat())
    }

    /// Writes a folder, and lets Envoy judge it.
    fn validate(&self, name: &str, policies: &[&str], words: &[&str]) -> Result<()> {
        let out = self.folder.path().join(name);
        self.envoy(policies, &[words, &["--out", word(&out)?]].concat())
            .and_then(|_| judge(&out.join("envoy.json")))
            .with_context(|| name.to_owned())
    }

    fn files(&self) -> Result<[&str; 6]> {
        let Files { authority, certificate, key } = &self.certificates;
        let [authority, certificate, key] = [word(authority)?, word(certificate)?, word(key)?];
        Ok(["--certificate", certificate, "--key", key, "--authority", authority])
    }
}

/// Asks Envoy whether it would start with a configuration.
fn judge(configuration: &Path) -> Result<()> {
    let output = Command::new(&tools()?.envoy)
        .args(["--mode", "validate", "--disable-hot-restart", "--log-level", "warning"])
        .arg("--config-path")
        .arg(configuration)
        .output()?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    ensure!(output.status.success() && said.contains("OK"), "{}: {said}", configuration.display());
    ensure!(!said.contains("deprecated"), "{}: {said}", configuration.display());
    Ok(())
}

const INBOUND: [&str; 2] = ["--inbound-http", "127.0.0.1:8080=9080"];
const OUTBOUND: [&str; 2] = ["--upstream", "bookwarehouse/bookwarehouse=10.0.0.7:8080"];

#[test]
fn envoy_takes_every_variant_of_a_bootstrap() -> Result<()> {
    let bench = Bench::new("bootstraps")?;
    let files = &bench.files()?[..];
    let plain = ["bookstore"];
    let socket = ["--sds-socket", "/run/spire/agent.sock"];
    let secrets = bench.folder.path().join("secrets.json");
    fs::write(&secrets, "{}")?;
    let secrets = word(&secrets)?;
    let file = ["--sds-certificate-file", secrets, "--sds-authority-file", secrets];

    for (name, credentials) in [("files", files), ("socket", &socket), ("file", &file)] {
        bench.validate(name, &plain, &[credentials, &INBOUND, &OUTBOUND].concat())?;
    }
    bench.validate("inbound", &plain, &[files, &INBOUND].concat())?;
    let native = ["--splits", "native", "--split-key", "x-session"];
    bench.validate("native", &plain, &[files, &OUTBOUND, &native].concat())?;
    let watched = ["--admin", "127.0.0.1:0", "--zipkin", "zipkin.example:9411", "--access-log"];
    let watched = [&watched[..], &["/dev/stderr"], &INBOUND, &OUTBOUND, files].concat();
    bench.validate("watched", &plain, &watched)?;
    let thief = examples().join("bookthief");
    let store = examples().join("bookstore");
    let audit = ["--mode", "audit", "--shadow", word(&thief)?, "--shadow", word(&store)?];
    bench.validate("audit", &plain, &[files, &INBOUND, &audit, &["--log-allowed"]].concat())?;
    let domains = ["--trust-domain", "cluster.local", "--trust-domain", "old.example"];
    let authorities = [files[5], &format!("old.example={}", files[5])].map(str::to_owned);
    let old = ["--authority", &authorities[1]];
    bench.validate("domains", &plain, &[files, &INBOUND, &domains, &old].concat())
}

#[test]
fn envoy_takes_listeners_for_connections() -> Result<()> {
    let bench = Bench::new("connections")?;
    let upstreams = [
        "--upstream",
        "shop/db-1:5432=db-1.example:5432",
        "--upstream",
        "shop/db-2:5432=[::1]:5432@database,other/account",
        "--outbound-tcp",
        "shop/db:5432=15432",
        "--inbound-tcp",
        "[::1]:6379=localhost:6380",
    ];
    bench.validate("tcp", &["databases.yaml"], &[&bench.files()?[..], &upstreams].concat())
}

#[test]
fn envoy_takes_each_piece_where_it_belongs() -> Result<()> {
    let bench = Bench::new("pieces")?;
    let piece = |words: &[&str]| -> Result<Value> {
        Ok(serde_json::from_str(&bench.envoy(&["bookstore", "pages.yaml"], words)?)?)
    };
    let path = |name: &str| bench.folder.path().join(name);
    // Where `smi watch` writes what the discovered filters read.
    let discovery = path("discovery");
    let example = examples().join("bookstore");
    let watch = ["watch", word(&example)?, "--workload", "bookstore/bookstore-v1", "--once"];
    smi(&[&watch[..], &["--out", word(bench.folder.path())?]].concat())?;
    let at = word(&discovery)?;
    let nothing = json!({ "virtual_hosts": [] });
    for root in ["http", "splits"] {
        let inline = piece(&["--piece", "filter", "--root", root])?;
        let discovered = piece(&["--piece", "filter", "--root", root, "--at", at])?;
        for (name, filter) in [("inline", inline), ("discovered", discovered)] {
            let name = path(&format!("{name}-{root}.json"));
            fs::write(&name, with_http(&filter, &nothing).to_string())?;
            judge(&name)?;
        }
    }
    let inline = piece(&["--piece", "filter", "--root", "tcp"])?;
    let name = path("inline-tcp.json");
    fs::write(&name, with_filters(&[inline, echo()]).to_string())?;
    judge(&name)?;

    let upstreams = ["--upstream", "shop/v1=v1:80", "--upstream", "shop/v2=v2:80"];
    let routes = piece(&[&["--piece", "splits", "--splits", "native"], &upstreams[..]].concat())?;
    let hosts = routes["virtual_hosts"].as_array().context("there are hosts")?;
    ensure!(hosts.len() > 4, "ports and hosts are told apart: {routes:#}");
    let mut routes = json!({ "virtual_hosts": hosts });
    routes["validate_clusters"] = false.into();
    let inline = piece(&["--piece", "filter"])?;
    let name = path("routes.json");
    fs::write(&name, with_http(&inline, &routes).to_string())?;
    judge(&name)
}

/// A filter with routes.
fn with_http(filter: &Value, routes: &Value) -> Value {
    with_filters(&[http_manager(&json!({
        "route_config": routes,
        "http_filters": [filter, router()],
    }))])
}

fn echo() -> Value {
    let kind = "type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo";
    json!({ "name": "envoy.filters.network.echo", "typed_config": { "@type": kind } })
}
