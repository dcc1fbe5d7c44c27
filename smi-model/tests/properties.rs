//! Texts that nobody thought of: bytes, pieces of YAML in any order, and real
//! documents with pieces deleted, doubled, swapped or replaced.

#![expect(clippy::disallowed_methods, reason = "test data is read from files")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod invariants;

use std::path::{Path, PathBuf};

use proptest::{collection::vec, prelude::*, sample::select};

/// Where texts lie that are worth reading again: examples, mistakes, and inputs
/// that once failed under the fuzzer.
const FOLDERS: [&str; 5] = [
    "../examples/bookstore",
    "../examples/bookthief",
    "tests/broken",
    "tests/whole",
    "../tests/fuzz/regressions",
];

#[rustfmt::skip]
const PIECES: [&str; 66] = [
    "\n", "\n", "\n  ", "\n    ", "\n- ", "\n  - ", "\n---\n", "\n...\n", " ", ": ", ":", "- ", "? ",
    ", ", "[", "]", "{", "}", "'", "\"", "|\n", ">-\n", "#", " # ", "&a ", "*a", "<<: ", "!!str ",
    "!x ", "%YAML 1.2\n", "\t", "\r\n", "\u{feff}", "ä", "\u{0}", "\u{2028}", "\\u0041", "~", "no",
    "1", "0x1F", "1e3", "a", "b-c", "apiVersion: ", "kind: ", "metadata: ", "name: ", "namespace: ",
    "spec: ", "items: ", "v1", "List", "ServiceAccount", "Service", "TrafficTarget",
    "access.smi-spec.io/v1alpha3", "HTTPRouteGroup", "specs.smi-spec.io/v1alpha4", "TCPRoute",
    "TrafficSplit", "split.smi-spec.io/v1alpha2", "destination: ", "sources: ", "rules: ",
    "matches: ",
];

proptest! {
    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..200)) {
        invariants::check(&bytes);
    }

    #[test]
    fn any_text(text in "\\PC{0,200}") {
        invariants::check(text.as_bytes());
    }

    #[test]
    fn pieces_of_yaml(pieces in vec(select(&PIECES[..]), 0..80)) {
        invariants::check(pieces.concat().as_bytes());
    }

    #[test]
    fn damaged_documents(
        text in select(texts()),
        damages in vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..4_u8, select(&PIECES[..])), 1..6),
    ) {
        let mut words = words(&text);
        for (one, other, damage, piece) in damages {
            let (one, other) = (one.index(words.len()), other.index(words.len()));
            match damage {
                0 => words[one] = Vec::new(),
                1 => words[one] = words[other].clone(),
                2 => words.swap(one, other),
                _ => words[one] = piece.as_bytes().to_vec(),
            }
        }
        invariants::check(&words.concat());
    }
}

#[test]
fn known_texts() {
    texts().iter().for_each(|text| invariants::check(text));
}

/// A text in pieces: runs of letters, and everything else byte by byte.
fn words(text: &[u8]) -> Vec<Vec<u8>> {
    let alike = |a: &u8, b: &u8| a.is_ascii_alphanumeric() && b.is_ascii_alphanumeric();
    let mut words: Vec<Vec<u8>> = text.chunk_by(alike).map(<[u8]>::to_vec).collect();
    words.push(Vec::new());
    words
}

fn texts() -> Vec<Vec<u8>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in FOLDERS {
        let entries = std::fs::read_dir(here.join(folder)).expect(folder);
        files.extend(entries.map(|entry| entry.unwrap().path()));
    }
    files.sort();
    files.into_iter().map(|file| std::fs::read(file).unwrap()).collect()
}
