//! What is said about the policies that people have published.
//!
//! The files are not part of this repository; the snapshot names them, with the
//! code and line of every finding, and those without findings are left out. Each
//! finding was compared with its file: a new one is a mistake of that file, or one
//! of ours.

#![expect(clippy::disallowed_methods, reason = "test data is read from files")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use smi_model::{
    ReadOptions,
    convert::{Converted, Targets, convert},
    diagnostic::{Diagnostic, Findings, code},
    source::SourceMap,
};

/// Definitions of the kinds, which are no policies.
const DEFINITIONS: &str = "_crds";

#[test]
fn published_files_get_the_findings_that_were_reviewed() {
    let Some(files) = published("published_files_get_the_findings_that_were_reviewed") else {
        return;
    };
    let (mut plain, mut assumed) = (String::new(), String::new());
    for (name, text) in &files {
        let (as_is, other) = (findings(text, false), findings(text, true));
        if !as_is.is_empty() {
            writeln!(plain, "{name}: {as_is}").unwrap();
        }
        if other != as_is {
            writeln!(assumed, "{name}: {other}").unwrap();
        }
    }
    let count = files.len();
    let findings = format!(
        "{count} files\n\nas they stand:\n\n{plain}\n\
         what differs when versions are assumed:\n\n{assumed}"
    );
    insta::assert_snapshot!(findings);
}

/// Whatever is read without errors can go to today's versions and, where these can
/// express it, to older ones; nobody's comments are lost on the way.
#[test]
fn published_files_are_converted_with_their_comments() {
    let Some(files) = published("published_files_are_converted_with_their_comments") else {
        return;
    };
    let mut changed = 0;
    for to in ["v1alpha4", "v1alpha3", "v1alpha2", "v1alpha1"] {
        for (name, text) in files.iter().filter(|(_, text)| is_read(text)) {
            let converted = converted(text, to);
            assert!(!converted.diagnostics.iter().any(|it| it.code == code::NOT_REWRITABLE));
            assert!(to != "v1alpha4" || !converted.has_errors(), "{name}");
            let Some(file) = converted.value.first() else { continue };
            let context = format!("{name} to {to}:\n{}", file.text);
            assert!(is_read(&file.text), "{context}");
            for comment in comments(text) {
                assert!(file.text.contains(comment), "`{comment}` is lost: {context}");
            }
            let again = self::converted(&file.text, to);
            assert!(again.value.is_empty(), "changes again: {context}");
            changed += 1;
        }
    }
    assert!(changed > 300, "only {changed} conversions changed anything");
}

fn converted(text: &str, to: &str) -> Findings<Vec<Converted>> {
    let mut sources = SourceMap::new();
    sources.add("text", text).unwrap();
    convert(&sources, &Targets::parse([to]).unwrap(), &assuming())
}

fn is_read(text: &str) -> bool {
    let mut sources = SourceMap::new();
    sources.add("text", text).unwrap();
    !smi_model::read_with(&sources, &assuming()).has_errors()
}

fn assuming() -> ReadOptions {
    ReadOptions { assume_versions: true, ..ReadOptions::default() }
}

/// Everything behind a `#` that begins a comment.
fn comments(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let start =
            if line.trim_start().starts_with('#') { line.find('#') } else { line.find(" #") };
        line.get(start?..).map(str::trim)
    })
}

/// Names and texts of all files, in order, unless they are not given.
fn published(test: &str) -> Option<Vec<(String, String)>> {
    let Ok(shared) = std::env::var("SMI_SHARED") else {
        // Not by `eprintln`, which the test runner keeps to itself.
        writeln!(std::io::stderr(), "skipped: {test}: SMI_SHARED is not set").ok();
        return None;
    };
    let root = Path::new(&shared).join("corpus");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    assert!(!files.is_empty(), "no published files below {}", root.display());
    let named = files.iter().map(|file| {
        let name = file.strip_prefix(&root).unwrap().display().to_string();
        (name, rendered(&std::fs::read_to_string(file).unwrap()))
    });
    Some(named.collect())
}

/// The findings as `code@line`, in the order of the text.
fn findings(text: &str, assume_versions: bool) -> String {
    let mut sources = SourceMap::new();
    sources.add("text", text).unwrap();
    let options = ReadOptions { assume_versions, ..ReadOptions::default() };
    let read = smi_model::read_with(&sources, &options);
    let finding = |it: &Diagnostic| {
        let line = sources.locate(it.primary.span).unwrap().line;
        format!("{}@{line}{}", it.code.name, assumed_version(it))
    };
    read.diagnostics.iter().map(finding).collect::<Vec<_>>().join(" ")
}

/// Which version was assumed, from the words "read as `group/version`".
fn assumed_version(diagnostic: &Diagnostic) -> String {
    let version = diagnostic.primary.message.rsplit(['/', '`']).nth(1);
    let version = version.filter(|_| diagnostic.code == code::ASSUMED_VERSION);
    version.map(|version| format!("={version}")).unwrap_or_default()
}

/// The text with the variables of shell scripts replaced by names, in the way of
/// `$BOOKSTORE_NAMESPACE`, `${NAME}` and `<namespace>`.
fn rendered(text: &str) -> String {
    let mut rendered = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(['$', '<']) {
        let (before, variable) = rest.split_at(start);
        rendered.push_str(before);
        let (replacement, length) = match name(variable) {
            Some((name, length)) => (name.to_ascii_lowercase().replace('_', "-"), length),
            None => (variable.chars().take(1).collect(), 1),
        };
        rendered.push_str(&replacement);
        rest = variable.get(length..).unwrap_or_default();
    }
    rendered + rest
}

/// The name of the variable that a text begins with, and how long it is there.
fn name(variable: &str) -> Option<(&str, usize)> {
    let (opening, closing) = match variable.get(..2)? {
        "${" => (2, "}"),
        other if other.starts_with('<') => (1, ">"),
        _ => (1, ""),
    };
    let inner = variable.get(opening..)?;
    let is_part = |char: char| char.is_ascii_alphanumeric() || char == '_' || char == '-';
    let length = inner.find(|char| !is_part(char)).unwrap_or(inner.len());
    let (name, behind) = inner.split_at(length);
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic());
    (is_name && behind.starts_with(closing)).then_some((name, opening + length + closing.len()))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with(DEFINITIONS) {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
}

#[test]
fn variables_become_names() {
    for (text, expected) in [
        ("a: $BOOKSTORE_NAMESPACE\n", "a: bookstore-namespace\n"),
        ("\"${NAME}-v1\"", "\"name-v1\""),
        ("<root-service>.x", "root-service.x"),
        ("^/a$ <<: *b $", "^/a$ <<: *b $"),
    ] {
        assert_eq!(rendered(text), expected);
    }
}
