//! Splits in Envoy's own words: a real Envoy shares requests as a table does.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, ensure};
use decision_table::{Destination, Protocol, Request, Table};
use loopback_mesh::http::{self, Call};
use loopback_mesh::process::RunFolder;
use policy_compiler::back::envoy::{Calls, ServiceName, routes};
use policy_compiler::{Dialect, Options, Scope, compile, resolve};
use serde_json::{Value, json};
use smi_model::Limits;
use smi_model::source::SourceMap;

use super::plain::{Plain, http_manager, router, with_filters};

/// Everything that a split can depend on.
const POLICIES: &str = "\
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: {name: some, namespace: shop}
spec:
  matches:
  - {name: firefox, headers: [{user-agent: '.*Fire[a-z]+|Lynx'}, {host: 'web[.]shop.*'}]}
  - {name: books, pathRegex: '/books|/b\\d{2}$', methods: [GET, HEAD]}
  - {name: post, methods: [POST], headers: [{x-beta: '1|2'}]}
---
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: {name: admin, namespace: shop}
spec: {matches: [{name: admin, pathRegex: '/admin(/.*)?', methods: [PUT], headers: [{host: web}]}]}
---
apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata: {name: some, namespace: shop}
spec:
  service: web
  matches: [{kind: HTTPRouteGroup, name: some}]
  backends: [{service: v1, weight: 90}, {service: v2, weight: 10}, {service: v3, weight: 0}]
