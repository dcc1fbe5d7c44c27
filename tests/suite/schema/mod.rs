//! The JSON Schemas say what the reader says, as far as a schema can; judged by a
//! validator that others wrote, reading YAML with a library that others wrote.

mod crds;
mod validator;

use std::fs;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use smi_model::api::{JsonSchema, json_schema_of_all, json_schemas};
use smi_model::convert::{Targets, write};
use smi_model::diagnostic::Severity;
use smi_model::source::SourceMap;

use self::validator::{Answer, Question, ask};

#[path = "../../../smi-model/tests/common/objects.rs"]
mod objects;

/// How many random sets of objects are judged, whole and damaged.
const RANDOM: usize = 1_500;

/// Findings that no schema could have: names that must differ, texts with a
/// grammar of their own, sums, and notations that are gone once YAML is data.
const BEYOND_SCHEMAS: &[&str] = &[
    "ambiguous-number",
    "duplicate-header",
    "duplicate-match",
    "duplicate-object",
    "invalid-pattern",
    "misplaced-backend",
    "pattern-not-portable",
    "pattern-too-large",
    "zero-weights",
];

#[test]
fn schemas_accept_what_the_reader_accepts() {
    let mut runner = TestRunner::deterministic();
    let mut objects = Vec::new();
    for _ in 0..RANDOM {
        let tree = (objects::objects(), damages()).new_tree(&mut runner);
        let (set, damages) = tree.expect("nothing is refused").current();
        objects.extend(set.iter().map(|object| damaged(object.clone(), &damages)));
        objects.extend(set);
    }
    let judged = judge(&objects.iter().map(Value::to_string).collect::<Vec<_>>());
    let accepted = judged.iter().filter(|one| one.reader.is_empty()).count();
    assert!(accepted * 3 > judged.len(), "{accepted} of {} objects are accepted", judged.len());
    assert!(accepted * 4 < judged.len() * 3, "{accepted} of {} objects accepted", judged.len());
    let differing: Vec<_> = judged.iter().filter(|one| !one.agrees()).take(10).collect();
    assert!(differing.is_empty(), "{differing:#?}");
}

#[test]
fn what_is_written_is_the_same_to_a_reader_of_yaml_1_1() {
    let mut runner = TestRunner::deterministic();
    let mut texts = Vec::new();
    for _ in 0..RANDOM {
        let set = objects::objects().new_tree(&mut runner).expect("nothing is refused").current();
        texts.extend(set.iter().filter_map(|object| written(&object.to_string())));
    }
    for one in judge(&texts) {
        let answer = &one.answer;
        assert_eq!(answer.errors, [""; 0], "{}", one.text);
        let again = written(&answer.data.to_string());
        assert_eq!(again.as_deref(), Some(one.text.as_str()), "PyYAML reads {}", answer.data);
    }
}

#[test]
fn schemas_accept_what_people_have_published() {
    let Some(files) = validator::published("schemas_accept_what_people_have_published") else {
        return;
    };
    let texts: Vec<String> = files.iter().flat_map(|(_, text)| documents(text)).collect();
    let judged = judge(&texts);
    assert!(judged.len() > 100, "{} objects", judged.len());
    let differing: Vec<_> = judged.iter().filter(|one| !one.agrees()).collect();
    assert!(differing.is_empty(), "{differing:#?}");
}

/// The schema for all kinds picks that of the kind, and knows what is meant as SMI
/// like the reader does.
#[test]
fn one_schema_fits_all() {
    let all = json_schema_of_all(&json_schemas());
    let path = "smi.json";
    let folder = validator::folder();
    fs::write(folder.join(path), all.to_string()).expect("the folder can be written to");
    let cases = [
        ("specs.smi-spec.io/v1alpha4", "TCPRoute", true),
        ("specs.smi-spec.io/v1alpha3", "TCPRoute", false),
        ("specs.smi-spec.io/v1alpha4", "TCPRout", false),
        ("specs.smi-spec.io/v1alpha4", "TrafficTarget", false),
        ("specs.smi-spec.io/v1alpha5", "TCPRoute", false),
        ("specs.smi-spec.io", "TCPRoute", false),
        ("v1", "HTTPRouteGroup", false),
        ("spec.smi-spec.io/v1alpha4", "HTTPRouteGroup", false),
        ("gateway.networking.k8s.io/v1alpha2", "TCPRoute", true),
        ("apps/v1", "Deployment", true),
    ];
    let question = |(api_version, kind, _)| {
        let object = json!({
            "apiVersion": api_version, "kind": kind,
            "metadata": {"name": "r"}, "spec": {"matches": {"ports": [80]}},
        });
        Question { schema: path.to_owned(), yaml: object.to_string() }
    };
    let questions = cases.map(question);
    let answers = ask(&questions);
    for ((question, answer), (.., valid)) in questions.iter().zip(answers).zip(cases) {
        let text = &question.yaml;
        assert_eq!(answer.errors.is_empty(), valid, "{text}\n{answer:#?}");
        assert_eq!(errors(text).is_empty(), valid, "{text}");
    }
}

