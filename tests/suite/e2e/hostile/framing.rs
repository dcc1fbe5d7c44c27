//! Where a request ends, and what belongs to it.

use anyhow::{Result, ensure};
use serde_json::json;

use super::super::client::{Client, Response};
use super::super::recorder::line;
use super::{Denied, Outcome, Refused, Served, Site, get, latin1};

const PAGE: Outcome = Served("GET /public/page");
const MALFORMED: Outcome = Refused(400);

/// The idea of a class, all bytes, and what becomes of them: one request at most. What
/// stands behind the end of one is a request for `/secret`, or a piece of it, that must
/// never be taken for a request of its own by the application.
#[rustfmt::skip]
const ROWS: &[(&str, &str, Outcome)] = &[
    ("plain", "GET /public/page HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", PAGE),
    // One goes by the length, the other by chunks.
    ("length and chunks", "GET /public/page HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /secret HTTP/1.1\r\nhost: a\r\n\r\n", MALFORMED),
    ("chunks and length", "GET /public/page HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ncontent-length: 40\r\n\r\n0\r\n\r\nGET /secret HTTP/1.1\r\nhost: a\r\n\r\n", MALFORMED),
    ("two lengths", "GET /public/page HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\ncontent-length: 34\r\n\r\nGET /secret HTTP/1.1\r\nhost: a\r\n\r\n", MALFORMED),
    ("lengths joined", "GET /public/page HTTP/1.1\r\nhost: a\r\ncontent-length: 0, 34\r\n\r\nGET /secret HTTP/1.1\r\nhost: a\r\n\r\n", MALFORMED),
    ("a length with a sign", "GET /public/page HTTP/1.1\r\nhost: a\r\ncontent-length: +0\r\n\r\nGET /secret HTTP/1.1\r\nhost: a\r\n\r\n", MALFORMED),
    ("a negative length", "GET /public/page HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\nGET /secret HTTP/1.1\r\nhost: a\r\n\r\n", MALFORMED),
    ("a hexadecimal length", "GET /public/page HTTP/1.1\r\nhost: a\r\ncontent-length: 0x0\r\n\r\nGET /secret HTTP/1.1\r\nhost: a\r\n\r\n", MALFORMED),
    ("a length beyond numbers", "GET /public/page HTTP/1.1\r\nhost: a\r\ncontent-length: 18446744073709551616\r\n\r\nGET /secret HTTP/1.1\r\nhost: a\r\n\r\n", MALFORMED),
    ("chunks by another name", "GET /public/page HTTP/1.1\r\nhost: a\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\nGET /secret HTTP/1.1\r\nhost: a\r\n\r\n", Refused(501)),
    ("chunks, then something", "GET /public/page HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked, identity\r\n\r\n0\r\n\r\nGET /secret HTTP/1.1\r\nhost: a\r\n\r\n", Refused(501)),
    ("chunks twice", "GET /public/page HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /secret HTTP/1.1\r\nhost: a\r\n\r\n", Refused(501)),
    ("a chunk of no size", "GET /public/page HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n\r\n", MALFORMED),
    // The body is nobody's request.
    ("a request as a body", "GET /public/page HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 33\r\n\r\nGET /secret HTTP/1.1\r\nhost: a\r\n\r\n", PAGE),
    ("a request as a chunk", "GET /public/page HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n21\r\nGET /secret HTTP/1.1\r\nhost: a\r\n\r\n\r\n0\r\n\r\n", PAGE),
    // Headers behind the body are not those that were judged.
    ("trailers", "GET /public/page HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx-role: writer\r\n\r\n", PAGE),
    ("a header as a trailer", "GET /tested HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx-role: reader\r\n\r\n", Denied("header_not_allowed")),
    // Lines that end otherwise. What Envoy understands it writes anew for the application.
    ("line feeds alone", "GET /public/page HTTP/1.1\nhost: a\nconnection: close\n\n", PAGE),
    ("a line feed in a value", "GET /public/page HTTP/1.1\r\nhost: a\r\nx-a: b\nGET /secret HTTP/1.1\r\n\r\n", MALFORMED),
    ("a carriage return alone", "GET /public/page HTTP/1.1\rhost: a\r\n\r\n", MALFORMED),
    ("an empty line in front", "\r\nGET /secret HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", Denied("path_not_allowed")),
    ("two spaces", "GET  /public/page HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", PAGE),
    ("a tab for a space", "GET\t/public/page HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", PAGE),
    // Other versions.
    ("HTTP/0.9", "GET /public/page\r\n\r\n", Refused(426)),
    ("HTTP/1.0", "GET /public/page HTTP/1.0\r\nhost: a\r\n\r\n", Refused(426)),
    ("HTTP/1.2", "GET /public/page HTTP/1.2\r\nhost: a\r\n\r\n", Refused(426)),
    ("HTTP/3 in text", "GET /public/page HTTP/3\r\nhost: a\r\n\r\n", MALFORMED),
    ("no HTTP", "\x16\x03\x01\x02 hello\r\n\r\n", MALFORMED),
];

#[test]
fn a_request_ends_where_it_says_once() -> Result<()> {
    let site = Site::open("framing", |_| ())?;
    let rows =
        ROWS.iter().map(|(class, bytes, expected)| ((*class).to_owned(), latin1(bytes), expected));
    site.check(&site.buyer()?, rows)
}

