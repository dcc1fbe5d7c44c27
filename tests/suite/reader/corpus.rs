//! Tables that were written once and are read for ever: `corpus/tables/`.
//!
//! Nothing is compiled to read them, so that a change of the reader that changes
//! what old tables mean cannot hide behind the same change of the writer.

use std::fs;
use std::path::{Path, PathBuf};

use decision_table::{Dialect, FORMAT_VERSION, IdentityForm, RuleId, Table};
use policy_compiler::{Options, Scope};
use serde::Deserialize;
use serde_json::{Value, json};
use smi_model::diagnostic::{Diagnostic, Severity};
use smi_model::source::SourceMap;

use super::question::Question;

/// The variable that makes the test write the tables of the current version anew.
const WRITE: &str = "SMI_WRITE_TABLES";

/// A file `questions.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    dialect: String,
    identities: String,
    /// The workload that the table is for; `None` for a whole mesh.
    workload: Option<String>,
    /// Target, route, file and line of each rule.
    rules: Vec<Value>,
    questions: Vec<Answered>,
}

/// A question with its answer, as a person has checked it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    ask: Question,
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
            let expected = (&*case.dialect, &*case.identities, case.workload.as_deref());
            assert_eq!(header(&table), expected, "{name}");
            assert_eq!(rules(&table), case.rules, "{name}");
            assert!(!case.questions.is_empty(), "{name}");
            for Answered { ask: question, answer } in &case.questions {
                assert_eq!(question.answer(&table), *answer, "{name}: {question:?}");
            }
        }
    }
}

/// The tables of the current version, and what they are asked.
pub(super) fn questions() -> Vec<(PathBuf, Vec<Question>)> {
    let questions = |folder: &Path| read(folder).questions.into_iter().map(|it| it.ask).collect();
    let folders = cases(FORMAT_VERSION).into_iter();
    folders.map(|folder| (folder.join("table"), questions(&folder))).collect()
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

/// What the header and the scope say.
fn header(table: &Table<Vec<u8>>) -> (&str, &str, Option<&str>) {
    (table.dialect().name(), table.identities().name(), table.workload())
}

fn rules(table: &Table<Vec<u8>>) -> Vec<Value> {
    let all = (0..table.named_rules()).map(|rule| table.rule(RuleId(rule)));
    let all = all.map(|rule| rule.expect("all rules below their number have names"));
    all.map(|rule| json!([rule.target, rule.route, rule.file, rule.line])).collect()
}

/// Compiles the policies of a case. What its table answers stays as it is written.
fn write(folder: &Path) {
    let case = read(folder);
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
    let is_error = |it: &Diagnostic| it.severity == Severity::Error;
    assert!(!diagnostics.iter().any(is_error), "{}:\n{report}", folder.display());
    let scope = case.workload.as_deref().map_or(Scope::Mesh, Scope::Workload);
    let bytes = policy_compiler::compile(&resolved.value, &sources, scope).value;
    fs::write(folder.join("table"), bytes.expect("it is small")).expect("the corpus is writable");
}
