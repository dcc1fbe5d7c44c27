//! Paths that can be read in two ways, with Envoy's own normalisation and without.

use anyhow::Result;

use super::{Denied, Outcome, Refused, Served, Site, latin1};

/// What the filter says of paths that it does not judge.
const AMBIGUOUS: Outcome = Denied("non_canonical_path");
/// What it says of `/secret`, once Envoy has found it behind the spelling.
const SECRET: Outcome = Denied("path_not_allowed");
/// What Envoy says of targets that are none.
const NO_TARGET: Outcome = Refused(400);

/// The idea of a class; a target, in which `ÿ` and others up to it stand for their byte;
/// what becomes of it where Envoy leaves paths alone; and where it normalises them.
#[rustfmt::skip]
const ROWS: &[(&str, &str, Outcome, Outcome)] = &[
    ("plain", "/public/page", Served("GET /public/page"), Served("GET /public/page")),
    ("plain, of somebody else", "/secret", SECRET, SECRET),

    // An application resolves dots that a rule took for a name.
    ("dot segments", "/public/../secret", AMBIGUOUS, SECRET),
    ("dot segments", "/public/./page", AMBIGUOUS, Served("GET /public/page")),
    ("dot segments at the end", "/public/a/..", AMBIGUOUS, Served("GET /public/")),
    ("dot segments above the root", "/../public/page", AMBIGUOUS, Served("GET /public/page")),
    ("dots that are a name", "/public/...", Served("GET /public/..."), Served("GET /public/...")),
    ("dots that are a name", "/public/.well-known", Served("GET /public/.well-known"), Served("GET /public/.well-known")),

    // It decodes first, and resolves then.
    ("encoded dots", "/public/%2e%2e/secret", AMBIGUOUS, SECRET),
    ("encoded dots, one of two", "/public/.%2E/secret", AMBIGUOUS, SECRET),
    ("encoded twice", "/public/%252e%252e/secret", AMBIGUOUS, AMBIGUOUS),
    ("encoded twice, digits too", "/public/%25%32%65%25%32%65/secret", AMBIGUOUS, AMBIGUOUS),
    ("an escape inside an escape", "/public/%%32%65%%32%65/secret", AMBIGUOUS, AMBIGUOUS),
    ("encoded three times", "/public/%25252e%25252e/secret", AMBIGUOUS, AMBIGUOUS),
    ("half an escape", "/public/%", AMBIGUOUS, AMBIGUOUS),
    ("half an escape", "/public/%2", AMBIGUOUS, AMBIGUOUS),
    ("no hexadecimal digits", "/public/%zz", AMBIGUOUS, AMBIGUOUS),
    ("an escape of Microsoft's", "/public/%u002e%u002e/secret", AMBIGUOUS, AMBIGUOUS),

    // What separates segments for one of both only.
    ("encoded slash", "/public%2f..%2fsecret", AMBIGUOUS, NO_TARGET),
    ("encoded slash", "/public/a%2Fb", AMBIGUOUS, NO_TARGET),
    ("slash encoded twice", "/public/..%252fsecret", AMBIGUOUS, AMBIGUOUS),
    ("encoded backslash", "/public%5c..%5csecret", AMBIGUOUS, NO_TARGET),
    ("backslash", "/public/..\\secret", AMBIGUOUS, SECRET),
    ("backslash", "/public\\page", AMBIGUOUS, Served("GET /public/page")),

    // Merged by one of both only, or taken for the start of a host.
    ("repeated slashes", "/public//page", AMBIGUOUS, Served("GET /public/page")),
    ("repeated slashes at the start", "//secret", AMBIGUOUS, SECRET),
    ("a host for naive parsers", "//public/secret", AMBIGUOUS, Served("GET /public/secret")),
    ("dots behind slashes", "/public//../../secret", AMBIGUOUS, SECRET),
    // What remains when somebody removes `../` once.
    ("doubled dots", "/public/....//secret", AMBIGUOUS, Served("GET /public/..../secret")),

    // Cut off by some before they resolve dots.
    ("parameters behind dots", "/public/..;/secret", AMBIGUOUS, SECRET),
    ("parameters behind dots", "/public/..;a=b/secret", AMBIGUOUS, SECRET),
    ("parameters behind a dot", "/public/.;/page", AMBIGUOUS, Served("GET /public/page")),
    ("encoded parameters", "/public/..%3ba=b/secret", AMBIGUOUS, AMBIGUOUS),
    ("parameters and encoded dots", "/public/%2e%2e;/secret", AMBIGUOUS, AMBIGUOUS),
    ("parameters of a name", "/public/page;v=1", Served("GET /public/page;v=1"), Served("GET /public/page;v=1")),

    // What ends a path for one of both only.
    ("query", "/public/page?/../../secret", Served("GET /public/page?/../../secret"), Served("GET /public/page?/../../secret")),
    ("a query that looks public", "/secret?/public/page", SECRET, SECRET),
    ("encoded question mark", "/secret%3f/public/page", SECRET, SECRET),
    ("fragment", "/public/page#/../../secret", NO_TARGET, NO_TARGET),
    ("fragment", "/secret#/public/page", NO_TARGET, NO_TARGET),
    ("fragment behind a query", "/public/page?a#b", NO_TARGET, NO_TARGET),
    ("encoded fragment", "/secret%23/public/page", SECRET, SECRET),
    ("encoded NUL", "/public/page%00.html", AMBIGUOUS, NO_TARGET),
    ("NUL", "/public/\0", NO_TARGET, NO_TARGET),
    ("control byte", "/public/\x01", NO_TARGET, NO_TARGET),
    ("delete", "/public/\x7f", NO_TARGET, NO_TARGET),
    ("tab", "/public/\ta", NO_TARGET, NO_TARGET),
    ("space", "/public/a b", NO_TARGET, NO_TARGET),

    // Bytes that some decoders take for others.
    ("overlong dots", "/public/%c0%ae%c0%ae/secret", AMBIGUOUS, AMBIGUOUS),
    ("overlong dots, three bytes", "/public/%e0%80%ae%e0%80%ae/secret", AMBIGUOUS, AMBIGUOUS),
    ("overlong slash", "/public/..%c0%afsecret", AMBIGUOUS, AMBIGUOUS),
    ("a byte that is no character", "/public/%ff", AMBIGUOUS, AMBIGUOUS),
    ("half a surrogate", "/public/%ed%a0%80", AMBIGUOUS, AMBIGUOUS),
    ("a raw byte that is no character", "/public/\u{ff}", NO_TARGET, NO_TARGET),
    ("raw overlong dots", "/public/\u{c0}\u{ae}\u{c0}\u{ae}/secret", NO_TARGET, NO_TARGET),
    // A character like any other: no decoder of paths makes dots of it.
    ("dots of full width", "/public/%ef%bc%8e", Served("GET /public/%ef%bc%8e"), Served("GET /public/%ef%bc%8e")),

    // Rules mean just what they say.
    ("case", "/PUBLIC/page", SECRET, SECRET),
    ("encoded letters", "/%70ublic/page", SECRET, Served("GET /public/page")),
    ("encoded letters", "/%73ecret", SECRET, SECRET),
    ("a slash at the end", "/secret/", SECRET, SECRET),
    ("a longer name", "/publication", SECRET, SECRET),
    ("the longer of two alternatives", "/short/longer", Served("GET /short/longer"), Served("GET /short/longer")),
    ("in front of the path", "/x/public/page", SECRET, SECRET),

    // Forms of targets that are no path.
    ("no slash", "public/page", NO_TARGET, NO_TARGET),
    ("only a query", "?/public/page", NO_TARGET, NO_TARGET),
    ("absolute form", "http://shop.example/public/page", Served("GET /public/page"), Served("GET /public/page")),
    ("absolute form, of somebody else", "http://shop.example/secret", SECRET, SECRET),
    ("absolute form, host like a path", "http://public/secret", SECRET, SECRET),
    ("absolute form, no path", "http://shop.example", SECRET, SECRET),
    ("absolute form, other scheme", "https://shop.example/secret", SECRET, SECRET),
    ("absolute form, dots", "http://shop.example/public/../secret", AMBIGUOUS, SECRET),
    ("absolute form, unknown scheme", "file:///public/page", NO_TARGET, NO_TARGET),
    ("absolute form, twice", "http://shop.example/http://shop.example/public/page", AMBIGUOUS, SECRET),
    ("a star", "*", NO_TARGET, NO_TARGET),
];

#[test]
fn where_envoy_leaves_paths_alone_the_filter_denies_ambiguous_ones() -> Result<()> {
    check("raw-paths", false)
}

#[test]
fn where_envoy_normalises_paths_the_filter_judges_what_the_application_gets() -> Result<()> {
    check("normal-paths", true)
}

fn check(label: &str, normalise: bool) -> Result<()> {
    let site = Site::open(label, |settings| settings.normalise_paths = normalise)?;
    let rows = ROWS.iter().map(|(class, target, raw, normal)| {
        let request =
            format!("GET {target} HTTP/1.1\r\nhost: shop.example\r\nconnection: close\r\n\r\n");
        let expected = if normalise { normal } else { raw };
        (format!("{class} `{}`", target.escape_debug()), latin1(&request), expected)
    });
    site.check(&site.buyer()?, rows)?;
    // The secret is there, for whom it is meant.
    let librarian = site.shop.client("librarian")?;
    site.outcome(&librarian, &super::get("/secret", ""))?.is(Served("GET /secret"))
}
