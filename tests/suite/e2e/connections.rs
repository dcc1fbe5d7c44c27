//! Connections that are not HTTP.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use loopback_mesh::envoy::Policy;
use loopback_mesh::policy::{Compiled, Policies};
use policy_compiler::back::envoy::Protocol;

use super::fixture::{Shop, workload};
use super::recorder::listen;

/// What the server says before anybody has asked.
const GREETING: &[u8] = b"220 secret greeting\r\n";

const POLICIES: &str = "
apiVersion: specs.smi-spec.io/v1alpha4
kind: TCPRoute
metadata: {name: any, namespace: bookstore}
spec: {matches: {name: any}}
---
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: {name: buyers, namespace: bookstore}
spec:
  destination: {kind: ServiceAccount, name: bookstore-v1}
  sources: [{kind: ServiceAccount, name: bookbuyer, namespace: bookbuyer}]
  rules: [{kind: TCPRoute, name: any}]
";

#[test]
fn an_allowed_client_talks_to_a_server_that_greets_first() -> Result<()> {
    let server = Server::start()?;
    let shop = open("tcp-allowed", &server)?;
    let mut stream = shop.client("bookbuyer")?.connect()?;
    let mut greeting = [0; GREETING.len()];
    stream.read_exact(&mut greeting)?;
    ensure!(greeting == GREETING);
    stream.write_all(b"hello")?;
    let mut echo = [0; 5];
    stream.read_exact(&mut echo)?;
    ensure!(&echo == b"hello");
    ensure!(shop.sidecar.stat("wasmcustom.smi_tcp.allowed")? == Some(1));
    Ok(())
}

#[test]
fn a_denied_client_gets_no_byte_and_sends_none() -> Result<()> {
    let server = Server::start()?;
    let mut shop = open("tcp-denied", &server)?;
    for words in [&b""[..], b"let me in"] {
        let mut stream = shop.client("bookthief")?.connect()?;
        stream.write_all(words)?;
        let mut answer = Vec::new();
        // However the connection ends, nothing has come.
        stream.read_to_end(&mut answer).ok();
        ensure!(answer.is_empty(), "{}", answer.escape_ascii());
    }
    ensure!(server.received.load(Ordering::Relaxed) == 0, "the server was spoken to");
    shop.sidecar.wait_for_stat("wasmcustom.smi_tcp.denied.peer_not_allowed", |count| count == 2)?;
    shop.sidecar.wait_for_access_log("denied:peer_not_allowed")
}

/// A valid certificate has one name; the first of several does not count.
#[test]
fn a_client_with_two_names_gets_no_byte() -> Result<()> {
    let server = Server::start()?;
    let mut shop = open("tcp-two-names", &server)?;
    let [buyer, thief] = [
        &b"spiffe://cluster.local/ns/bookbuyer/sa/bookbuyer"[..],
        b"spiffe://cluster.local/ns/bookthief/sa/bookthief",
    ];
    let mut stream = shop.odd_client(&[buyer, thief])?.connect()?;
    stream.write_all(b"let me in")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok();
    ensure!(answer.is_empty() && server.received.load(Ordering::Relaxed) == 0);
    shop.sidecar.wait_for_stat("wasmcustom.smi_tcp.denied.malformed_peer", |count| count == 1)?;
    Ok(())
}

#[test]
fn a_client_that_is_slow_to_say_who_it_is_hears_no_greeting() -> Result<()> {
    let server = Server::start()?;
    let shop = open("tcp-slow", &server)?;
    let mut socket = TcpStream::connect(shop.sidecar.inbound())?;
    socket.set_read_timeout(Some(Duration::from_millis(500)))?;
    let mut bytes = [0; 64];
    let read = socket.read(&mut bytes);
    ensure!(!matches!(read, Ok(length) if length > 0), "{}", bytes.escape_ascii());
    Ok(())
}

#[test]
fn without_a_table_no_connection_passes() -> Result<()> {
    let server = Server::start()?;
    let shop = Shop::open("tcp-no-table", Policy::None, |settings| {
        settings.protocol = Protocol::Tcp;
        settings.application = server.address;
    })?;
    let mut stream = shop.client("bookbuyer")?.connect()?;
    stream.write_all(b"hello")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok();
    ensure!(answer.is_empty() && server.received.load(Ordering::Relaxed) == 0);
    Ok(())
}

/// The table of a shop to which bookbuyer may connect.
pub(super) fn policies() -> Result<Compiled> {
    let policies = Policies::compile(&[("tcp.yaml".to_owned(), POLICIES.to_owned())])?;
    policies.table(&workload().spiffe_id()).cloned().context("the shop has a table")
}

pub(super) fn open(label: &str, server: &Server) -> Result<Shop> {
    Shop::open(label, Policy::Table(&policies()?.table), |settings| {
        settings.protocol = Protocol::Tcp;
        settings.application = server.address;
    })
}

/// Whether a client that says hello hears the greeting.
pub(super) fn greeted(stream: &mut (impl Read + Write)) -> Result<bool> {
    stream.write_all(b"hello")?;
    let mut greeting = [0; GREETING.len()];
    Ok(stream.read_exact(&mut greeting).is_ok() && greeting == GREETING)
}

/// Greets everybody, and repeats what it hears.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    /// Bytes that it heard.
    received: Arc<AtomicUsize>,
}

impl Server {
    pub(super) fn start() -> Result<Self> {
        let received = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&received);
        let address = listen(move |connection| serve(connection, &counter))?;
        Ok(Self { address, received })
    }
}

fn serve(mut connection: TcpStream, received: &AtomicUsize) {
    let mut bytes = [0; 1024];
    connection.write_all(GREETING).ok();
    while let Ok(length @ 1..) = connection.read(&mut bytes) {
        received.fetch_add(length, Ordering::Relaxed);
        connection.write_all(&bytes[..length]).ok();
    }
}