/// A text, what the validator says of it, and what the reader says.
#[derive(Debug)]
struct Judged {
    text: String,
    answer: Answer,
    reader: Vec<&'static str>,
}

impl Judged {
    /// What the reader accepts is valid, and what it refuses is not, unless its
    /// reasons are beyond any schema.
    fn agrees(&self) -> bool {
        match (self.reader.is_empty(), self.answer.errors.is_empty()) {
            (true, valid) => valid,
            (false, true) => self.reader.iter().all(|name| BEYOND_SCHEMAS.contains(name)),
            (false, false) => true,
        }
    }
}

/// Judges every text that is an object of a known kind and version.
fn judge(texts: &[String]) -> Vec<Judged> {
    let schemas = json_schemas();
    let known = texts.iter().filter_map(|text| {
        let schema = schema_of(text, &schemas)?;
        Some(Question { schema: schema.path(), yaml: text.clone() })
    });
    let known: Vec<Question> = known.collect();
    let answers = ask(&known);
    let judged = known.into_iter().zip(answers).map(|(question, answer)| Judged {
        reader: errors(&question.yaml),
        text: question.yaml,
        answer,
    });
    judged.collect()
}

fn schema_of<'s>(text: &str, schemas: &'s [JsonSchema]) -> Option<&'s JsonSchema> {
    let object: Value = serde_yaml::from_str(text).ok()?;
    let (api_version, kind) = (object["apiVersion"].as_str()?, object["kind"].as_str()?);
    schemas.iter().find(|schema| {
        schema.kind == kind && api_version == format!("{}/{}", schema.group, schema.version)
    })
}

/// The names of the errors that the reader finds.
fn errors(text: &str) -> Vec<&'static str> {
    let read = smi_model::read(&sources(text), &smi_model::Limits::default());
    let errors = read.diagnostics.iter().filter(|it| it.severity == Severity::Error);
    errors.map(|error| error.code.name).collect()
}

/// The object in its own version, written anew.
fn written(text: &str) -> Option<String> {
    let read = smi_model::read(&sources(text), &smi_model::Limits::default());
    let object: Value = serde_json::from_str(text).or_else(|_| serde_yaml::from_str(text)).ok()?;
    let own = Targets::parse([object["apiVersion"].as_str()?]).ok()?;
    let written = write(&read.value, &own);
    (!written.has_errors() && !written.value.is_empty()).then_some(written.value)
}

fn sources(text: &str) -> SourceMap {
    let mut sources = SourceMap::new();
    sources.add("test.yaml", text).expect("it is small");
    sources
}

/// The documents of a file, as far as they can be told apart by their lines.
fn documents(text: &str) -> Vec<String> {
    let mut documents = vec![String::new()];
    for line in text.lines() {
        if line.starts_with("---") {
            documents.push(String::new());
        } else if let Some(document) = documents.last_mut() {
            document.push_str(line);
            document.push('\n');
        }
    }
    documents
}

/// Where to damage an object, and how.
type Damage = (Vec<Index>, u8);

fn damages() -> impl Strategy<Value = Damage> {
    (prop::collection::vec(any::<Index>(), 1..6), any::<u8>())
}

/// The object with one value removed, replaced or renamed.
fn damaged(mut object: Value, (path, how): &Damage) -> Value {
    damage_below(&mut object, path, *how);
    object
}

fn damage_below(place: &mut Value, path: &[Index], how: u8) {
    let [step, rest @ ..] = path else { return };
    let inside = match place {
        Value::Object(fields) => values_at(fields.values_mut().collect(), step),
        Value::Array(items) => values_at(items.iter_mut().collect(), step),
        _ => None,
    };
    match inside {
        Some(inside) if !rest.is_empty() => damage_below(inside, rest, how),
        _ => damage(place, step, how),
    }
}

/// The value at a step, when it has values in turn.
fn values_at<'v>(mut values: Vec<&'v mut Value>, step: &Index) -> Option<&'v mut Value> {
    if values.is_empty() {
        return None;
    }
    let value = values.swap_remove(step.index(values.len()));
    (value.is_object() || value.is_array()).then_some(value)
}

fn damage(place: &mut Value, at: &Index, how: u8) {
    let strange = [
        json!(null),
        json!(""),
        json!("x y"),
        json!("no"),
        json!(-1),
        json!(0),
        json!(70_000),
        json!(1.5),
        json!(true),
        json!([]),
        json!({}),
        json!(["GET"]),
        json!({"name": "x"}),
    ];
    let value = strange[usize::from(how) % strange.len()].clone();
    match place {
        Value::Object(fields) if !fields.is_empty() => {
            let key = fields.keys().nth(at.index(fields.len())).cloned().expect("it has this many");
            let old = fields.remove(&key);
            match how % 5 {
                0 => {}
                1 => drop(fields.insert(format!("{key}s"), old.unwrap_or_default())),
                2 => drop((
                    fields.insert(key, old.unwrap_or_default()),
                    fields.insert("extra".into(), value),
                )),
                _ => drop(fields.insert(key, value)),
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let at = at.index(items.len());
            if how.is_multiple_of(5) { drop(items.remove(at)) } else { items[at] = value }
        }
        other => *other = value,
    }
}
