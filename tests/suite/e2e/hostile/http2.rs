//! Requests in the frames of HTTP/2, written by hand: no library would send them.

use std::io::{ErrorKind, Read, Write};

use anyhow::{Context, Result, bail};

use super::super::client::Client;
use super::super::recorder::line;
use super::{Closed, Denied, Outcome, Refused, Served, Site};

/// Headers of a request, in their order.
type Fields = &'static [(&'static str, &'static str)];

const PAGE: Outcome = Served("GET /public/page");
const AMBIGUOUS: Outcome = Denied("non_canonical_path");
const SECRET: Outcome = Denied("path_not_allowed");
const ROLE: Outcome = Denied("header_not_allowed");
const HOST: Outcome = Denied("host_not_allowed");

/// The usual beginning of a request.
macro_rules! get {
    ($path:literal $(, $name:literal = $value:literal)*) => {
        &[
            (":method", "GET"),
            (":scheme", "https"),
            (":authority", "shop.example"),
            (":path", $path),
            $(($name, $value)),*
        ]
    };
}

/// The idea of a class, the fields, and what becomes of them where Envoy leaves paths
/// alone. In fields `ÿ` and others up to it stand for their byte.
#[rustfmt::skip]
const ROWS: &[(&str, Fields, Outcome)] = &[
    ("plain", get!("/public/page"), PAGE),
    ("secret", get!("/secret"), SECRET),
    // What the first line of HTTP/1.1 cannot say.
    ("no slash", get!("public/page"), Closed),
    ("empty path", get!(""), Closed),
    ("no path", &[(":method", "GET"), (":scheme", "https"), (":authority", "shop.example")], Closed),
    ("no method", &[(":scheme", "https"), (":authority", "shop.example"), (":path", "/public/page")], Closed),
    ("no host", &[(":method", "GET"), (":scheme", "https"), (":path", "/hosted")], Closed),
    ("two paths", get!("/public/page", ":path" = "/secret"), Closed),
    ("two paths, good last", get!("/secret", ":path" = "/public/page"), Closed),
    ("two methods", get!("/any-method", ":method" = "POST"), Closed),
    ("two hosts", get!("/hosted", ":authority" = "bank"), Closed),
    ("a path behind headers", &[(":method", "GET"), (":scheme", "https"), ("a", "b"), (":path", "/public/page")], Closed),
    ("an unknown pseudo header", get!("/public/page", ":peer" = "librarian"), Closed),
    ("a status", get!("/public/page", ":status" = "200"), Closed),
    ("a whole target", get!("https://shop.example/public/page"), Closed),
    ("a star", get!("*"), Closed),
    ("a space", get!("/public/a b"), Closed),
    ("another request", get!("/public/page HTTP/1.1\r\nhost: a\r\n\r\nGET /secret"), Closed),
    ("a raw byte", get!("/public/\u{ff}"), SECRET),
    ("dots", get!("/public/../secret"), AMBIGUOUS),
    ("a fragment", get!("/public/page#/secret"), Refused(400)),
    ("a method in lower case", &[(":method", "get"), (":scheme", "https"), (":authority", "a"), (":path", "/public/page")], Denied("method_not_allowed")),
    ("an unknown method", &[(":method", "BREW"), (":scheme", "https"), (":authority", "a"), (":path", "/public/page")], Denied("method_not_allowed")),
    ("an empty method", &[(":method", ""), (":scheme", "https"), (":authority", "a"), (":path", "/any-method")], Closed),
    ("a method with a space", &[(":method", "GET /secret"), (":scheme", "https"), (":authority", "a"), (":path", "/any-method")], Closed),
    // A host that differs from the header.
    ("host beside", get!("/hosted", "host" = "bank"), Served("GET /hosted")),
    ("host beside, good", &[(":method", "GET"), (":scheme", "https"), (":authority", "bank"), (":path", "/hosted"), ("host", "shop.example")], HOST),
    ("user information", &[(":method", "GET"), (":scheme", "https"), (":authority", "a@shop.example"), (":path", "/hosted")], Closed),
    // Headers that become something else in HTTP/1.1.
    ("role", get!("/tested", "x-role" = "reader"), Served("GET /tested")),
    ("upper case", get!("/tested", "X-Role" = "reader"), Closed),
    ("repeated", get!("/tested", "x-role" = "reader", "x-role" = "writer"), ROLE),
    ("repeated, good last", get!("/tested", "x-role" = "writer", "x-role" = "reader"), ROLE),
    ("joined", get!("/tested", "x-role" = "reader,writer"), ROLE),
    ("empty", get!("/tested", "x-role" = ""), ROLE),
    ("not UTF-8", get!("/tested", "x-role" = "reader\u{ff}"), ROLE),
    ("a line in a value", get!("/tested", "x-a" = "b\r\nx-role: reader"), Closed),
    ("NUL", get!("/tested", "x-role" = "reader\0"), Closed),
    ("a name with a colon", get!("/tested", "x-role: reader\r\nx-a" = "b"), Closed),
    ("an empty name", get!("/tested", "" = "reader"), Closed),
    ("hops", get!("/public/page", "connection" = "keep-alive"), Closed),
    ("chunks", get!("/public/page", "transfer-encoding" = "chunked"), Closed),
    ("upgrade", get!("/public/page", "upgrade" = "websocket"), Closed),
    // Tunnels.
    ("CONNECT", &[(":method", "CONNECT"), (":authority", "shop.example:80")], Denied("malformed_request")),
    ("CONNECT with a path", &[(":method", "CONNECT"), (":scheme", "https"), (":authority", "shop.example:80"), (":path", "/any-method")], Closed),
    ("extended CONNECT", &[(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":authority", "shop.example"), (":path", "/public/page")], Closed),
    ("a protocol without CONNECT", get!("/public/page", ":protocol" = "websocket"), Closed),
];

