//! Tables that are missing or damaged.

use anyhow::{Result, ensure};
use loopback_mesh::envoy::Policy;

use super::super::client::Client;
use super::super::fixture::{Shop, table};

/// Counters of Envoy for configurations that were refused: by the filter, and by
/// anybody.
const REFUSED: &str = "extension_config_discovery.http_filter.smi-http.config_fail";
const REJECTED: &str = "extension_config_discovery.http_filter.smi-http.update_rejected";

#[test]
fn without_a_table_everything_is_denied() -> Result<()> {
    let shop = Shop::open("no-table", Policy::None, |_| ())?;
    denied_for_lack_of_policy(&shop.client("bookbuyer")?)?;
    shop.sidecar.wait_for_access_log("403 smi_denied:no_policy GET /buy-a-book/new")?;
    ensure!(shop.sidecar.stat("wasmcustom.smi_filter.denied.no_policy")? == Some(1));
    ensure!(shop.store.sold() == 0);
    Ok(())
}

#[test]
fn taking_the_table_away_denies_everything() -> Result<()> {
    let table = table()?;
    let mut shop = Shop::enforcing("table-taken", &table, |_| ())?;
    let buyer = shop.client("bookbuyer")?;
    ensure!(buyer.get("/buy-a-book/new")?.status == 200);
    shop.sidecar.deliver(Policy::None)?;
    shop.sidecar.wait_for_table(&[])?;
    denied_for_lack_of_policy(&buyer)
}

#[test]
fn a_damaged_table_at_the_start_denies_everything() -> Result<()> {
    for (damage, bytes) in damaged(&table()?.table) {
        let mut shop = Shop::open("damaged-at-start", Policy::Table(&bytes), |_| ())?;
        shop.sidecar.wait_for_stat(REFUSED, |count| count > 0)?;
        denied_for_lack_of_policy(&shop.client("bookbuyer")?)
            .map_err(|error| error.context(damage))?;
        ensure!(shop.store.sold() == 0, "{damage}: a request reached the shop");
    }
    Ok(())
}

#[test]
fn a_damaged_discovery_file_at_the_start_denies_everything() -> Result<()> {
    for file in ["", "\x12\x7f", "not a discovery response"] {
        let shop = Shop::open("damaged-file", Policy::File(file.as_bytes()), |_| ())?;
        denied_for_lack_of_policy(&shop.client("bookbuyer")?)
            .map_err(|error| error.context(format!("discovery file `{file}`")))?;
    }
    Ok(())
}

#[test]
fn a_damaged_update_leaves_the_old_table_in_force() -> Result<()> {
    let table = table()?;
    let mut shop = Shop::enforcing("damaged-update", &table, |_| ())?;
    let (buyer, thief) = (shop.client("bookbuyer")?, shop.client("bookthief")?);
    let mut refused = 0;
    for (damage, bytes) in damaged(&table.table) {
        shop.sidecar.deliver(Policy::Table(&bytes))?;
        refused = shop.sidecar.wait_for_stat(REFUSED, |count| count > refused)?;
        ensure!(buyer.get("/buy-a-book/new")?.status == 200, "{damage}: bookbuyer is denied");
        ensure!(thief.get("/buy-a-book/new")?.status == 403, "{damage}: bookthief is let in");
    }
    let before = shop.sidecar.stat(REJECTED)?.unwrap_or_default();
    shop.sidecar.deliver(Policy::File(b"not a discovery response"))?;
    shop.sidecar.wait_for_stat(REJECTED, |count| count > before)?;
    ensure!(buyer.get("/buy-a-book/new")?.status == 200);
    shop.sidecar.wait_for_table(&table.digest)
}

fn denied_for_lack_of_policy(client: &Client) -> Result<()> {
    let response = client.get("/buy-a-book/new")?;
    ensure!(response.status == 403, "{response:?}");
    ensure!(response.body == "access denied by mesh policy (no_policy)\n", "{response:?}");
    Ok(())
}

/// The table as it must never be loaded.
fn damaged(table: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let half = table.len() / 2;
    let mut flipped = table.to_vec();
    if let Some(byte) = flipped.get_mut(half) {
        *byte ^= 0b0001_0000;
    }
    let truncated = table.iter().copied().take(half).collect();
    vec![
        ("garbage", b"not a table at all".to_vec()),
        ("truncated", truncated),
        ("flipped", flipped),
    ]
}
