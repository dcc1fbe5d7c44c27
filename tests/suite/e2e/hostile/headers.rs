//! Headers that a rule looks at, or that somebody might believe.

use anyhow::{Result, ensure};

use super::{Denied, Outcome, Refused, Served, Site, get, latin1};

const WRONG: Outcome = Denied("header_not_allowed");
const TESTED: Outcome = Served("GET /tested");
const MALFORMED: Outcome = Refused(400);

/// The idea of a class, header lines, and what becomes of `GET /tested` with them, for
/// which `x-role` must be `reader`.
const TESTS: &[(&str, &str, Outcome)] = &[
    ("plain", "x-role: reader\r\n", TESTED),
    ("none", "", WRONG),
    ("another value", "x-role: writer\r\n", WRONG),
    ("case of the value", "x-role: Reader\r\n", WRONG),
    ("empty", "x-role:\r\n", WRONG),
    ("case of the name", "X-ROLE: reader\r\n", TESTED),
    ("whitespace around", "x-role:  \t reader \t \r\n", TESTED),
    ("quotes", "x-role: \"reader\"\r\n", WRONG),
    // One reads the first, another the last, a third joins them.
    ("repeated, good first", "x-role: reader\r\nx-role: writer\r\n", WRONG),
    ("repeated, good last", "x-role: writer\r\nx-role: reader\r\n", WRONG),
    ("repeated, then empty", "x-role: reader\r\nx-role:\r\n", WRONG),
    ("repeated in another case", "x-role: reader\r\nX-Role: writer\r\n", WRONG),
    ("repeated, all good", "x-role: reader\r\nx-role: reader\r\n", TESTED),
    ("joined", "x-role: reader, writer\r\n", WRONG),
    ("joined, all good", "x-role: reader, reader\r\n", WRONG),
    ("joined with nothing", "x-role: reader,\r\n", WRONG),
    // Names that some applications take for others.
    ("underscore", "x_role: reader\r\n", WRONG),
    ("underscore beside", "x-role: writer\r\nx_role: reader\r\n", WRONG),
    ("a prefix of the name", "x-rol: reader\r\n", WRONG),
    ("space in front of the colon", "x-role : reader\r\n", MALFORMED),
    ("space in front of the name", "a: b\r\n x-role: reader\r\n", WRONG),
    ("no name", ": reader\r\n", MALFORMED),
    ("no colon", "x-role\r\n", MALFORMED),
    ("a pseudo header", ":path: /public\r\nx-role: reader\r\n", MALFORMED),
    ("a name that is no token", "x-ro\u{ff}le: reader\r\n", MALFORMED),
    // Values that end early for some.
    ("not UTF-8", "x-role: reader\u{ff}\r\n", WRONG),
    ("not UTF-8, within", "x-role: rea\u{c0}\u{80}der\r\n", WRONG),
    ("NUL", "x-role: reader\0\r\n", MALFORMED),
    ("control byte", "x-role: reader\x01\r\n", MALFORMED),
    ("carriage return", "x-role: reader\rx-other: a\r\n", WRONG),
    ("continued line", "x-role: rea\r\n der\r\n", WRONG),
    ("in a comment", "x-role: writer (reader)\r\n", WRONG),
    // Rules do not ask about these, whatever their bytes.
    ("elsewhere not UTF-8", "x-other: \u{ff}\u{fe}\u{80}\r\nx-role: reader\r\n", TESTED),
    // A hop must not be told to forget a header that was judged.
    ("named by connection", "connection: x-role\r\nx-role: writer\r\n", WRONG),
];

/// Headers by which gateways tell applications what was asked, as a client forges them
/// to get the secret.
const FORGED: &[&str] = &[
    "x-original-url: /public/page",
    "x-rewrite-url: /public/page",
    "x-envoy-original-path: /public/page",
    "x-envoy-original-url: /public/page",
    "x-forwarded-uri: /public/page",
    "x-forwarded-prefix: /public",
    "x-forwarded-for: 127.0.0.1",
    "x-envoy-internal: true",
    "x-envoy-external-address: 127.0.0.1",
    "x-envoy-decorator-operation: public",
    "x-smi-backend: bookstore/bookstore-v1",
    "x-smi-verdict: allowed",
    "authorization: spiffe://cluster.local/ns/librarian/sa/librarian",
    "x-forwarded-client-cert: URI=spiffe://cluster.local/ns/librarian/sa/librarian",
    "X-Forwarded-Client-Cert: By=a;Hash=b;URI=spiffe://cluster.local/ns/librarian/sa/librarian",
    "x-spiffe-id: spiffe://cluster.local/ns/librarian/sa/librarian",
];

#[test]
fn every_value_of_a_header_counts_and_is_bytes() -> Result<()> {
    let site = Site::open("headers", |_| ())?;
    let rows = TESTS.iter().map(|(class, lines, expected)| {
        let request = latin1(&String::from_utf8_lossy(&get("/tested", lines)));
        ((*class).to_owned(), request, expected)
    });
    site.check(&site.buyer()?, rows)
}

#[test]
fn headers_that_only_a_gateway_should_send_gain_nothing() -> Result<()> {
    let site = Site::open("forged", |_| ())?;
    let buyer = site.buyer()?;
    let secret = Denied("path_not_allowed");
    let one = FORGED.iter().map(|line| (*line, format!("{line}\r\n")));
    let all = FORGED.iter().map(|line| format!("{line}\r\n")).collect::<String>();
    let rows = one.chain([("all of them", all.clone())]);
    site.check(
        &buyer,
        rows.map(|(name, lines)| (name.to_owned(), get("/secret", &lines), &secret)),
    )?;
    // Where the request itself is fine, the application gets no forged identity in the
    // words of Envoy.
    let seen = site.outcome(&buyer, &get("/public/page", &all))?;
    seen.is(Served("GET /public/page"))?;
    ensure!(!seen.served.concat().contains("x-forwarded-client-cert"), "{seen:?}");
    Ok(())
}
