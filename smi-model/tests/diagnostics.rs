//! What people are told about broken files, word for word.
//!
//! Each file of `broken/` has a few mistakes, and its snapshot the report on
//! them. A change of a message shows in review as a change of a snapshot.

#![expect(clippy::disallowed_methods, reason = "test data is read from files")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write;
use std::path::{Path, PathBuf};

use smi_model::{Limits, diagnostic::render, source::SourceMap};

fn report(names: &[&str]) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken");
    let mut sources = SourceMap::new();
    for name in names {
        sources.add_bytes(*name, std::fs::read(folder.join(name)).unwrap()).unwrap();
    }
    let read = smi_model::read(&sources, &Limits::default());
    render::text(&read.diagnostics, &sources, false)
}

#[test]
fn syntax() {
    insta::assert_snapshot!(report(&["syntax.yaml"]));
}

#[test]
fn encoding() {
    insta::assert_snapshot!(report(&["latin1.yaml", "utf16.yaml"]));
}

#[test]
fn header() {
    insta::assert_snapshot!(report(&["header.yaml"]));
}

#[test]
fn target() {
    insta::assert_snapshot!(report(&["target.yaml"]));
}

#[test]
fn routes() {
    insta::assert_snapshot!(report(&["routes.yaml"]));
}

#[test]
fn split() {
    insta::assert_snapshot!(report(&["split.yaml"]));
}

#[test]
fn duplicates() {
    insta::assert_snapshot!(report(&["duplicate-1.yaml", "duplicate-2.yaml"]));
}

/// What fragments and templates rightly get, and kinds that are not read yet.
const EXPECTED: [&str; 4] =
    ["missing-api-version", "not-an-object", "unsupported-kind", "yaml-syntax"];

/// Published files that are as wrong as the report on them says: wrong
/// indentation, an object twice, an unknown field, no group, and documents of
/// the version that was never released.
const WRONG: [&str; 7] = [
    "tcp_traffic_routing.md",
    "routes_refactor/demo",
    "specs_v1alpha4_udproute",
    "blog/test-01.md",
    "traffic-specs/v1alpha1/traffic-specs.md.d/02",
    "traffic-access/v1alpha4",
    "access.feature",
];

/// What people have published under the released versions is read without
/// complaints about anything that is right.
#[test]
fn published_files_are_read() {
    let Ok(shared) = std::env::var("SMI_SHARED") else {
        // Not by `eprintln`, which the test runner keeps to itself.
        writeln!(std::io::stderr(), "skipped: published_files_are_read: SMI_SHARED is not set")
            .ok();
        return;
    };
    let mut files = Vec::new();
    collect(&Path::new(&shared).join("corpus"), &mut files);
    assert!(!files.is_empty(), "no published files below {shared}");
    for file in files {
        let name = file.display().to_string();
        let complaints = complaints(&std::fs::read_to_string(&file).unwrap());
        let wrong = WRONG.iter().any(|part| name.contains(part));
        assert!(wrong || complaints.is_empty(), "{name}: {complaints:?}");
    }
}

/// The names of the findings that a text should not get.
fn complaints(text: &str) -> Vec<&'static str> {
    let mut sources = SourceMap::new();
    sources.add("text", text).unwrap();
    let has_placeholders = text.contains("$BOOK");
    let read = smi_model::read(&sources, &Limits::default());
    let mut names: Vec<_> = read.diagnostics.iter().map(|it| it.code.name).collect();
    names.retain(|name| !EXPECTED.contains(name));
    names.retain(|name| !has_placeholders || *name != "invalid-name");
    names
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
}
