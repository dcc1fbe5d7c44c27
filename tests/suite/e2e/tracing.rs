//! Traces in Zipkin's format, of requests that pass two sidecars.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use loopback_mesh::Workload;
use loopback_mesh::apps::{Collector, Host, Store};
use loopback_mesh::certificates::Authority;
use loopback_mesh::envoy::{Policy, Settings, Sidecar, upstream};
use loopback_mesh::http::{self, Call};
use loopback_mesh::process::RunFolder;
use policy_compiler::back::envoy::{Splits, Upstream};
use serde_json::Value;

use super::fixture::{table, tools, workload};

/// Envoy sends spans every five seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// What both callers ask for.
const BUY: Call<'static> = Call {
    method: "GET",
    host: "bookstore-v1.bookstore",
    path: "/buy-a-book/new",
    headers: &[("client-app", "bookbuyer")],
};

#[test]
fn both_sidecars_tell_of_a_request_in_one_trace() -> Result<()> {
    let folder = RunFolder::new("tracing")?;
    let (host, authority) = (Host::new()?, Authority::new()?);
    let collector = Collector::open(&host)?;
    let (store, _) = Store::open(&host)?;
    let start = |who: &Workload, upstreams: Vec<Upstream>, policy: Policy<'_>| {
        let folder = folder.path().join(&who.service_account);
        std::fs::create_dir_all(&folder)?;
        let certificate = authority.issue(who)?.write(&authority, &folder)?;
        let settings = Settings {
            upstreams,
            splits: Splits::Filter,
            zipkin: Some(collector.address()),
            ..Settings::new(&who.host(), certificate, store.address(), &tools()?.filter)
        };
        Sidecar::start(&tools()?.envoy, &settings, &folder, policy)
    };
    let table = table()?.table;
    let shop = start(&workload(), Vec::new(), Policy::Table(&table))?;
    for (caller, status) in [("bookbuyer", "200"), ("bookthief", "403")] {
        let reach = vec![upstream(&workload(), shop.inbound())];
        let caller = Workload::new(caller, caller);
        let sidecar = start(&caller, reach, Policy::Table(&table))?;
        let answer = http::call(sidecar.outbound(), BUY)?.status.to_string();
        ensure!(answer == status, "{caller:?} got {answer}");
        let sent = find(&collector, &caller, "CLIENT")?;
        let received = find_in(&collector, "SERVER", |span| span["traceId"] == sent["traceId"])?;
        ensure!(of(&received) == workload().host(), "{received}");
        for span in [&sent, &received] {
            ensure!(span["tags"]["http.status_code"] == status, "{span}");
        }
    }
    Ok(())
}

/// The span of this side, and of this workload.
fn find(collector: &Collector, who: &Workload, kind: &str) -> Result<Value> {
    find_in(collector, kind, |span| of(span) == who.host())
}

fn find_in(collector: &Collector, kind: &str, is_it: impl Fn(&Value) -> bool) -> Result<Value> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let spans = collector.spans();
        if let Some(span) = spans.iter().find(|span| span["kind"] == kind && is_it(span)) {
            return Ok(span.clone());
        }
        if Instant::now() > deadline {
            bail!("no such {kind} span within {PATIENCE:?}, but {spans:#?}");
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// Who tells of a span.
fn of(span: &Value) -> &str {
    span.pointer("/localEndpoint/serviceName").and_then(Value::as_str).unwrap_or_default()
}
