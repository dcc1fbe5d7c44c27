//! Requests that a well-behaved client never sends.

use anyhow::{Result, ensure};
use loopback_mesh::envoy::Policy;

use super::client::{Client, request};
use super::fixture::{Shop, table};

/// Spellings that a proxy and an application might read differently. Each matches
/// the route's regular expression as it stands.
const AMBIGUOUS_PATHS: [&str; 11] = [
    "//buy-a-book/new",
    "/buy-a-book//new",
    "/buy-a-book/./new",
    "/buy-a-book/../buy-a-book/new",
    "/buy-a-book/%2e%2e/buy-a-book/new",
    "/buy-a-book/..;/buy-a-book/new",
    "/buy-a-book%2fnew",
    "/buy-a-book%5cnew",
    "/buy-a-book/%252e%252e/new",
    "/buy-a-book/new%00",
    "/buy-a-book\\new",
];

#[test]
fn headers_that_are_not_text_are_denied_and_stop_nothing() -> Result<()> {
    let shop = Shop::open("not-text", Policy::Table(&table()?.table), |_| ())?;
    let buyer = shop.client("bookbuyer")?;
    let tested = request("GET", "/books-bought", "");
    let tested = replace(&tested, b"bookbuyer", b"book\xff\xfebuyer");
    denied(&buyer, &tested, "header_not_allowed")?;
    // No route asks about this header, so it decides nothing.
    let untested = request("GET", "/books-bought", "x-other: ?\r\n");
    let untested = replace(&untested, b"?", b"\xff\xfe\x80");
    ensure!(buyer.send(&untested)?.status == 200);
    ensure!(buyer.get("/books-bought")?.status == 200, "the filter's machine has stopped");
    Ok(())
}

#[test]
fn saying_a_header_twice_does_not_help() -> Result<()> {
    let shop = Shop::open("twice", Policy::Table(&table()?.table), |_| ())?;
    let twice = request("GET", "/books-bought", "client-app: bookthief\r\n");
    denied(&shop.client("bookbuyer")?, &twice, "header_not_allowed")
}

#[test]
fn ambiguous_paths_are_denied_even_where_envoy_leaves_them_alone() -> Result<()> {
    let shop = Shop::open("raw-paths", Policy::Table(&table()?.table), |settings| {
        settings.normalise_paths = false;
    })?;
    let buyer = shop.client("bookbuyer")?;
    for path in AMBIGUOUS_PATHS {
        denied(&buyer, &request("GET", path, ""), "non_canonical_path")
            .map_err(|error| error.context(path))?;
    }
    ensure!(shop.store.sold() == 0, "a request reached the shop");
    ensure!(buyer.get("/buy-a-book/new?colour=//..")?.status == 200, "the query is no path");
    Ok(())
}

#[test]
fn where_envoy_normalises_paths_the_filter_judges_what_the_shop_gets() -> Result<()> {
    let shop = Shop::open("normal-paths", Policy::Table(&table()?.table), |_| ())?;
    let buyer = shop.client("bookbuyer")?;
    ensure!(buyer.get("/buy-a-book/./new")?.status == 200);
    ensure!(shop.store.sold() == 1, "the shop got another path than the filter judged");
    ensure!(buyer.get("/buy-a-book/new/../../secret")?.body.contains("(path_not_allowed)"));
    ensure!(buyer.get("/buy-a-book%2fnew")?.status == 400);
    Ok(())
}

#[test]
fn methods_without_a_path_are_denied() -> Result<()> {
    let shop = Shop::open("connect", Policy::Table(&table()?.table), |_| ())?;
    let connect = request("CONNECT", "bookstore.bookstore:80", "");
    denied(&shop.client("bookbuyer")?, &connect, "malformed_request")?;
    ensure!(shop.client("bookbuyer")?.get("/buy-a-book/new")?.status == 200);
    Ok(())
}

fn denied(client: &Client, request: &[u8], reason: &str) -> Result<()> {
    let response = client.send(request)?;
    ensure!(response.status == 403, "{response:?}");
    ensure!(response.body.contains(&format!("({reason})")), "{response:?}");
    Ok(())
}

/// The request with `bytes` in place of the first `text`.
fn replace(request: &[u8], text: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut request = request.to_vec();
    if let Some(start) = request.windows(text.len()).position(|window| window == text) {
        request.splice(start..start + text.len(), bytes.iter().copied());
    }
    request
}
