//! Inputs made to exhaust their reader. Each must be refused with a finding,
//! and soon.

#![expect(clippy::disallowed_methods, reason = "a test may read the clock")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "most of the inputs are for `memory.rs`")]
mod inputs;

use std::time::{Duration, Instant};

use smi_model::{Limits, source::SourceMap};

/// Far more than any of the inputs takes, even without optimisation on a busy
/// machine, and far less than a blow-up would.
const PATIENCE: Duration = Duration::from_secs(120);

/// The distinct codes that are reported on a text.
fn codes(text: &str, limits: &Limits) -> Vec<&'static str> {
    let mut sources = SourceMap::new();
    sources.add("hostile.yaml", text).unwrap();
    let start = Instant::now();
    let read = smi_model::read(&sources, limits);
    let rendered = smi_model::diagnostic::render::text(&read.diagnostics, &sources, true);
    assert!(start.elapsed() < PATIENCE, "took {:?}", start.elapsed());
    assert_eq!(rendered.is_empty(), read.diagnostics.is_empty());
    let mut codes: Vec<_> = read.diagnostics.iter().map(|it| it.code.name).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

fn with_defaults(text: &str) -> Vec<&'static str> {
    codes(text, &Limits::default())
}

#[test]
fn billion_laughs() {
    assert_eq!(with_defaults(&inputs::billion_laughs()), ["too-many-nodes"]);
}

#[test]
fn billion_laughs_in_merge_keys() {
    let end = "metadata: *a59\n<<: *a59\n";
    // Cut short by a limit, by a mistake, or whole: no walk goes along all paths.
    for end in [end.to_owned(), format!("{end}kind: TCPRoute\n")] {
        assert_eq!(with_defaults(&inputs::merge_keys(&end)), ["too-deep", "too-many-nodes"]);
    }
    let broken = inputs::merge_keys(&format!("{end}kind: TCPRoute\nx: [\n"));
    assert_eq!(with_defaults(&broken), ["yaml-syntax"]);
}

#[test]
fn a_huge_scalar_and_many_aliases() {
    assert_eq!(with_defaults(&inputs::huge_scalar()), ["too-many-nodes"]);
}

#[test]
fn depth() {
    for text in [
        "[".repeat(100_000),
        "{a: ".repeat(100_000),
        "- ".repeat(20_000),
        (0..500).map(|level| format!("{}a:\n", " ".repeat(level))).collect(),
        (1..200).fold("- &a0 []\n".to_owned(), |text, level| {
            format!("{text}- &a{level} [*a{}]\n", level - 1)
        }),
    ] {
        assert_eq!(with_defaults(&text), ["too-deep"]);
    }
}

#[test]
fn numbers_of_things() {
    let limits = Limits { bytes: 1000, documents: 3, nodes: 20, ..Limits::default() };
    assert_eq!(codes(&"# ".repeat(501), &limits), ["file-too-large"]);
    assert_eq!(codes(&"--- null\n".repeat(4), &limits), ["too-many-documents"]);
    assert_eq!(codes(&format!("[{}]", "a,".repeat(21)), &limits), ["too-many-nodes"]);
    assert_eq!(codes("- null\n---\n- null\n", &limits), ["not-an-object"]);
    // Nodes are counted anew in each document.
    let list = format!("---\n[{}]\n", "a,".repeat(12));
    assert_eq!(codes(&list.repeat(3), &limits), ["not-an-object"]);
}

#[test]
fn expressions_of_enormous_classes() {
    let header = "apiVersion: specs.smi-spec.io/v1alpha4\nkind: HTTPRouteGroup\n\
                  metadata: {name: a}\nspec:\n  matches:\n";
    for unit in [r"(?i)[\x00-\x{10ffff}]", r"\pL", r"(?i)[^\pL]", r"\W", "a?"] {
        let expression = format!("'{}'", unit.repeat(8_000 / unit.len()));
        let group: String = (0..300)
            .map(|index| format!("  - {{name: m{index}, pathRegex: {expression}}}\n"))
            .collect();
        let codes = with_defaults(&format!("{header}{group}"));
        assert!(codes.contains(&"expressions-too-large"), "{unit}: {codes:?}");
    }
}

#[test]
fn everything_is_wrong() {
    let header = "apiVersion: specs.smi-spec.io/v1alpha4\nkind: HTTPRouteGroup\n";
    let fields: String = (0..20_000).map(|index| format!("nmae{index}: x\n")).collect();
    assert!(with_defaults(&format!("{header}{fields}")).contains(&"too-many-problems"));
    let twice = "metadata: {}\n".repeat(20_000);
    assert!(with_defaults(&format!("{header}{twice}")).contains(&"too-many-problems"));
    let methods = "FETCH, ".repeat(20_000);
    let group = format!("{header}spec: {{matches: [{{name: a, methods: [{methods}]}}]}}\n");
    assert!(with_defaults(&group).contains(&"too-many-problems"));
    let headers: String = (0..20_000).map(|index| format!("x-{index}: x, ")).collect();
    let group = format!("{header}spec: {{matches: [{{headers: {{{headers}}}}}]}}\n");
    assert_eq!(with_defaults(&group), ["missing-field"]);
    assert_eq!(
        with_defaults(&"kind: TCPRoute\n---\n".repeat(500)),
        ["missing-api-version", "missing-field"]
    );
}
