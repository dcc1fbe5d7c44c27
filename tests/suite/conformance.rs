//! The corpus: every engine answers every case.

use std::fmt::Display;
use std::fs;
use std::path::Path;

use conformance::case::{self, Section};
use conformance::engine::{self, Compiler, Engine, Policies, Shares};
use decision_table::Dialect;

#[test]
fn every_engine_answers_every_case() {
    let sections = corpus();
    let failures: Vec<String> = sections.iter().flat_map(failures_of).collect();
    let cases: usize = sections.iter().map(|it| it.cases.len() + it.splits.len()).sum();
    println!("{cases} cases in {} sections", sections.len());
    assert!(cases > 100, "the corpus has shrunk to {cases} cases");
    assert!(failures.is_empty(), "{} answers differ:\n{}", failures.len(), failures.join("\n"));
}

/// A typing error in a policy makes it grant nothing, and then every case that
/// expects a denial passes for the wrong reason.
#[test]
fn policies_have_errors_only_where_the_corpus_says_so() {
    for section in corpus() {
        let compiler = Compiler::new(&section.policies(Dialect::Spec));
        assert_eq!(
            compiler.has_errors(),
            section.with_errors,
            "{}: mark the block ```yaml or ```yaml with errors\n{}",
            section.title,
            compiler.report()
        );
    }
}

fn corpus() -> Vec<Section> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/decisions");
    let entries = fs::read_dir(&folder).expect("the corpus is there");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("it is readable").path()).collect();
    paths.sort();
    paths.iter().flat_map(|path| read(path)).collect()
}

fn read(path: &Path) -> Vec<Section> {
    let name = path.file_name().expect("a file has a name").to_string_lossy();
    let markdown = fs::read_to_string(path).expect("the corpus is text");
    case::read(&name, &markdown).unwrap_or_else(|mistake| panic!("{name}, {mistake}"))
}

fn failures_of(section: &Section) -> Vec<String> {
    let engines = engine::all();
    let asked = Dialect::ALL.into_iter().flat_map(|dialect| {
        let policies = section.policies(dialect);
        let engines = engines.iter().filter(|engine| engine.accepts(&policies));
        engines.flat_map(|engine| failures(section, &policies, &**engine)).collect::<Vec<_>>()
    });
    asked.collect()
}

/// What one engine in one dialect says otherwise.
fn failures(section: &Section, policies: &Policies, engine: &dyn Engine) -> Vec<String> {
    let enforcer = engine.load(policies);
    let answered = |line, expected: &dyn Display, answer: &dyn Display| {
        let (title, dialect, name) = (&section.title, policies.dialect, engine.name());
        format!(
            "{title}, line {line}, {dialect}: expected {expected}, but the {name} says {answer}"
        )
    };
    let cases = section.cases.iter().filter(|case| engine.understands(&case.request));
    let verdicts = cases.filter_map(|case| {
        let expected = case.expected(policies.dialect)?;
        let decision = enforcer.decide(&case.request);
        (!decision.agrees_with(expected)).then(|| answered(case.line, expected, &decision))
    });
    let splits = section.splits.iter().filter_map(|case| {
        let expected = case.expected(policies.dialect)?;
        let (namespace, service) = &case.service;
        let shares = Shares::from(enforcer.shares(namespace, service, &case.request)?);
        // Who reports an overlap is free to answer something: no mesh will ask.
        let is_reported = section.with_errors && expected.is_overlap();
        let fits = shares == *expected || (is_reported && engine.name() != "oracle");
        (!fits).then(|| answered(case.line, expected, &shares))
    });
    verdicts.chain(splits).collect()
}
