//! Parts of requests that readers could take for different things.

use proptest::prelude::*;
use proptest::sample::select;

use super::question::{Asked, Bytes};

/// Pieces of request targets that matter to canonical paths.
const PATH: [&[u8]; 27] = [
    b"/",
    b"/",
    b"/",
    b".",
    b"..",
    b"%2e",
    b"%2E",
    b"%25",
    b"%",
    b"32",
    b"2f",
    b"%2f",
    b"%5C",
    b"\\",
    b"%00",
    b"\0",
    b"\x7f",
    b"#",
    b"?",
    b";",
    b"..;",
    b"%3b",
    b"a",
    b"books",
    b"\xc3\xa9",
    b"\xff",
    b"new",
];
/// Pieces of authorities.
const AUTHORITY: [&[u8]; 16] = [
    b"shop",
    b"shop",
    b"shop",
    b"Books",
    b".",
    b".example",
    b":",
    b":80",
    b"8a",
    b"[",
    b"]",
    b"@",
    b",",
    b" ",
    b"\xc3\xa9",
    b"\xff",
];
/// Pieces of identities.
const PEER: [&[u8]; 12] = [
    b"spiffe://",
    b"cluster.local",
    b"/ns/shop/sa/a",
    b"/",
    b"a",
    b".",
    b"_",
    b",",
    b" ",
    b"\n",
    b"\xff",
    b"%",
];
const HEADERS: [&[u8]; 6] = [b"x-user", b"X-Mode", b"x-mode", b"x-mode", b"User-Agent", b""];
const VALUES: [&[u8]; 8] =
    [b"", b"books", b"newbooks", b"newbooks", b"new", b"\xff", b"news\xc3\xa9", b"alice"];

/// Requests with few parts, each of them strange.
pub(super) fn requests(count: usize) -> impl Strategy<Value = Vec<Asked>> {
    let text = |pieces: &'static [&'static [u8]], most| {
        let pieces = prop::collection::vec(select(pieces), 0..most);
        prop::option::of(pieces.prop_map(|pieces| Bytes(pieces.concat())))
    };
    let bytes = |choices: &'static [&'static [u8]]| select(choices).prop_map(|it| Bytes(it.into()));
    let header = (bytes(&HEADERS), bytes(&VALUES));
    let request = (
        prop::option::weighted(0.4, text(&PATH, 8)),
        text(&AUTHORITY, 5),
        prop::option::weighted(0.1, text(&PEER, 5)),
        prop::collection::vec(header, 0..3),
        prop::option::weighted(0.5, any::<bool>()),
    );
    let request = request.prop_map(|(path, authority, peer, headers, rooted)| Asked {
        path: path.flatten().map(|path| Bytes([start(rooted), &path.0].concat())),
        authority,
        peer: peer.flatten(),
        headers,
        ..Asked::default()
    });
    prop::collection::vec(request, count)
}

/// Most paths begin with a slash, or nothing else of them would matter.
const fn start(rooted: Option<bool>) -> &'static [u8] {
    match rooted {
        Some(false) => b"",
        Some(true) => b"/",
        None => b"/static/",
    }
}

impl Asked {
    /// Another request with the strange parts of this one.
    pub(super) fn over(&self, request: &Self) -> Self {
        Self {
            path: self.path.clone().or_else(|| request.path.clone()),
            authority: self.authority.clone().or_else(|| request.authority.clone()),
            peer: self.peer.clone().or_else(|| request.peer.clone()),
            headers: request.headers.iter().chain(&self.headers).cloned().collect(),
            ..request.clone()
        }
    }
}
