//! Hosts: what a request is for, by the word of its sender.

use anyhow::Result;

use super::{Denied, Outcome, Refused, Served, Site, bare};

const WRONG: Outcome = Denied("host_not_allowed");
const RIGHT: Outcome = Served("GET /hosted");
const MALFORMED: Outcome = Refused(400);

/// The idea of a class, a target, header lines, and what becomes of it where the host
/// must be `shop.example`.
const ROWS: &[(&str, &str, &str, Outcome)] = &[
    ("plain", "/hosted", "host: shop.example\r\n", RIGHT),
    ("another", "/hosted", "host: bank.example\r\n", WRONG),
    // One host in other words.
    ("port", "/hosted", "host: shop.example:8080\r\n", RIGHT),
    ("case", "/hosted", "Host: SHOP.Example\r\n", RIGHT),
    ("dot at the end", "/hosted", "host: shop.example.\r\n", RIGHT),
    ("dot and port", "/hosted", "host: shop.example.:80\r\n", RIGHT),
    // Other hosts in similar words.
    ("two dots at the end", "/hosted", "host: shop.example..\r\n", WRONG),
    ("dots are no wildcards", "/hosted", "host: shopxexample\r\n", WRONG),
    ("a longer name", "/hosted", "host: shop.example.bank\r\n", WRONG),
    ("a name below", "/hosted", "host: bank.shop.example\r\n", WRONG),
    ("a name in front", "/hosted", "host: bankshop.example\r\n", WRONG),
    // What some parsers cut off.
    ("user information", "/hosted", "host: shop.example@bank\r\n", WRONG),
    ("user information", "/hosted", "host: bank@shop.example\r\n", WRONG),
    ("user with a password", "/hosted", "host: a:80@shop.example\r\n", WRONG),
    ("two ports", "/hosted", "host: shop.example:80:90\r\n", WRONG),
    ("a port that is no number", "/hosted", "host: shop.example:http\r\n", WRONG),
    ("a path", "/hosted", "host: shop.example/bank\r\n", MALFORMED),
    ("a query", "/hosted", "host: shop.example?bank\r\n", MALFORMED),
    ("a fragment", "/hosted", "host: shop.example#bank\r\n", MALFORMED),
    ("a backslash", "/hosted", "host: shop.example\\bank\r\n", MALFORMED),
    ("a space", "/hosted", "host: shop.example bank\r\n", MALFORMED),
    ("an escape", "/hosted", "host: shop%2eexample\r\n", WRONG),
    ("brackets", "/hosted", "host: [shop.example]\r\n", WRONG),
    // None, and several.
    ("none", "/hosted", "", MALFORMED),
    ("empty", "/hosted", "host:\r\n", WRONG),
    ("two", "/hosted", "host: shop.example\r\nhost: bank\r\n", WRONG),
    ("two, good last", "/hosted", "host: bank\r\nhost: shop.example\r\n", WRONG),
    ("the same twice", "/hosted", "host: shop.example\r\nhost: shop.example\r\n", WRONG),
    ("joined", "/hosted", "host: shop.example,bank\r\n", WRONG),
    // What is said elsewhere.
    ("forwarded", "/hosted", "host: bank\r\nx-forwarded-host: shop.example\r\n", WRONG),
    ("original", "/hosted", "host: bank\r\nx-original-host: shop.example\r\n", WRONG),
    ("standardised", "/hosted", "host: bank\r\nforwarded: host=shop.example\r\n", WRONG),
    // The target counts more than the header, here and for the application.
    ("absolute form", "http://bank/hosted", "host: shop.example\r\n", WRONG),
    ("absolute form", "http://shop.example/hosted", "host: bank\r\n", RIGHT),
    // Envoy takes the user away, so that the application sees none.
    ("absolute form with user", "http://bank@shop.example/hosted", "host: bank\r\n", RIGHT),
];

#[test]
fn a_host_is_one_name_with_perhaps_a_port() -> Result<()> {
    let site = Site::open("hosts", |_| ())?;
    let rows = ROWS.iter().map(|(class, target, lines, expected)| {
        (format!("{class} `{}`", lines.trim()), bare(&format!("GET {target}"), lines), expected)
    });
    site.check(&site.buyer()?, rows)
}
