//! Who is calling: the certificate says it, and nothing else.

use anyhow::{Result, ensure};
use loopback_mesh::envoy::Policy;

use super::client::request;
use super::fixture::{Shop, table};

/// What a proxy in front might have added, had it verified bookbuyer.
const SPOOFED: &str = "x-forwarded-client-cert: \
     By=spiffe://cluster.local/ns/bookstore/sa/bookstore-v1;\
     URI=spiffe://cluster.local/ns/bookbuyer/sa/bookbuyer\r\n";

#[test]
fn a_client_without_a_certificate_is_denied() -> Result<()> {
    let shop = Shop::open("no-certificate", Policy::Table(&table()?.table), |settings| {
        settings.require_client_certificate = false;
    })?;
    let stranger = shop.stranger()?;
    for more in ["", SPOOFED] {
        let response = stranger.send(&request("GET", "/buy-a-book/new", more))?;
        ensure!(response.status == 403, "{response:?}");
        ensure!(response.body.contains("(missing_peer)"), "{response:?}");
    }
    shop.sidecar.wait_for_access_log("403 smi_denied:missing_peer GET /buy-a-book/new peer=-")?;
    ensure!(shop.client("bookbuyer")?.get("/buy-a-book/new")?.status == 200);
    Ok(())
}

#[test]
fn required_certificates_are_demanded_by_the_handshake() -> Result<()> {
    let shop = Shop::open("certificate-required", Policy::Table(&table()?.table), |_| ())?;
    for (who, client) in [("stranger", shop.stranger()?), ("impostor", shop.impostor()?)] {
        let answer = client.get("/buy-a-book/new");
        ensure!(answer.is_err(), "{who} got past the handshake: {answer:?}");
    }
    ensure!(shop.client("bookbuyer")?.get("/buy-a-book/new")?.status == 200);
    ensure!(shop.store.sold() == 1);
    Ok(())
}

#[test]
fn a_spoofed_certificate_header_gains_nothing() -> Result<()> {
    let shop = Shop::open("spoofed", Policy::Table(&table()?.table), |_| ())?;
    let response = shop.client("bookthief")?.send(&request("GET", "/buy-a-book/new", SPOOFED))?;
    ensure!(response.status == 403, "{response:?}");
    ensure!(response.body.contains("(peer_not_allowed)"), "{response:?}");
    ensure!(shop.sidecar.stat("wasmcustom.smi_filter.denied.peer_not_allowed")? == Some(1));
    Ok(())
}

#[test]
fn a_denied_grpc_call_gets_a_grpc_status() -> Result<()> {
    let shop = Shop::open("grpc", Policy::Table(&table()?.table), |_| ())?;
    let call = request("POST", "/books.Store/Buy", "content-type: application/grpc\r\n");
    let response = shop.client("bookthief")?.send(&call)?;
    ensure!(response.status == 200 && response.head.contains("grpc-status: 7"), "{response:?}");
    Ok(())
}
