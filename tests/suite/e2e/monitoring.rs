//! What an operator sees: the scrape configuration, alerts and dashboard of the
//! examples with a real Prometheus, which watches real sidecars.

use std::fs;
use std::io::{Read, Write};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use decision_table::Mode;
use loopback_mesh::Workload;
use loopback_mesh::apps::Purchases;
use loopback_mesh::bookstore::{Bookstore, Counters, InForce, examples};
use loopback_mesh::envoy::Policy;
use loopback_mesh::process::RunFolder;
use loopback_mesh::prometheus::{Programs, Prometheus, Sample};
use loopback_mesh::story::STEPS;
use loopback_mesh::tools::run;
use policy_compiler::back::envoy::Protocol;
use serde_json::Value;

use super::fixture::{Shop, tools};

/// Long enough for a few looks at the sidecars, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// How long each step of the story is watched.
const WINDOW: Duration = Duration::from_secs(1);

/// Requests that a sidecar has counted, and whose response is on its way: each
/// customer has one at most.
const UNDER_WAY: u64 = 2;

/// A look at the bookstore's own counters, for a query that should give the same.
type Count = fn(&Counters) -> u64;

#[test]
fn numbers_are_those_of_the_bookstore() -> Result<()> {
    let mut bookstore = Bookstore::start(tools()?, "monitoring")?;
    let folder = RunFolder::new("monitoring-numbers")?;
    let mut prometheus = watch(&folder, &bookstore, None)?;
    for step in STEPS {
        step.play(&mut bookstore, WINDOW, &mut |_| ())?;
    }
    let counts: [(&str, Count); 4] = [
        (
            "sum(smi_requests{
                 verdict='allowed', reason='none',
                 source='spiffe://cluster.local/ns/bookbuyer/sa/bookbuyer',
                 destination=~'spiffe://cluster.local/ns/bookstore/sa/bookstore-v[12]',
                 rule=~'bookstore/bookstore-v[12]:bookstore/bookstore-service-routes#.+'})",
            |all| status(&all.buyer, 200),
        ),
        (
            "sum(smi_requests{
                 verdict='allowed', source='spiffe://cluster.local/ns/bookthief/sa/bookthief',
                 rule=~'bookstore/bookthief-to-bookstore-v[12]:.+'})
             + sum(smi_requests{verdict='audited', reason='peer_not_allowed', source='other'})",
            |all| status(&all.thief, 200),
        ),
        (
            "sum(smi_requests{
                 verdict='denied', reason=~'no_policy|peer_not_allowed', source='other'})",
            |all| status(&all.buyer, 403) + status(&all.thief, 403),
        ),
        (
            "sum(smi_requests{
                 verdict='allowed', workload='bookwarehouse/bookwarehouse',
                 source=~'spiffe://cluster.local/ns/bookstore/sa/bookstore-v[12]'})",
            |all| all.restocked,
        ),
    ];
    for (query, count) in counts {
        let least = count(&bookstore.counters()) as f64;
        ensure!(least > 0.0, "nothing of this happened: {query}");
        let enough = |samples: &[Sample]| samples.first().is_some_and(|it| it.value >= least);
        let seen = prometheus.wait_for(query, PATIENCE, enough)?[0].value;
        let most = (count(&bookstore.counters()) + UNDER_WAY) as f64;
        ensure!(seen <= most, "{query}: {seen} were counted, and {most} happened");
    }
    Ok(())
}

#[test]
fn every_panel_shows_something() -> Result<()> {
    let mut bookstore = Bookstore::start(tools()?, "monitoring-panels")?;
    let till = till()?;
    let folder = RunFolder::new("monitoring-dashboard")?;
    let mut prometheus = watch(&folder, &bookstore, Some(&till))?;
    let [_, strict, lenient, ..] = STEPS;
    let [policies, shadow] = [strict.compile()?, lenient.compile()?];
    bookstore.apply_all(InForce {
        policies: policies.as_ref(),
        shadow: shadow.as_ref(),
        mode: Mode::Audit,
    })?;
    for (title, query) in dashboard()? {
        prometheus
            .wait_for(&query, PATIENCE, |samples| samples.iter().any(|it| !it.value.is_nan()))
            .with_context(|| format!("the panel `{title}` shows nothing"))?;
    }

    let shop = bookstore.sidecar("bookstore-v1")?;
    shop.deliver(Policy::Table(b"no table"))?;
    for alert in ["SmiShadowDiffers", "SmiFilterErrors", "SmiConfigurationRefused", "SmiNoPolicy"] {
        prometheus.wait_for(&format!("ALERTS{{alertname='{alert}'}}"), PATIENCE, is_there)?;
    }
    let old = prometheus.query("ALERTS{alertname=~'SmiConfigurationOld|SmiSidecarDown'}")?;
    ensure!(old.is_empty(), "{old:?}");
    Ok(())
}

/// Checked by the tool that people use for it, with all warnings.
#[test]
fn configuration_and_alerts_are_valid() -> Result<()> {
    let promtool = Programs::find(&report)?.promtool;
    let folder = examples().join("monitoring");
    run(Command::new(&promtool).args(["check", "config"]).arg(folder.join("prometheus.yml")))?;
    run(Command::new(&promtool)
        .args(["check", "rules", "--lint=all", "--lint-fatal"])
        .arg(folder.join("alerts.yml")))
}

fn report(step: &str) {
    eprintln!("{step} …");
}

/// A Prometheus for all sidecars of the bookstore, and for one more.
fn watch(folder: &RunFolder, bookstore: &Bookstore, till: Option<&Shop>) -> Result<Prometheus> {
    let own = Workload::new("bookstore", "till");
    let all = bookstore.sidecars().map(|(workload, sidecar)| (workload, sidecar.admin()));
    let all = all.chain(till.map(|till| (&own, till.sidecar.admin())));
    Prometheus::start(&Programs::find(&report)?, folder.path(), all)
}

/// A server that does not speak HTTP, at which somebody has been denied.
fn till() -> Result<Shop> {
    let mut till = Shop::open("monitoring-till", Policy::None, |settings| {
        settings.protocol = Protocol::Tcp;
    })?;
    let mut stream = till.client("bookthief")?.connect()?;
    stream.write_all(b"let me in")?;
    stream.read_to_end(&mut Vec::new()).ok();
    till.sidecar.wait_for_stat("wasmcustom.smi_tcp.denied.no_policy", |count| count == 1)?;
    Ok(till)
}

/// All queries of the dashboard, each with the title of its panel, and with values
/// for the variables that Grafana replaces.
fn dashboard() -> Result<Vec<(String, String)>> {
    let text = fs::read_to_string(examples().join("monitoring/dashboard.json"))?;
    let dashboard: Value = serde_json::from_str(&text)?;
    let mut queries = Vec::new();
    for panel in dashboard["panels"].as_array().context("a dashboard has panels")? {
        let title = panel["title"].as_str().context("a panel has a title")?;
        for target in panel["targets"].as_array().context("a panel has queries")? {
            let query = target["expr"].as_str().context("a query has an expression")?;
            let query = query
                .replace("$__rate_interval", "1m")
                .replace("$__range", "5m")
                .replace("$workload", ".*");
            ensure!(!query.contains('$'), "an unknown variable: {query}");
            queries.push((title.to_owned(), query));
        }
    }
    ensure!(queries.len() > 15, "the dashboard has {} queries only", queries.len());
    Ok(queries)
}

fn is_there(samples: &[Sample]) -> bool {
    !samples.is_empty()
}

fn status(purchases: &Purchases, status: u16) -> u64 {
    purchases.statuses.get(&status).copied().unwrap_or_default()
}
