//! The validator: one Python process that judges many documents.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread;

use loopback_mesh::tools::{python_with_jsonschema, workspace_root};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use smi_model::api::json_schemas;

use crate::shared;

/// A document and the schema that it should meet.
#[derive(Debug, Serialize)]
pub(super) struct Question {
    /// The path of the schema below [`folder`].
    pub(super) schema: String,
    pub(super) yaml: String,
}

/// What the document is, and how it misses the schema.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Answer {
    pub(super) data: Value,
    pub(super) errors: Vec<String>,
    /// Why it is no YAML.
    pub(super) unreadable: Option<String>,
}

/// The folder with all schemas, written anew for this run.
pub(super) fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = workspace_root().join("target/test-schemas");
        for schema in json_schemas() {
            let path = folder.join(schema.path());
            fs::create_dir_all(path.parent().expect("it has a folder")).expect("can be made");
            fs::write(path, schema.schema.to_string()).expect("the folder can be written to");
        }
        folder
    })
}

/// Asks the validator.
pub(super) fn ask(questions: &[Question]) -> Vec<Answer> {
    let python = python_with_jsonschema(&|step| eprintln!("{step} …")).expect("it is installed");
    let script = workspace_root().join("tests/python/validate.py");
    let mut process = Command::new(python)
        .arg(script)
        .arg(folder())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python runs");
    let mut input = process.stdin.take().expect("it is piped");
    let lines: Vec<String> = questions
        .iter()
        .map(|question| serde_json::to_string(question).expect("it is text") + "\n")
        .collect();
    // A thread of its own, since neither side must wait for the other to read.
    let writer =
        thread::spawn(move || lines.iter().try_for_each(|it| input.write_all(it.as_bytes())));
    let output = process.wait_with_output().expect("Python ends");
    writer.join().expect("it does not panic").expect("Python reads");
    let text = String::from_utf8(output.stdout).expect("it is JSON");
    let answers = text.lines().map(|line| serde_json::from_str(line).expect("an answer"));
    let answers: Vec<Answer> = answers.collect();
    assert_eq!(answers.len(), questions.len(), "every question has an answer");
    answers
}

/// Names and texts of published files, where they are given.
pub(super) fn published(test: &str) -> Option<Vec<(String, String)>> {
    let folder = shared::folder(test)?;
    let mut files = Vec::new();
    collect(&folder.join("corpus"), &mut files);
    files.sort();
    Some(files)
}

fn collect(folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("it is a folder") {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            let text = fs::read_to_string(&path).expect("it is text");
            files.push((path.display().to_string(), text));
        }
    }
}
