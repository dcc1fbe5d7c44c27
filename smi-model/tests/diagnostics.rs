//! What people are told about broken files, word for word.
//!
//! Each file of `broken/` has a few mistakes, and its snapshot the report on
//! them. A change of a message shows in review as a change of a snapshot.

#![expect(clippy::disallowed_methods, reason = "test data is read from files")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use smi_model::{
    Limits,
    diagnostic::{Diagnostic, Fix, Severity, render},
    source::{SourceMap, Span},
};

fn report(names: &[&str]) -> String {
    let mut sources = SourceMap::new();
    for name in names {
        sources.add_bytes(*name, std::fs::read(broken().join(name)).unwrap()).unwrap();
    }
    let read = smi_model::read(&sources, &Limits::default());
    render::text(&read.diagnostics, &sources, false)
}

fn broken() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken")
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
fn patterns() {
    insta::assert_snapshot!(report(&["patterns.yaml"]));
}

#[test]
fn split() {
    insta::assert_snapshot!(report(&["split.yaml"]));
}

#[test]
fn bindings() {
    insta::assert_snapshot!(report(&["bindings.yaml"]));
}

#[test]
fn metrics() {
    insta::assert_snapshot!(report(&["metrics.yaml"]));
}

#[test]
fn duplicates() {
    insta::assert_snapshot!(report(&["duplicate-1.yaml", "duplicate-2.yaml"]));
}

#[test]
fn fixes() {
    insta::assert_snapshot!(report(&["fixes.yaml"]));
}

/// A fix that is offered is right: one error less, and none that is new.
#[test]
fn every_fix_mends_its_finding() {
    for entry in std::fs::read_dir(broken()).unwrap() {
        // What is not UTF-8 is not mended by a text.
        let Ok(text) = std::fs::read_to_string(entry.unwrap().path()) else { continue };
        let before = errors(&text);
        for fix in before.iter().filter_map(|error| error.fix.as_ref()) {
            let after = errors(&mended(&text, fix));
            let shown: Vec<_> = after.iter().map(|error| &error.message).collect();
            assert!(after.len() < before.len(), "{fix:?} leaves {shown:#?}");
            let length = u32::try_from(fix.replacement.len()).unwrap();
            let new = Span::new(fix.span.start, fix.span.start + length);
            let is_clean = after.iter().all(|error| !new.contains(error.primary.span));
            assert!(is_clean || new.is_empty(), "{fix:?} is wrong again: {shown:#?}");
        }
    }
}

fn errors(text: &str) -> Vec<Diagnostic> {
    let mut sources = SourceMap::new();
    sources.add("text", text).unwrap();
    let mut diagnostics = smi_model::read(&sources, &Limits::default()).diagnostics;
    diagnostics.retain(|diagnostic| diagnostic.severity == Severity::Error);
    diagnostics
}

fn mended(text: &str, fix: &Fix) -> String {
    let mut text = text.to_owned();
    text.replace_range(fix.span.start as usize..fix.span.end as usize, &fix.replacement);
    text
}