#[test]
fn requests_in_frames_are_judged_like_those_in_text() -> Result<()> {
    let site = Site::open("http2", |settings| settings.normalise_paths = false)?;
    let client = site.buyer()?.speaking(b"h2");
    let mut wrong = Vec::new();
    for (class, fields, expected) in ROWS {
        let answer = exchange(&client, fields);
        let served = site.recorder.take();
        let lines: Vec<&str> = served.iter().map(|head| line(head)).collect();
        let actual = match (lines.as_slice(), answer) {
            ([], Ok(answer)) => answer,
            ([only], Ok(answer)) if answer == "Refused(200)" => format!("Served({only:?})"),
            (lines, answer) => format!("{answer:?}, and the application got {lines:?}"),
        };
        if actual != format!("{expected:?}") {
            wrong.push(format!("{class}: expected {expected:?}, not {actual}"));
        }
    }
    anyhow::ensure!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    Ok(())
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const GOODBYE: u8 = 7;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// Sends one request on a connection of its own, and says what became of it in the
/// words of an [`Outcome`].
fn exchange(client: &Client, fields: Fields) -> Result<String> {
    let mut stream = client.connect()?;
    let block: Vec<u8> = fields.iter().flat_map(|(name, value)| literal(name, value)).collect();
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    bytes.extend(frame(SETTINGS, 0, 0, &[]));
    bytes.extend(frame(HEADERS, END_STREAM | END_HEADERS, 1, &block));
    stream.write_all(&bytes)?;
    let mut status = None;
    loop {
        let Some((kind, flags, payload)) = read_frame(&mut stream)? else {
            return Ok("Closed".to_owned());
        };
        match kind {
            HEADERS => status = Some(status_of(&payload)?),
            DATA => {
                let body = String::from_utf8_lossy(&payload).into_owned();
                if let Some(rest) = body.strip_prefix("access denied by mesh policy (") {
                    let reason = rest.trim_end().trim_end_matches(')');
                    return Ok(format!("Denied({reason:?})"));
                }
            }
            RESET | GOODBYE => return Ok("Closed".to_owned()),
            _ => continue,
        }
        if flags & END_STREAM != 0 {
            return Ok(format!("Refused({})", status.context("data without headers")?));
        }
    }
}

/// The few statuses that are a byte in HPACK (RFC 7541, appendix A); 0 for others.
fn status_of(block: &[u8]) -> Result<u16> {
    Ok(match block.first() {
        Some(0x88) => 200,
        Some(0x8c) => 400,
        Some(0x8d) => 404,
        Some(_) => 0,
        None => bail!("headers without a status"),
    })
}

/// A field that no table is needed for (RFC 7541, section 6.2.2).
fn literal(name: &str, value: &str) -> Vec<u8> {
    let text = |text: &str| {
        let bytes = super::latin1(text);
        // All lengths here fit into the seven bits of one byte.
        [vec![u8::try_from(bytes.len()).unwrap_or(0x7e)], bytes].concat()
    };
    [vec![0], text(name), text(value)].concat()
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or_default().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Kind, flags and payload of the next frame; `None` at the end of the connection.
fn read_frame(stream: &mut impl Read) -> Result<Option<(u8, u8, Vec<u8>)>> {
    let mut head = [0; 9];
    match stream.read_exact(&mut head) {
        Err(error)
            if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset) =>
        {
            return Ok(None);
        }
        other => other?,
    }
    let [a, b, c, kind, flags, ..] = head;
    let length = u32::from_be_bytes([0, a, b, c]);
    let mut payload = vec![0; usize::try_from(length)?];
    stream.read_exact(&mut payload)?;
    Ok(Some((kind, flags, payload)))
}
