//! What the tests of this crate share.

use crate::{
    Limits,
    canonical::Bundle,
    diagnostic::{Diagnostic, Findings},
    source::SourceMap,
};

/// Reads one text under the default limits.
pub(crate) fn read(text: &str) -> Findings<Bundle> {
    crate::read(&sources(text), &Limits::default())
}

/// Reads a text that has no mistakes.
pub(crate) fn accept(text: &str) -> Bundle {
    let findings = read(text);
    assert_eq!(lines(text, &findings.diagnostics), Vec::<String>::new());
    findings.value
}

/// Reads a text with mistakes; a line for each: code, line, column, message.
pub(crate) fn reject(text: &str) -> Vec<String> {
    let findings = read(text);
    assert!(findings.has_errors(), "no errors in {text}");
    lines(text, &findings.diagnostics)
}

fn lines(text: &str, diagnostics: &[Diagnostic]) -> Vec<String> {
    let sources = sources(text);
    let line = |diagnostic: &Diagnostic| {
        let place = sources.locate(diagnostic.primary.span).unwrap();
        format!("{} {}:{} {}", diagnostic.code, place.line, place.column, diagnostic.message)
    };
    diagnostics.iter().map(line).collect()
}

/// The text as the only file.
pub(crate) fn sources(text: &str) -> SourceMap {
    let mut sources = SourceMap::new();
    sources.add("test.yaml", text).unwrap();
    sources
}
