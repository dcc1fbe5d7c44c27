//! Changing the policy of a mesh that is at work.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use loopback_mesh::bookstore::{Bookstore, example};
use loopback_mesh::envoy::Policy;
use loopback_mesh::http::{self, Call};
use loopback_mesh::policy::{Policies, read_files};
use loopback_mesh::story::STEPS;

use super::client::Session;
use super::fixture::{Shop, table, tools};

/// A change must be in force within this time.
const LIMIT: Duration = Duration::from_secs(2);

/// How often the thief is let in and shut out again.
const CHANGES: usize = 10;

/// How long each policy stays, so that traffic meets it.
const STAY: Duration = Duration::from_millis(100);

#[test]
fn policy_changes_arrive_quickly_and_fail_no_permitted_request() -> Result<()> {
    let mut bookstore = Bookstore::start(tools()?, "reload")?;
    let [_, shut_out, let_in, ..] = STEPS;
    let shut_out = shut_out.compile()?;
    let let_in = let_in.compile()?;
    bookstore.apply(shut_out.as_ref())?;
    let buyer = bookstore.sidecar("bookbuyer")?.outbound();
    let thief = bookstore.sidecar("bookthief")?.outbound();

    let traffic = Traffic::default();
    let slowest = thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| traffic.flow(buyer));
        }
        let changes = (0..CHANGES).map(|_| {
            bookstore.deliver(let_in.as_ref())?;
            let open = wait_until_seen(thief, 200)?;
            thread::sleep(STAY);
            bookstore.deliver(shut_out.as_ref())?;
            let shut = wait_until_seen(thief, 403)?;
            thread::sleep(STAY);
            Ok(open.max(shut))
        });
        let slowest = changes.collect::<Result<Vec<_>>>();
        traffic.stop.store(true, Ordering::Relaxed);
        slowest
    })?;

    let (good, bad) = (traffic.good.into_inner(), traffic.bad.into_inner());
    println!("slowest change: {:?}; requests meanwhile: {good}", slowest.iter().max());
    ensure!(bad == 0, "{bad} of {} permitted requests failed", good + bad);
    ensure!(good > 100, "too little traffic to mean anything: {good} requests");
    Ok(())
}

#[test]
fn an_edited_split_moves_the_traffic() -> Result<()> {
    let mut bookstore = Bookstore::start(tools()?, "split")?;
    let mut files = read_files(&[example()])?;
    bookstore.apply(Some(&Policies::compile(&files)?))?;
    for (_, text) in &mut files {
        *text = text.replace("weight: 75", "weight: 0");
    }
    bookstore.apply(Some(&Policies::compile(&files)?))?;
    let deadline = Instant::now() + LIMIT;
    loop {
        let before = bookstore.counters();
        thread::sleep(STAY * 3);
        let [v1, v2] = bookstore.counters().since(&before).sold;
        if v1 == 0 && v2 > 0 {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "v1 still sold {v1}, and v2 {v2}");
    }
}

/// Envoy keeps a plugin that it has not quite put away when its configuration comes
/// back, and does not configure it again.
#[test]
fn policies_that_come_back_are_in_force_again() -> Result<()> {
    let compiled = table()?;
    let mut shop = Shop::open("come-back", Policy::None, |_| ())?;
    let mut buyer = Session::new(shop.client("bookbuyer")?);
    let request = b"GET /buy-a-book/new HTTP/1.1\r\nhost: bookstore.bookstore\r\n\r\n";
    for _ in 0..200 {
        for (policy, digest, status) in [
            (Policy::Table(&compiled.table), compiled.digest.as_slice(), 200),
            (Policy::None, &[][..], 403),
        ] {
            shop.sidecar.deliver(policy)?;
            shop.sidecar.wait_for_table(digest)?;
            let start = Instant::now();
            // One worker may show it before the other has it.
            while buyer.send(request, false)?.status != status {
                ensure!(start.elapsed() < LIMIT, "no {status} within {LIMIT:?}");
            }
        }
    }
    Ok(())
}

/// Requests of a permitted caller that never pause.
#[derive(Default)]
struct Traffic {
    stop: AtomicBool,
    good: AtomicU64,
    bad: AtomicU64,
}

impl Traffic {
    fn flow(&self, sidecar: SocketAddr) {
        while !self.stop.load(Ordering::Relaxed) {
            let good = http::call(sidecar, BUY).is_ok_and(|response| response.status == 200);
            let counter = if good { &self.good } else { &self.bad };
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Asks until the answers of both versions have this status, and says how long it took.
fn wait_until_seen(sidecar: SocketAddr, status: u16) -> Result<Duration> {
    let start = Instant::now();
    for host in ["bookstore-v1.bookstore", "bookstore-v2.bookstore"] {
        while http::call(sidecar, Call { host, ..BUY })?.status != status {
            ensure!(start.elapsed() < LIMIT, "no {status} from {host} within {LIMIT:?}");
        }
    }
    Ok(start.elapsed())
}

const BUY: Call<'static> =
    Call { method: "GET", host: "bookstore.bookstore", path: "/buy-a-book/new", headers: &[] };