/// An old request has no host, unless it says one: then there is none to judge.
#[test]
fn where_old_requests_are_enabled_they_are_judged_like_others() -> Result<()> {
    let site = Site::open("http-1.0", |settings| {
        let options = json!({ "accept_http_10": true, "default_host_for_http_10": "nobody" });
        settings.manager.push(("http_protocol_options", options));
    })?;
    let rows = [
        ("public", "GET /public/page HTTP/1.0\r\n\r\n", PAGE),
        ("secret", "GET /secret HTTP/1.0\r\n\r\n", Denied("path_not_allowed")),
        ("no host", "GET /hosted HTTP/1.0\r\n\r\n", Denied("host_not_allowed")),
        ("host", "GET /hosted HTTP/1.0\r\nhost: shop.example\r\n\r\n", Served("GET /hosted")),
    ];
    let rows =
        rows.iter().map(|(class, bytes, expected)| ((*class).to_owned(), latin1(bytes), expected));
    site.check(&site.buyer()?, rows)
}

/// Requests that share a connection share nothing else.
#[test]
fn each_request_of_a_connection_is_decided_by_itself() -> Result<()> {
    let site = Site::open("pipelined", |_| ())?;
    let keep = |target: &str| format!("GET {target} HTTP/1.1\r\nhost: a\r\n\r\n");
    let last = |target: &str| String::from_utf8_lossy(&get(target, "")).into_owned();
    let cases = [
        (keep("/public/1") + &last("/secret"), [200, 403], "GET /public/1"),
        (keep("/secret") + &last("/public/2"), [403, 200], "GET /public/2"),
        (keep("/public/../secret") + &last("/public/3"), [403, 200], "GET /public/3"),
    ];
    for (requests, expected, served) in cases {
        let statuses = statuses(&site.buyer()?, requests.as_bytes())?;
        let seen = site.recorder.take();
        ensure!(statuses == expected, "{requests:?} became {statuses:?}");
        ensure!(seen.len() == 1 && line(&seen[0]) == served, "{requests:?} became {seen:?}");
    }
    Ok(())
}

/// The statuses of all answers on one connection.
fn statuses(client: &Client, requests: &[u8]) -> Result<Vec<u16>> {
    let answers = String::from_utf8_lossy(&client.exchange(requests)?).into_owned();
    let answers = answers.split("HTTP/1.1 ").skip(1);
    answers.map(|answer| Ok(answer.get(..3).unwrap_or_default().parse()?)).collect()
}

/// What is too large is refused by Envoy, what is just not too large is judged.
#[test]
fn large_and_many_headers_are_judged_or_refused() -> Result<()> {
    let site = Site::open("large", |_| ())?;
    let headers = |count: usize, length: usize| -> String {
        let value = "v".repeat(length);
        (0..count).map(|number| format!("x-{number}: {value}\r\n")).collect()
    };
    let rows = [
        ("55 KB", headers(1, 55_000), Denied("header_not_allowed"), Served("GET /tested")),
        ("61 KB", headers(1, 62_000), Refused(431), Refused(431)),
        ("90 headers", headers(90, 8), Denied("header_not_allowed"), Served("GET /tested")),
        (
            "90 headers of 600 bytes",
            headers(90, 600),
            Denied("header_not_allowed"),
            Served("GET /tested"),
        ),
        ("200 headers", headers(200, 8), Refused(431), Refused(431)),
        (
            "a long name",
            format!("{}: a\r\n", "x".repeat(55_000)),
            Denied("header_not_allowed"),
            Served("GET /tested"),
        ),
    ];
    let buyer = site.buyer()?;
    for (name, lines, without, with) in &rows {
        let request = |role: &str| get("/tested", &format!("{lines}{role}"));
        let both =
            [(request("x-role: writer\r\n"), without), (request("x-role: reader\r\n"), with)];
        site.check(&buyer, both.map(|(bytes, expected)| ((*name).to_owned(), bytes, expected)))?;
    }
    let long = format!("/public/{}", "a".repeat(50_000));
    let seen = site.outcome(&buyer, &get(&long, ""))?;
    ensure!(seen.served.len() == 1, "a long path is a path");
    let denied = Denied("non_canonical_path");
    site.outcome(&buyer, &get(&format!("{long}%252e"), ""))?.is(denied)
}

/// gRPC clients read another status.
#[test]
fn a_denied_grpc_call_gets_a_grpc_status() -> Result<()> {
    let site = Site::open("grpc", |_| ())?;
    let call = |path: &str, more: &str| {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 0\r\n"
        );
        format!("{head}content-type: application/grpc{more}\r\n\r\n").into_bytes()
    };
    let buyer = site.buyer()?;
    for (path, more) in [("/books.Store/Buy", ""), ("/books.Store/Buy", "+proto"), ("/secret", "")]
    {
        let answer = Response::parse(&buyer.exchange(&call(path, more))?)?;
        ensure!(answer.status == 200 && answer.head.contains("grpc-status: 7"), "{answer:?}");
        ensure!(site.recorder.take().is_empty(), "{path} was served");
    }
    for path in ["/booksxStore/List", "/books.Store/../books.Store/Buy", "/books.Store/list"] {
        buyer.exchange(&call(path, ""))?;
        ensure!(site.recorder.take().is_empty(), "{path} was served");
    }
    site.outcome(&buyer, &call("/books.Store/List", ""))?.is(Served("POST /books.Store/List"))
}
