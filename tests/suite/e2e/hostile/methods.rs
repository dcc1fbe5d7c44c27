//! Methods, and requests that want to become something else.

use anyhow::{Result, ensure};
use serde_json::json;

use super::{Denied, Outcome, Refused, Served, Site, bare};

const WRONG: Outcome = Denied("method_not_allowed");
const SECRET: Outcome = Denied("path_not_allowed");
const MALFORMED: Outcome = Refused(400);
/// Envoy's answer to upgrades that are not enabled.
const NO_UPGRADE: Outcome = Refused(403);

/// The idea of a class, method and target, more lines, and what becomes of it.
const ROWS: &[(&str, &str, &str, Outcome)] = &[
    ("plain", "GET /public/page", "", Served("GET /public/page")),
    ("another", "POST /public/page", "content-length: 0\r\n", WRONG),
    // A rule about GET does not speak of HEAD, which applications answer like GET. The
    // denial has no body that could tell the reason.
    ("HEAD", "HEAD /public/page", "", Refused(403)),
    ("TRACE", "TRACE /public/page", "", WRONG),
    ("of an extension", "PROPFIND /public/page", "", WRONG),
    ("of a cache", "PURGE /public/page", "", WRONG),
    // Applications disagree about case, and about what they do not know.
    ("lower case", "get /public/page", "", MALFORMED),
    ("mixed case", "Get /public/page", "", MALFORMED),
    ("unknown", "BREW /public/page", "", MALFORMED),
    ("unknown, where any may be", "BREW /any-method", "", MALFORMED),
    ("a prefix", "GE /public/page", "", MALFORMED),
    ("a longer one", "GETS /public/page", "", MALFORMED),
    ("none", " /public/page", "", MALFORMED),
    ("any", "DELETE /any-method", "", Served("DELETE /any-method")),
    // Headers by which frameworks replace the method: they do not make a denied one
    // good. An application that believes them decides by them alone, so a rule for GET
    // says nothing there.
    (
        "override",
        "POST /public/page",
        "x-http-method-override: GET\r\ncontent-length: 0\r\n",
        WRONG,
    ),
    ("override", "POST /public/page", "x-http-method: GET\r\ncontent-length: 0\r\n", WRONG),
    ("override", "POST /public/page", "x-method-override: GET\r\ncontent-length: 0\r\n", WRONG),
    ("override in the query", "POST /public/page?_method=GET", "content-length: 0\r\n", WRONG),
    (
        "override of a good one",
        "GET /public/page",
        "x-http-method-override: DELETE\r\n",
        Served("GET /public/page"),
    ),
    // Requests that are not for a path.
    ("OPTIONS *", "OPTIONS *", "", Refused(404)),
    ("OPTIONS, a path", "OPTIONS /public/page", "", WRONG),
    ("GET *", "GET *", "", MALFORMED),
    ("CONNECT", "CONNECT shop.example:80", "", Denied("malformed_request")),
    ("CONNECT, a path", "CONNECT /any-method", "", MALFORMED),
    ("CONNECT, no port", "CONNECT shop.example", "", MALFORMED),
    // Another protocol on the same connection would never be judged.
    ("WebSocket", "GET /public/page", "upgrade: websocket\r\nconnection: upgrade\r\n", NO_UPGRADE),
    (
        "another protocol",
        "GET /public/page",
        "upgrade: tls/1.2\r\nconnection: upgrade\r\n",
        NO_UPGRADE,
    ),
    // Envoy does not know it, and takes the request without.
    (
        "HTTP/2 in clear",
        "GET /public/page",
        "upgrade: h2c\r\nconnection: upgrade, http2-settings\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n",
        Served("GET /public/page"),
    ),
    (
        "HTTP/2 in clear",
        "GET /secret",
        "upgrade: h2c\r\nconnection: upgrade, http2-settings\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n",
        SECRET,
    ),
    ("HTTP/2 by its preface", "PRI *", "", MALFORMED),
];

#[test]
fn methods_are_what_the_first_line_says() -> Result<()> {
    let site = Site::open("methods", |_| ())?;
    site.check(&site.buyer()?, rows(ROWS))?;
    ensure!(site.shop.sidecar.stat("wasmcustom.smi_filter.errors")?.unwrap_or_default() == 0);
    Ok(())
}

/// With the three headers of a handshake.
const WEBSOCKET: &str =
    "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n";

#[test]
fn where_upgrades_are_enabled_they_are_judged_like_any_request() -> Result<()> {
    let site = Site::open("upgrades", |settings| {
        settings.normalise_paths = false;
        settings.manager.push((
            "upgrade_configs",
            json!([{ "upgrade_type": "websocket" }, { "upgrade_type": "CONNECT" }]),
        ));
    })?;
    let rows = [
        ("public", "GET /public/socket", WEBSOCKET, Served("GET /public/socket")),
        ("secret", "GET /secret", WEBSOCKET, SECRET),
        ("dots", "GET /public/../secret", WEBSOCKET, Denied("non_canonical_path")),
        ("method", "POST /public/socket", WEBSOCKET, WRONG),
        ("CONNECT", "CONNECT shop.example:80", "", Denied("malformed_request")),
    ];
    site.check(&site.buyer()?, super::methods::rows(&rows))?;
    let thief = site.shop.client("bookthief")?;
    let stranger = [("thief", "GET /public/socket", WEBSOCKET, Denied("peer_not_allowed"))];
    site.check(&thief, super::methods::rows(&stranger))
}

fn rows<'a>(
    rows: &'a [(&'a str, &'a str, &'a str, Outcome)],
) -> impl Iterator<Item = (String, Vec<u8>, &'a Outcome)> {
    rows.iter().map(|(class, line, more, expected)| {
        let request = bare(line, &format!("host: shop.example\r\n{more}"));
        (format!("{class} `{line}`"), request, expected)
    })
}
