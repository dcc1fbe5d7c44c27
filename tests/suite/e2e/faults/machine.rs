//! The filter's machine stops, and Envoy itself.

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};
use loopback_mesh::envoy::Policy;
use loopback_mesh::module::with_a_fault;
use policy_compiler::back::envoy::{Configuration, Discovery, Plugin, Root};

use super::super::fixture::{Shop, table, tools};
use super::{BOOK, Customers, RECOVERY};

/// A discovery file that has another module in the filter's place.
fn with_module(module: &Path, table: &[u8]) -> Vec<u8> {
    let configuration = Configuration { table: Some(table), ..Configuration::default() };
    let filter = module.to_string_lossy();
    let plugin = Plugin { root: Root::Http, filter: &filter, configuration };
    Discovery::Plugin(plugin).bytes("broken")
}

/// The filter as it is, but every ninth request stops its machine: what was in memory
/// is gone, and the table is in force again with the next machine.
#[test]
fn a_machine_that_stops_denies_until_the_next_one_enforces_the_same_table() -> Result<()> {
    let table = table()?;
    let mut shop = Shop::open("stops-sometimes", Policy::None, |_| ())?;
    let module = shop.folder().join("faulty.wasm");
    fs::write(&module, with_a_fault(&fs::read(&tools()?.filter)?, 9)?)?;
    shop.sidecar.deliver(Policy::File(&with_module(&module, &table.table)))?;
    shop.sidecar.wait_for_table(&table.digest)?;
    let customers = Customers::of(&shop)?;
    let (mut faults, mut sold) = (0, 0);
    for _ in 0..300 {
        let [thief, buyer] = [&customers.thief, &customers.buyer].map(|client| client.get(BOOK));
        let [thief, buyer] = [thief?.status, buyer?.status];
        ensure!(matches!(thief, 403 | 503) && matches!(buyer, 200 | 503), "{thief} and {buyer}");
        sold += u64::from(buyer == 200);
        if thief == 503 || buyer == 503 {
            faults += 1;
            sold += wait_for_the_next(&customers)?;
        }
        if faults == 5 {
            break;
        }
    }
    ensure!(faults == 5, "{faults} faults are too few to mean anything");
    ensure!(shop.store.sold() == sold, "somebody else got {} books", shop.store.sold() - sold);
    // The whole module takes the place of the broken one at once.
    shop.sidecar.deliver(Policy::Table(&table.table))?;
    shop.sidecar.wait_for_table(&table.digest)?;
    for _ in 0..30 {
        customers.check()?;
    }
    Ok(())
}

/// Waits for the next machine, and says how many books were sold meanwhile.
fn wait_for_the_next(customers: &Customers) -> Result<u64> {
    let start = Instant::now();
    while customers.buyer.get(BOOK)?.status != 200 {
        ensure!(start.elapsed() < RECOVERY, "nothing is served after {:?}", start.elapsed());
    }
    Ok(1)
}

/// A module that stops with every request serves nobody, and goes as it came.
#[test]
fn a_module_that_never_works_serves_nobody() -> Result<()> {
    let table = table()?;
    let mut shop = Shop::enforcing("stops-always", &table, |_| ())?;
    let customers = Customers::of(&shop)?;
    customers.check()?;
    let module = shop.folder().join("broken.wasm");
    fs::write(&module, with_a_fault(&fs::read(&tools()?.filter)?, 1)?)?;
    shop.sidecar.deliver(Policy::File(&with_module(&module, &table.table)))?;
    let reloads = "extension_config_discovery.http_filter.smi-http.config_reload";
    shop.sidecar.wait_for_stat(reloads, |count| count >= 2)?;
    let sold = shop.store.sold();
    for _ in 0..30 {
        customers.check_thief(&[503])?;
        ensure!(customers.buyer.get(BOOK)?.status == 503);
    }
    ensure!(shop.store.sold() == sold, "a broken filter let requests through");
    shop.sidecar.deliver(Policy::Table(&table.table))?;
    customers.wait_for_recovery()?;
    Ok(())
}

/// A file that is no module, or a module that is no filter, never comes into force.
#[test]
fn what_is_no_filter_is_refused_as_an_update() -> Result<()> {
    let table = table()?;
    let mut shop = Shop::enforcing("no-filter", &table, |_| ())?;
    let customers = Customers::of(&shop)?;
    let whole = fs::read(&tools()?.filter)?;
    let half = whole.get(..whole.len() / 2).unwrap_or_default();
    let modules: [(&str, &[u8]); 4] = [
        ("empty", b""),
        ("text", b"not a module"),
        ("without-functions", b"\0asm\x01\0\0\0"),
        ("half", half),
    ];
    let failed = "extension_config_discovery.http_filter.smi-http.config_fail";
    let mut failures = 0;
    for (name, bytes) in modules {
        let module = shop.folder().join(name);
        fs::write(&module, bytes)?;
        shop.sidecar.deliver(Policy::File(&with_module(&module, &table.table)))?;
        failures = shop.sidecar.wait_for_stat(failed, |count| count > failures)?;
        customers.check().map_err(|error| error.context(name))?;
    }
    Ok(())
}

/// Envoy ends without a word, and starts with the files that it had.
#[test]
fn an_envoy_that_was_killed_starts_with_the_last_policy() -> Result<()> {
    let table = table()?;
    let mut shop = Shop::open("killed", Policy::None, |_| ())?;
    shop.sidecar.deliver(Policy::Table(&table.table))?;
    shop.sidecar.wait_for_table(&table.digest)?;
    let before = Customers::of(&shop)?;
    before.check()?;
    for _ in 0..2 {
        shop.sidecar.restart()?;
        ensure!(before.buyer.get(BOOK).is_err(), "the old Envoy is still there");
        // The first requests may come before the table does: nobody is served then.
        let customers = Customers::of(&shop)?;
        customers.check_thief(&[403])?;
        customers.wait_for_recovery()?;
    }
    // A file that broke meanwhile: there is no last policy, so nobody is served.
    shop.sidecar.deliver(Policy::File(b"broken"))?;
    shop.sidecar.restart()?;
    let customers = Customers::of(&shop)?;
    let sold = shop.store.sold();
    customers.check_thief(&[403])?;
    ensure!(customers.buyer.get(BOOK)?.status == 403 && shop.store.sold() == sold);
    shop.sidecar.deliver(Policy::Table(&table.table))?;
    customers.wait_for_recovery()?;
    Ok(())
}
