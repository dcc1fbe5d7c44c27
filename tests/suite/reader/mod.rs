//! Tables mean what `FORMAT.md` says: a reader in Python, written from it alone,
//! gives the same answers, and so do tables that were written long ago.

mod corpus;
mod question;
mod strange;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use conformance::engine::{Compiler, TRUST_DOMAIN};
use conformance::generate::{Scenario, scenario_with};
use decision_table::{Reason, Table};
use policy_compiler::Scope;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::Value;

use crate::python;
use question::{Asked, Question};

const SCENARIOS: usize = 40;
const REQUESTS: usize = 25;
/// Strange requests for each one of the corpus.
const STRANGE: usize = 40;
/// Workloads of a scenario that get tables of their own.
const WORKLOADS: usize = 2;

#[test]
fn a_reader_in_python_gives_the_same_answers() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("reader");
    fs::create_dir_all(&folder).expect("the folder of tests is writable");
    let mut runner = TestRunner::deterministic();
    let strategy = (scenario_with(REQUESTS), strange::requests(REQUESTS));
    let mut asked = Vec::new();
    for number in 0..SCENARIOS {
        let tree = strategy.new_tree(&mut runner).expect("no scenario is refused");
        let (scenario, strange) = tree.current();
        asked.extend(ask(&folder, number, &scenario, &strange));
    }
    let seen = compare(&asked);
    println!("{} questions for {} tables: {seen:?}", asked.len(), tables(&asked));
    assert!(asked.len() > 2_000 && tables(&asked) > 60);
    assert!(
        ["allowed", "splits"].into_iter().all(|kind| seen.get(kind).is_some_and(|it| *it > 500))
    );
    // Without a policy, only a host denies.
    let reasons = Reason::ALL.into_iter().filter(|reason| *reason != Reason::NoPolicy);
    let missing: Vec<_> = reasons.filter(|it| !seen.contains_key(it.code())).collect();
    assert!(missing.is_empty(), "never denied for {missing:?}");
}

/// Policies of the corpus have conditions of all kinds, so that more depends on
/// strange parts of requests than with random policies.
#[test]
fn a_reader_in_python_gives_the_same_answers_for_written_tables() {
    let mut runner = TestRunner::deterministic();
    let mut asked = Vec::new();
    for (path, questions) in corpus::questions() {
        let bytes = fs::read(&path).expect("each case has a table");
        let table = Table::from_bytes(bytes).expect("tables of the corpus verify");
        for question in questions {
            let strange = strange::requests(STRANGE).new_tree(&mut runner);
            let strange = strange.expect("nothing is refused").current();
            let strange = strange.iter().map(|it| it.over(&question.request));
            for request in strange.chain([question.request.clone()]) {
                let question = Question { request, ..question.clone() };
                let answer = question.answer(&table);
                asked.push(Answered { table: path.clone(), question, answer });
            }
        }
    }
    compare(&asked);
}

#[test]
fn a_reader_in_python_refuses_damage() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("reader");
    fs::create_dir_all(&folder).expect("the folder of tests is writable");
    let whole = decision_table::plan::Plan::default().write().expect("it is small");
    let question = || Question { root: None, key: None, request: Asked::default() };
    let mut lines = Vec::new();
    for position in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[position] ^= 1 << (position % 8);
        let path = folder.join(format!("damaged-{position}"));
        fs::write(&path, damaged).expect("the folder of tests is writable");
        lines.push(question().line(&path));
    }
    for answer in python::ask(Path::new("python3"), "table.py", lines) {
        assert!(answer.contains("refused"), "{answer}");
    }
}

/// A question with our answer.
struct Answered {
    table: PathBuf,
    question: Question,
    answer: Value,
}

/// All questions of a scenario to the tables that they concern.
fn ask(folder: &Path, number: usize, scenario: &Scenario, strange: &[Asked]) -> Vec<Answered> {
    let compiler = Compiler::new(&scenario.policies());
    let destination =
        |request: &conformance::request::Request| Some(request.destination.spiffe_id(TRUST_DOMAIN));
    let mut questions: Vec<Question> = Vec::new();
    for request in &scenario.requests {
        let request = Asked::of(request, destination(request));
        let changed = strange.iter().map(|strange| strange.over(&request));
        let changed = changed.skip(questions.len() / 2 % REQUESTS).take(1);
        let both = changed.chain([request.clone()]);
        questions.extend(both.map(|request| Question { root: None, key: None, request }));
    }
    for (at, split) in scenario.split_requests.iter().enumerate() {
        let root = Some(format!("{}/{}", split.namespace, split.service));
        let key = Some(format!("user-{}", number * REQUESTS + at));
        let request = Asked::of(&split.request, None);
        let changed = strange.get(at).map_or_else(|| request.clone(), |it| it.over(&request));
        questions.push(Question { root: root.clone(), key: key.clone(), request });
        questions.push(Question { root, key, request: changed });
    }
    let workloads: BTreeSet<String> = scenario.requests.iter().filter_map(destination).collect();
    let scopes = workloads.iter().take(WORKLOADS).map(|it| Some(it.as_str())).chain([None]);
    let mut asked = Vec::new();
    for (at, workload) in scopes.enumerate() {
        let scope = workload.map_or(Scope::Mesh, Scope::Workload);
        let Some(bytes) = compiler.bytes(scope) else { continue };
        let path = folder.join(format!("{number}-{at}"));
        fs::write(&path, &bytes).expect("the folder of tests is writable");
        let table = Table::from_bytes(bytes).expect("a table that was just compiled verifies");
        for question in &questions {
            let mut question = question.clone();
            let destination = question.request.destination.as_ref();
            if destination.is_some_and(|it| Some(it.0.as_slice()) == workload.map(str::as_bytes)) {
                // As sidecars ask.
                question.request.destination = None;
            }
            let answer = question.answer(&table);
            asked.push(Answered { table: path.clone(), question, answer });
        }
    }
    asked
}

/// Fails unless Python gives our answers; says how often there was which one.
fn compare(asked: &[Answered]) -> BTreeMap<String, usize> {
    let lines: Vec<String> = asked.iter().map(|it| it.question.line(&it.table)).collect();
    let answers = python::ask(Path::new("python3"), "table.py", lines.clone());
    let mut seen = BTreeMap::new();
    let mut differences = Vec::new();
    for ((asked, line), theirs) in asked.iter().zip(lines).zip(answers) {
        let theirs: Value = serde_json::from_str(&theirs).expect("it writes JSON");
        if theirs != asked.answer {
            differences.push(format!("{line}\n  Python: {theirs}\n  ours:   {}", asked.answer));
        }
        *seen.entry(kind(&asked.answer)).or_default() += 1;
    }
    let shown = differences.iter().take(10).cloned().collect::<Vec<_>>().join("\n");
    assert!(differences.is_empty(), "{} answers differ:\n{shown}", differences.len());
    seen
}

fn kind(answer: &Value) -> String {
    if let Some(reason) = answer["reason"].as_str() {
        return reason.to_owned();
    }
    let is_allowed = answer["allowed"].as_bool() == Some(true);
    let is_split = !answer["split"].is_null();
    let kinds = [(is_allowed, "allowed"), (is_split, "splits"), (true, "no split")];
    kinds.into_iter().find(|(is, _)| *is).map_or("", |(_, kind)| kind).to_owned()
}

fn tables(asked: &[Answered]) -> usize {
    asked.iter().map(|it| &it.table).collect::<BTreeSet<_>>().len()
}
