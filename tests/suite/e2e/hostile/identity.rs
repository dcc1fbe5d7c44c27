//! Who is calling: the certificate says it, and nothing else.

use anyhow::{Result, ensure};
use loopback_mesh::envoy::Policy;

use super::super::client::request;
use super::super::fixture::{Shop, table};
use super::{Served, Site, get};

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

/// What a certificate names is the peer, and nothing that resembles it.
#[test]
fn certificates_with_odd_names_are_nobody() -> Result<()> {
    const BUYER: &[u8] = b"spiffe://cluster.local/ns/bookbuyer/sa/bookbuyer";
    const THIEF: &[u8] = b"spiffe://cluster.local/ns/bookthief/sa/bookthief";
    // Where the handshake does not judge names, the filter alone does; where it does,
    // most get no further than that.
    for (label, spiffe) in [("odd-names", true), ("odd-names-default", false)] {
        let site = Site::open(label, |settings| settings.require_client_certificate = spiffe)?;
        let name =
            |name: &str| format!("spiffe://cluster.local/ns/bookbuyer/sa/{name}").into_bytes();
        let keeper = site.shop.odd_client(&[&name("book.keeper")])?;
        site.outcome(&keeper, &get("/public/page", ""))?.is(Served("GET /public/page"))?;
        let odd: [(&str, Vec<Vec<u8>>); 19] = [
            ("none", vec![]),
            ("empty", vec![Vec::new()]),
            ("two, thief first", vec![THIEF.into(), BUYER.into()]),
            ("two, buyer first", vec![BUYER.into(), THIEF.into()]),
            ("the same twice", vec![BUYER.into(), BUYER.into()]),
            (
                "another trust domain",
                vec![b"spiffe://other.example/ns/bookbuyer/sa/bookbuyer".into()],
            ),
            (
                "a longer trust domain",
                vec![b"spiffe://cluster.local.example/ns/bookbuyer/sa/bookbuyer".into()],
            ),
            ("no trust domain", vec![b"spiffe:///ns/bookbuyer/sa/bookbuyer".into()]),
            ("another scheme", vec![b"https://cluster.local/ns/bookbuyer/sa/bookbuyer".into()]),
            ("upper case", vec![b"SPIFFE://cluster.local/ns/bookbuyer/sa/bookbuyer".into()]),
            ("a name in another case", vec![name("BookBuyer")]),
            ("a dot is no wildcard", vec![name("bookxkeeper")]),
            ("a longer name", vec![name("bookbuyer2")]),
            ("more segments", vec![name("bookbuyer/x")]),
            ("NUL and more", vec![name("bookbuyer\0.example")]),
            ("joined", vec![[BUYER, b",", THIEF].concat()]),
            ("joined as in a header", vec![[THIEF, b";URI=", BUYER].concat()]),
            ("bytes that are no text", vec![[BUYER, b"\xff"].concat()]),
            ("a query", vec![[BUYER, b"?"].concat()]),
        ];
        for (what, names) in odd {
            let names: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
            let client = site.shop.odd_client(&names)?;
            for target in ["/public/page", "/any-method"] {
                let seen = site.outcome(&client, &get(target, ""))?;
                ensure!(seen.served.is_empty(), "{label}: {what}: {seen:?}");
            }
        }
        site.outcome(&site.buyer()?, &get("/public/page", ""))?.is(Served("GET /public/page"))?;
    }
    Ok(())
}