---
apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata: {name: admin, namespace: shop}
spec:
  service: web.shop
  matches: [{kind: HTTPRouteGroup, name: admin}]
  backends: [{service: v3, weight: 1}]
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {ports: [{port: 80}, {port: 81}, {port: 82}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: v1, namespace: shop}, spec: {ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: v2, namespace: shop}, spec: {ports: [{port: 80}, {port: 81}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: v3, namespace: shop}, spec: {ports: [{port: 80}, {port: 81}, {port: 82}]}}
";

const ALL: &str = "\
---
apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata: {name: all, namespace: shop}
spec: {service: web, backends: [{service: v1, weight: 1}, {service: v2, weight: 2}]}
";

const HOSTS: [&str; 11] = [
    "web",
    "web:80",
    "web.shop",
    "WEB.Shop:80",
    "web.shop.:80",
    "web.shop:81",
    "web.shop.svc:82",
    "web.shop.svc.cluster.local:83",
    "web.shop.svc.cluster.local",
    "v1.shop:81",
    "v2",
];
const PATHS: [&str; 8] =
    ["/", "/books", "/books/1?a=b", "/b12", "/b123", "/admin", "/admin/x", "/ad%6din"];
const METHODS: [&str; 4] = ["GET", "HEAD", "POST", "PUT"];
const HEADERS: [&[(&str, &str)]; 6] = [
    &[],
    &[("user-agent", "Mozilla Firefox")],
    &[("user-agent", "Firefox/1")],
    &[("user-agent", "Lynx"), ("x-beta", "2")],
    &[("x-beta", "3")],
    &[("x-beta", "")],
];

#[test]
fn envoy_shares_requests_as_a_table_does() -> Result<()> {
    // Where expressions have open ends, both splits would want the same requests of one
    // Service.
    let apart = POLICIES.replace("service: web.shop", "service: v2.shop");
    for (policies, dialect) in [
        (POLICIES.to_owned(), Dialect::Spec),
        (POLICIES.to_owned() + ALL, Dialect::Spec),
        (apart.clone() + ALL, Dialect::Traefik),
        (apart, Dialect::Nginx),
    ] {
        compare(&policies, dialect).with_context(|| format!("dialect {dialect}\n{policies}"))?;
    }
    Ok(())
}

fn compare(policies: &str, dialect: Dialect) -> Result<()> {
    let mut sources = SourceMap::new();
    sources.add("policies.yaml", policies)?;
    let read = smi_model::read(&sources, &Limits::default());
    let resolved = resolve(&read.value, &Options { dialect, ..Options::default() });
    ensure!(!resolved.has_errors() && read.diagnostics.is_empty(), "{resolved:?}");
    let table = compile(&resolved.value, &sources, Scope::Mesh).value.context("a table")?;
    let table = Table::from_bytes(table)?;
    let services = ["v1", "v2", "v3", "web"].map(|name| ServiceName::new("shop", name));
    let calls = Calls { namespace: "shop", services: &services, split_key: None };
    let found = routes(&resolved.value, &calls);
    ensure!(!found.has_errors(), "{:?}", found.diagnostics);

    let folder = RunFolder::new("native")?;
    let configuration = folder.path().join("envoy.json");
    fs::write(&configuration, answering(found.value).to_string())?;
    let envoy = Plain::start(folder.path(), &configuration, "test")?;
    let mut answers = BTreeMap::new();
    for (host, path, method, headers) in requests() {
        let call = Call { method, host, path, headers };
        let response = http::call(envoy.listener, call)?;
        let shares = expected(&table, &call)?;
        // The answer to HEAD has no body, but a length.
        if method != "HEAD" {
            let found: BTreeMap<String, u32> =
                serde_json::from_str(&response.body).with_context(|| format!("{call:?}"))?;
            ensure!(found == shares, "{call:?}: {found:?} instead of {shares:?}");
        }
        *answers.entry(shares).or_insert(0) += 1;
    }
    ensure!(answers.len() > 3, "hardly anything is told apart: {answers:?}");
    Ok(())
}

type Question = (&'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

fn requests() -> impl Iterator<Item = Question> {
    let all = HOSTS.into_iter().flat_map(|host| PATHS.map(|path| (host, path)));
    let all = all.flat_map(|(host, path)| METHODS.map(|method| (host, path, method)));
    all.flat_map(|(host, path, method)| HEADERS.map(|headers| (host, path, method, headers)))
}

/// The parts of the backends by the table; that of the called Service itself when no
/// split applies.
fn expected(table: &Table<Vec<u8>>, call: &Call<'_>) -> Result<BTreeMap<String, u32>> {
    let (host, port) = match call.host.split_once(':') {
        None => (call.host, 80),
        Some((host, port)) => (host, port.parse()?),
    };
    let name = host.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let root = format!("shop/{name}");
    // What Envoy makes of the path before it looks at its routes.
    let path = call.path.replace("%6d", "m");
    let request = Request {
        protocol: Protocol::Http,
        peer: None,
        destination: Destination::OfTable,
        port: Some(port),
        method: Some(call.method.as_bytes()),
        path: Some(path.as_bytes()),
        authority: Some(call.host.as_bytes()),
        headers: &call.headers,
    };
    let Some(share) = table.share(root.as_bytes(), &request) else {
        return Ok(BTreeMap::from([(root, 1)]));
    };
    let backends: BTreeMap<String, u32> = share
        .backends()
        .filter(|backend| backend.weight > 0)
        .map(|backend| (backend.service.to_owned(), backend.weight))
        .collect();
    // Of one backend the weight means nothing.
    let is_single = backends.len() == 1;
    let weight = |weight| if is_single { 1 } else { weight };
    Ok(backends.into_iter().map(|(name, own)| (name, weight(own))).collect())
}

/// An Envoy that answers by the clusters which it would have chosen among.
fn answering(mut routes: Value) -> Value {
    let hosts = routes["virtual_hosts"].as_array_mut().into_iter().flatten();
    for route in hosts.filter_map(|host| host["routes"].as_array_mut()).flatten() {
        let action = route["route"].take();
        let mut clusters = serde_json::Map::new();
        match action["cluster"].as_str() {
            Some(only) => drop(clusters.insert(only.to_owned(), 1.into())),
            None => {
                for cluster in
                    action["weighted_clusters"]["clusters"].as_array().into_iter().flatten()
                {
                    let name = cluster["name"].as_str().unwrap_or_default();
                    clusters.insert(name.to_owned(), cluster["weight"].clone());
                }
            }
        }
        let body = json!({ "inline_string": Value::Object(clusters).to_string() });
        *route = json!({
            "match": route["match"],
            "direct_response": { "status": 200, "body": body },
        });
    }
    let hosts = routes["virtual_hosts"].take();
    with_filters(&[http_manager(&json!({
        "normalize_path": true,
        "strip_trailing_host_dot": true,
        "route_config": { "virtual_hosts": hosts },
        "http_filters": [router()],
    }))])
}
