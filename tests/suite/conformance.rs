//! The corpus: every engine answers every case.

use std::fs;
use std::path::Path;

use conformance::case::{self, Section};
use conformance::engine::{self, Compiler, Engine, Policies};
use decision_table::Dialect;

#[test]
fn every_engine_answers_every_case() {
    let sections = corpus();
    let failures: Vec<String> = sections.iter().flat_map(failures_of).collect();
    let cases: usize = sections.iter().map(|section| section.cases.len()).sum();
    println!("{cases} cases in {} sections", sections.len());
    assert!(cases > 100, "the corpus has shrunk to {cases} cases");
    assert!(failures.is_empty(), "{} answers differ:\n{}", failures.len(), failures.join("\n"));
}

/// A typing error in a policy makes it grant nothing, and then every case that
/// expects a denial passes for the wrong reason.
#[test]
fn policies_have_errors_only_where_the_corpus_says_so() {
    for section in corpus() {
        let compiler = Compiler::new(&policies(&section, Dialect::Spec));
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

fn policies(section: &Section, dialect: Dialect) -> Policies {
    Policies { dialect, files: section.files.clone() }
}

fn failures_of(section: &Section) -> Vec<String> {
    let engines = engine::all();
    let asked = Dialect::ALL.into_iter().flat_map(|dialect| {
        let policies = policies(section, dialect);
        engines.iter().flat_map(move |engine| failures(section, &policies, &**engine))
    });
    asked.collect()
}

/// What one engine in one dialect says otherwise.
fn failures(section: &Section, policies: &Policies, engine: &dyn Engine) -> Vec<String> {
    let enforcer = engine.load(policies);
    let cases = section.cases.iter().filter(|case| engine.understands(&case.request));
    let failures = cases.filter_map(|case| {
        let expected = case.expected(policies.dialect)?;
        let decision = enforcer.decide(&case.request);
        (!decision.agrees_with(expected)).then(|| {
            format!(
                "{}, line {}, {}: expected {expected}, but the {} says {decision}",
                section.title,
                case.line,
                policies.dialect,
                engine.name()
            )
        })
    });
    failures.collect()
}
