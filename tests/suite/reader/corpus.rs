//! Tables that were written once and are read for ever: `corpus/tables/`.
//!
//! Nothing is compiled to read them, so that a change of the reader that changes
//! what old tables mean cannot hide behind the same change of the writer.

use std::fs;
use std::path::{Path, PathBuf};

use decision_table::{Dialect, FORMAT_VERSION, IdentityForm, RuleId, Table};
use policy_compiler::{Options, Scope};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use smi_model::source::SourceMap;

use super::question::Question;
use crate::python;

/// Writes the tables of the current version, and the answers, anew.
const WRITE: &str = "SMI_WRITE_TABLES";

/// A file `questions.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    dialect: String,
    identities: String,
    /// The workload that the table is for; `None` for a whole mesh.
    workload: Option<String>,
    digest: String,
    /// Target, route, file and line of each rule.
    rules: Vec<Value>,
    questions: Vec<Answered>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    #[serde(flatten)]
    question: Question,
    answer: Value,
}

#[test]
fn tables_of_all_versions_give_the_same_answers() {
    if std::env::var_os(WRITE).is_some() {
        cases(FORMAT_VERSION).iter().for_each(|folder| write(folder));
    }
    for version in 1..=FORMAT_VERSION {
        let folders = cases(version);
        assert!(folders.len() >= 5, "tables of version {version} are missing");
        for folder in folders {
            let case = read(&folder);
            let table = table(&folder);
            let name = folder.display();
            assert_eq!(header(&table), header_of(&case), "{name}");
            assert_eq!(rules(&table), case.rules, "{name}");
            assert!(!case.questions.is_empty(), "{name}");
            for Answered { question, answer } in &case.questions {
                assert_eq!(question.answer(&table), *answer, "{name}: {question:?}");
            }
        }
    }
}

#[test]
fn a_reader_in_python_gives_their_answers() {
    for folder in cases(FORMAT_VERSION) {
        let Case { questions, .. } = read(&folder);
        let line = |it: &Answered| it.question.line(&folder.join("table"));
        let answers =
            python::ask(Path::new("python3"), "table.py", questions.iter().map(line).collect());
        for (Answered { question, answer }, theirs) in questions.iter().zip(answers) {
            let theirs: Value = serde_json::from_str(&theirs).expect("it writes JSON");
            assert_eq!(theirs, *answer, "{}: {question:?}", folder.display());
        }
    }
}

fn cases(version: u16) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("corpus/tables/v{version}"));
    let entries = fs::read_dir(&folder).expect("each version has its tables");
    let mut folders: Vec<_> = entries.map(|entry| entry.expect("it is readable").path()).collect();
    folders.sort();
    folders
}

fn read(folder: &Path) -> Case {
    let text = fs::read_to_string(folder.join("questions.json")).expect("each has questions");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
}

fn table(folder: &Path) -> Table<Vec<u8>> {
    let bytes = fs::read(folder.join("table")).expect("each has a table");
    Table::from_bytes(bytes).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
}

fn header(table: &Table<Vec<u8>>) -> [String; 4] {
    let digest = table.digest().iter().map(|byte| format!("{byte:02x}")).collect();
    let workload = table.workload().unwrap_or_default().to_owned();
    [table.dialect().to_string(), table.identities().to_string(), workload, digest]
}

fn header_of(case: &Case) -> [String; 4] {
    let workload = case.workload.clone().unwrap_or_default();
    [case.dialect.clone(), case.identities.clone(), workload, case.digest.clone()]
}

fn rules(table: &Table<Vec<u8>>) -> Vec<Value> {
    let all = (0..table.named_rules()).map(|rule| table.rule(RuleId(rule)));
    let all = all.map(|rule| rule.expect("all rules below their number have names"));
    all.map(|rule| json!([rule.target, rule.route, rule.file, rule.line])).collect()
}

/// Compiles the policies of a case, and writes down what its table answers.
fn write(folder: &Path) {
    let mut case = read(folder);
    let policies = fs::read_to_string(folder.join("policies.yaml")).expect("each has policies");
    let mut sources = SourceMap::new();
    sources.add("policies.yaml", &*policies).expect("it is small");
    let options = Options {
        dialect: case.dialect.parse::<Dialect>().expect("the dialect is known"),
        identity_form: case.identities.parse::<IdentityForm>().expect("the form is known"),
        ..Options::default()
    };
    let documents = smi_model::read(&sources, &smi_model::Limits::default());
    let resolved = policy_compiler::resolve(&documents.value, &options);
    let diagnostics = [documents.diagnostics, resolved.diagnostics].concat();
    let report = smi_model::diagnostic::render::text(&diagnostics, &sources, false);
    assert!(diagnostics.is_empty(), "{}:\n{report}", folder.display());
    let scope = case.workload.as_deref().map_or(Scope::Mesh, Scope::Workload);
    let bytes = policy_compiler::compile(&resolved.value, &sources, scope).value;
    fs::write(folder.join("table"), bytes.expect("it is small")).expect("the corpus is writable");

    let table = table(folder);
    let [.., digest] = header(&table);
    case.digest = digest;
    case.rules = rules(&table);
    for Answered { question, answer } in &mut case.questions {
        *answer = question.answer(&table);
    }
    fs::write(folder.join("questions.json"), in_lines(&case)).expect("the corpus is writable");
}

/// A line for each rule and each question, so that changes can be read.
fn in_lines(case: &Case) -> String {
    let json = |value: Value| value.to_string();
    let lines = |values: Vec<String>| format!("[\n    {}\n  ]", values.join(",\n    "));
    let questions = case.questions.iter().map(|it| {
        let question = serde_json::to_string(it).expect("a question is JSON");
        question.replace("\"answer\":", "\n      \"answer\":")
    });
    format!(
        "{{\n  \"dialect\": {},\n  \"identities\": {},\n  \"workload\": {},\n  \"digest\": {},\n  \
         \"rules\": {},\n  \"questions\": {}\n}}\n",
        json(json!(case.dialect)),
        json(json!(case.identities)),
        json(json!(case.workload)),
        json(json!(case.digest)),
        lines(case.rules.iter().map(Value::to_string).collect()),
        lines(questions.collect()),
    )
}
