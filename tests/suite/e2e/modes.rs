//! Policies that are watched before they are enforced.

use anyhow::{Context, Result, ensure};
use decision_table::Mode;
use loopback_mesh::envoy::{Policy, Sidecar};
use loopback_mesh::policy::Policies;
use policy_compiler::back::envoy::Configuration;

use super::fixture::{Shop, table, workload};

#[test]
fn modes_change_by_configuration_alone() -> Result<()> {
    let compiled = table()?;
    let with = |mode| {
        Policy::Configured(Configuration {
            table: Some(&compiled.table),
            mode,
            ..Configuration::default()
        })
    };
    let mut shop = Shop::open("modes", with(Mode::Enforce), |_| ())?;
    let thief = shop.client("bookthief")?;
    for (number, mode, status) in [
        (0, Mode::Enforce, 403),
        (1, Mode::Audit, 200),
        (2, Mode::Permissive, 200),
        (0, Mode::Enforce, 403),
    ] {
        shop.sidecar.deliver(with(mode))?;
        shop.sidecar.wait_for_stat("wasmcustom.smi_filter.mode", |now| now == number)?;
        let response = thief.get("/buy-a-book/new")?;
        ensure!(response.status == status, "{mode}: {response:?}");
    }
    let count =
        |sidecar: &Sidecar, name: &str| sidecar.stat(&format!("wasmcustom.smi_filter.{name}"));
    ensure!(count(&shop.sidecar, "denied.peer_not_allowed")? == Some(2));
    ensure!(count(&shop.sidecar, "audited.peer_not_allowed")? == Some(1));
    ensure!(count(&shop.sidecar, "allowed")? == Some(1), "in permissive mode nothing is decided");
    shop.sidecar.wait_for_access_log("audited:peer_not_allowed")
}

/// A change that would let the thief in is watched: nobody gets in by it, and the
/// differences are counted.
#[test]
fn a_shadow_table_shows_what_a_change_would_do() -> Result<()> {
    let examples = loopback_mesh::bookstore::examples();
    let lenient = Policies::load(&[examples.join("bookstore"), examples.join("bookthief")])?;
    let lenient = lenient.table(&workload().spiffe_id()).context("the shop has a table")?;
    let strict = table()?;
    let both = Policy::Configured(Configuration {
        table: Some(&strict.table),
        shadow: Some(&lenient.table),
        ..Configuration::default()
    });
    let shop = Shop::open("shadow", both, |_| ())?;
    for _ in 0..3 {
        ensure!(shop.client("bookthief")?.get("/buy-a-book/new")?.status == 403);
        ensure!(shop.client("bookbuyer")?.get("/buy-a-book/new")?.status == 200);
    }
    let count = |name: &str| shop.sidecar.stat(&format!("wasmcustom.smi_filter.shadow.{name}"));
    ensure!(count("newly_allowed")? == Some(3) && count("newly_denied")? == Some(0));
    ensure!(shop.sidecar.log()?.contains("by the shadow table it would be allowed"));
    Ok(())
}
