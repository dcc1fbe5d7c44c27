//! Changes and connections without end.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use decision_table::Mode;
use loopback_mesh::envoy::Policy;
use loopback_mesh::policy::{Compiled, Policies};
use policy_compiler::back::envoy::Configuration;

use super::super::client::{Client, Session, request};
use super::super::connections::{Server, open, policies};
use super::super::fixture::{Shop, table, workload};
use super::super::recorder::Recorder;
use super::{BOOK, Customers};

const RELOADS: usize = 1000;

/// What Envoy may grow by while it takes policies, once it is warm.
const GROWTH: u64 = 48 << 20;

/// How many connections are opened in all, and how many of them at a time.
const CONNECTIONS: usize = 10_000;
const AT_A_TIME: usize = 250;

/// What came of requests that never pause.
#[derive(Default)]
struct Traffic {
    stop: AtomicBool,
    right: AtomicU64,
    wrong: AtomicU64,
}

impl Traffic {
    /// Asks for `path` on one connection until it is told to stop.
    fn flow(&self, client: &Client, path: &str, expected: u16) {
        let request = request("GET", path, "");
        let text = String::from_utf8_lossy(&request).replace("connection: close\r\n", "");
        let mut session = Session::new(client.clone());
        while !self.stop.load(Ordering::Relaxed) {
            let is_right = match session.send(text.as_bytes(), false) {
                Ok(response) => response.status == expected,
                Err(_) => false,
            };
            let counter = if is_right { &self.right } else { &self.wrong };
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn check(&self, who: &str) -> Result<()> {
        let [right, wrong] = [&self.right, &self.wrong].map(|it| it.load(Ordering::Relaxed));
        ensure!(wrong == 0, "{who}: {wrong} of {} answers are wrong", right + wrong);
        ensure!(right > 100, "{who}: {right} requests are too few to mean anything");
        Ok(())
    }
}

/// The policies of the example, and another table that says the same of both customers.
fn two_tables() -> Result<[Compiled; 2]> {
    let mut files = loopback_mesh::policy::read_files(&[loopback_mesh::bookstore::example()])?;
    for (_, text) in &mut files {
        *text = text.replace("methods: [\"GET\"]", "methods: [\"GET\", \"HEAD\"]");
    }
    let policies = Policies::compile(&files)?;
    let other = policies.table(&workload().spiffe_id()).context("the shop has a table")?;
    Ok([table()?, other.clone()])
}

#[test]
fn a_thousand_reloads_fail_nobody_and_let_nobody_in() -> Result<()> {
    let tables = two_tables()?;
    let mut shop = Shop::enforcing("reloads", &tables[0], |_| ())?;
    let customers = Customers::of(&shop)?;
    let (bought, stolen) = (Traffic::default(), Traffic::default());
    let memory = thread::scope(|scope| {
        scope.spawn(|| bought.flow(&customers.buyer, BOOK, 200));
        scope.spawn(|| stolen.flow(&customers.thief, BOOK, 403));
        let memory = reload(&mut shop, &tables);
        for traffic in [&bought, &stolen] {
            traffic.stop.store(true, Ordering::Relaxed);
        }
        memory
    })?;
    bought.check("bookbuyer")?;
    stolen.check("bookthief")?;
    let [warm, end] = memory;
    println!("memory: {warm} bytes after a fifth of the reloads, {end} at the end");
    ensure!(end < warm + GROWTH, "Envoy grew from {warm} to {end} bytes");
    ensure!(shop.store.sold() == bought.right.into_inner(), "a book went somewhere else");
    Ok(())
}

/// Puts one table and the other in force, and says how much memory Envoy has on the way
/// and at the end.
fn reload(shop: &mut Shop, tables: &[Compiled; 2]) -> Result<[u64; 2]> {
    let mut warm = 0;
    for number in 1..=RELOADS {
        let table = &tables[number % 2];
        // Envoy does not configure anew what it still has, and then no gauge moves; with
        // another setting it is new.
        let configuration = Configuration {
            table: Some(&table.table),
            port: Some(u16::try_from(number)?),
            ..Configuration::default()
        };
        shop.sidecar.deliver(Policy::Configured(configuration))?;
        shop.sidecar.wait_for_table(&table.digest)?;
        if number == RELOADS / 5 {
            warm = shop.sidecar.memory()?;
        }
    }
    Ok([warm, shop.sidecar.memory()?])
}

/// A request that goes on and on keeps its policy alive in Envoy, which takes it from
/// there, without a word to the filter, when the same policy comes back.
#[test]
fn a_policy_that_comes_back_while_it_is_in_use_is_in_force() -> Result<()> {
    let table = table()?;
    // An application that answers when it has all of a request.
    let recorder = Recorder::start()?;
    let mut shop = Shop::enforcing("comes-back", &table, |settings| {
        settings.application = recorder.address;
    })?;
    let customers = Customers::of(&shop)?;
    customers.check()?;
    let mut endless = customers.buyer.connect()?;
    endless.write_all(&request("GET", BOOK, "content-length: 5\r\n"))?;
    shop.sidecar.wait_for_stat("wasmcustom.smi_filter.allowed", |count| count == 2)?;
    let reloads = "extension_config_discovery.http_filter.smi-http.config_reload";
    let mut seen = shop.sidecar.stat(reloads)?.unwrap_or_default();
    for mode in [Mode::Audit, Mode::Permissive, Mode::Enforce, Mode::Audit, Mode::Enforce] {
        let table = Some(table.table.as_slice());
        let configuration = Configuration { table, mode, ..Configuration::default() };
        shop.sidecar.deliver(Policy::Configured(configuration))?;
        seen = shop.sidecar.wait_for_stat(reloads, |count| count > seen)?;
        if mode == Mode::Enforce {
            customers.wait_for_recovery()?;
        }
    }
    endless.write_all(b"hello")?;
    let mut answer = [0; 12];
    endless.read_exact(&mut answer)?;
    ensure!(&answer == b"HTTP/1.1 200", "{}", answer.escape_ascii());
    Ok(())
}

/// Connections of everybody, opened in batches: all send before anybody reads.
#[test]
fn ten_thousand_connections_get_each_its_answer() -> Result<()> {
    let table = table()?;
    let shop = Shop::enforcing("many", &table, |_| ())?;
    let customers = Customers::of(&shop)?;
    let cases = [
        (&customers.buyer, request("GET", BOOK, ""), 200),
        (&customers.thief, request("GET", BOOK, ""), 403),
        (&customers.buyer, request("GET", "/secret", ""), 403),
        (&customers.thief, request("GET", "/buy-a-book/%ff", "x-a: b\r\n"), 403),
    ];
    let started = Instant::now();
    let mut seen = BTreeMap::<(usize, u16), usize>::new();
    for _ in 0..CONNECTIONS / AT_A_TIME {
        let mut open = Vec::with_capacity(AT_A_TIME);
        for number in 0..AT_A_TIME {
            let (client, request, _) = &cases[number % cases.len()];
            let mut stream = client.connect()?;
            stream.write_all(request)?;
            open.push(stream);
        }
        for (number, mut stream) in open.into_iter().enumerate() {
            let mut answer = [0; 12];
            stream.read_exact(&mut answer)?;
            let status = String::from_utf8_lossy(&answer[9..]).parse()?;
            *seen.entry((number % cases.len(), status)).or_default() += 1;
        }
    }
    println!("{CONNECTIONS} connections in {:?}", started.elapsed());
    for (number, (_, _, status)) in cases.iter().enumerate() {
        let wrong: Vec<_> =
            seen.iter().filter(|((case, seen), _)| *case == number && seen != status).collect();
        ensure!(wrong.is_empty(), "case {number} got {wrong:?}");
    }
    let sold = seen.get(&(0, 200)).copied().unwrap_or_default();
    ensure!(usize::try_from(shop.store.sold())? == sold, "a book went somewhere else");
    Ok(())
}

/// Connections that are not HTTP, while policies come and go.
#[test]
fn no_connection_is_let_in_while_policies_change() -> Result<()> {
    let server = Server::start()?;
    let policy = policies()?.table;
    let mut shop = open("tcp-reloads", &server)?;
    let customers = Customers::of(&shop)?;
    let stop = AtomicBool::new(false);
    let (tried, wrong) = (AtomicU64::new(0), AtomicU64::new(0));
    let served = thread::scope(|scope| -> Result<u64> {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let is_right = hears_nothing(&customers.thief);
                tried.fetch_add(1, Ordering::Relaxed);
                wrong.fetch_add(u64::from(!is_right), Ordering::Relaxed);
            }
        });
        let outcome = (0..100).try_fold(0, |served, number| {
            // The same table with another setting in front is another configuration.
            let port = Some(1 + number);
            let configuration =
                Configuration { table: Some(&policy), port, ..Configuration::default() };
            shop.sidecar.deliver(Policy::Configured(configuration))?;
            thread::sleep(Duration::from_millis(10));
            let mut stream = customers.buyer.connect()?;
            stream.write_all(b"hello")?;
            let mut greeting = [0; 3];
            stream.read_exact(&mut greeting).context("a permitted connection ended")?;
            Ok(served + 1)
        });
        stop.store(true, Ordering::Relaxed);
        outcome
    })?;
    let (tried, wrong) = (tried.into_inner(), wrong.into_inner());
    ensure!(wrong == 0, "the thief heard something on {wrong} of {tried} connections");
    ensure!(served == 100 && tried > 20, "{served} served, {tried} tried");
    Ok(())
}

/// Whether a client gets no byte of the server.
fn hears_nothing(client: &Client) -> bool {
    let mut answer = Vec::new();
    let Ok(mut stream) = client.connect() else { return true };
    if stream.write_all(b"let me in").is_ok() {
        stream.read_to_end(&mut answer).ok();
    }
    answer.is_empty()
}
