//! How our schemas differ from the CustomResourceDefinitions that the meshes have
//! published: every difference has a reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde::Deserialize;
use serde_json::Value;
use smi_model::api::json_schemas;

use super::validator::published;

/// Why differences are right: what they contain, and the reason. The first that
/// fits counts.
const REASONS: &[(&str, &str)] = &[
    (": unknown fields are refused", "Kubernetes drops unknown fields silently; a policy that loses a field means something else"),
    ("apiVersion: is required", "which object a document is must be known"),
    ("kind: is required", "which object a document is must be known"),
    ("metadata: is required", "which object a document is must be known"),
    ("spec: is required", "without its body an object says nothing, and Kubernetes drops a body that stands elsewhere"),
];

#[test]
fn differences_from_published_definitions_have_reasons() {
    let Some(files) = published("differences_from_published_definitions_have_reasons") else {
        return;
    };
    let mut differences: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut compared = BTreeSet::new();
    for (path, text) in files.iter().filter(|(path, _)| path.contains("/_crds/")) {
        let project = path.split("/_crds/").nth(1).and_then(|rest| rest.split('/').next());
        for definition in definitions(text) {
            for version in definition.versions() {
                let Some(ours) = ours(&definition, &version.name) else { continue };
                compared.insert(format!("{} {}", version.name, definition.spec.names.kind));
                let mut found = Vec::new();
                compare("", &ours, &version.schema, &mut found);
                for difference in found {
                    let line = format!("{} {}: {difference}", definition.spec.names.kind, version.name);
                    differences.entry(line).or_default().extend(project.map(str::to_owned));
                }
            }
        }
    }
    assert!(compared.len() > 12, "{compared:?}");
    insta::assert_snapshot!(report(&differences));
}

/// The differences by reason.
fn report(differences: &BTreeMap<String, BTreeSet<String>>) -> String {
    let mut report = String::new();
    let reasons = REASONS.iter().map(|(_, reason)| *reason).chain(["NO REASON"]);
    let mut seen = BTreeSet::new();
    for reason in reasons.filter(|reason| seen.insert(*reason)) {
        let lines = differences.iter().filter(|(line, _)| reason_of(line) == reason);
        let lines: Vec<_> = lines.collect();
        if lines.is_empty() {
            continue;
        }
        writeln!(report, "# {reason}").expect("a string takes it");
        for (line, projects) in lines {
            let projects: Vec<&str> = projects.iter().map(String::as_str).collect();
            writeln!(report, "{line}  [{}]", projects.join(", ")).expect("a string takes it");
        }
    }
    assert!(!report.contains("NO REASON"), "{report}");
    report
}

fn reason_of(line: &str) -> &'static str {
    let reason = REASONS.iter().find(|(part, _)| line.contains(part));
    reason.map_or("NO REASON", |(_, reason)| reason)
}

#[derive(Deserialize)]
struct Definition {
    spec: Spec,
}

#[derive(Deserialize)]
struct Spec {
    group: String,
    names: Names,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    versions: Vec<Value>,
    #[serde(default)]
    validation: Value,
}

#[derive(Deserialize)]
struct Names {
    kind: String,
}

struct Version {
    name: String,
    schema: Value,
}

/// The definitions in a file; templates have lines that are no YAML.
fn definitions(text: &str) -> Vec<Definition> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("{{"));
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    let documents = serde_yaml::Deserializer::from_str(&text);
    documents.filter_map(|document| Definition::deserialize(document).ok()).collect()
}

impl Definition {
    /// The versions that have a schema, in either form of definitions.
    fn versions(&self) -> Vec<Version> {
        let old = self.spec.validation["openAPIV3Schema"].clone();
        let listed = self.spec.versions.iter().filter_map(|version| {
            let own = version["schema"]["openAPIV3Schema"].clone();
            let schema = if own.is_null() { old.clone() } else { own };
            Some(Version { name: version["name"].as_str()?.to_owned(), schema })
        });
        let single = self.spec.version.iter().filter(|_| self.spec.versions.is_empty());
        let single = single.map(|name| Version { name: name.clone(), schema: old.clone() });
        listed.chain(single).filter(|version| version.schema["properties"].is_object()).collect()
    }
}

fn ours(definition: &Definition, version: &str) -> Option<Value> {
    let Spec { group, names, .. } = &definition.spec;
    let schemas = json_schemas().into_iter();
    let mut schemas = schemas.filter(|it| it.group == group && it.kind == names.kind);
    schemas.find(|schema| schema.version == version).map(|schema| schema.schema)
}

/// Notes what differs at a path and below it.
fn compare(path: &str, ours: &Value, theirs: &Value, found: &mut Vec<String>) {
    let ours = alternative(ours, theirs);
    let mut note = |what: String| found.push(format!("{}: {what}", path.trim_start_matches('.')));
    if ours["additionalProperties"] == false && theirs["additionalProperties"] != false {
        note("unknown fields are refused".to_owned());
    }
    if !theirs["type"].is_null() && ours["type"] != theirs["type"] {
        note(format!("is {}, not {}", ours["type"], theirs["type"]));
    }
    for (name, allowed) in [("ours", ours), ("theirs", theirs)] {
        let other = if name == "ours" { theirs } else { ours };
        let only: Vec<String> = values(allowed).difference(&values(other)).cloned().collect();
        if !only.is_empty() {
            note(format!("only {name} may be {}", only.join(", ")));
        }
    }
    for limit in ["minItems", "minLength", "minimum", "maximum", "minProperties", "maxLength", "pattern"] {
        match (&ours[limit], &theirs[limit]) {
            (ours, theirs) if ours == theirs => {}
            (ours, Value::Null) => note(format!("{limit} is {ours} with us only")),
            (Value::Null, theirs) => note(format!("{limit} is {theirs} with them only")),
            (ours, theirs) => note(format!("{limit} is {ours}, not {theirs}")),
        }
    }
    fields(path, ours, theirs, found);
    if ours["items"].is_object() && theirs["items"].is_object() {
        compare(&format!("{path}[]"), &ours["items"], &theirs["items"], found);
    }
}

fn fields(path: &str, ours: &Value, theirs: &Value, found: &mut Vec<String>) {
    let names = |schema: &Value| -> BTreeSet<String> {
        schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
    };
    let required = |schema: &Value, name: &str| {
        schema["required"].as_array().into_iter().flatten().any(|it| it == name)
    };
    if !ours["properties"].is_object() || !theirs["properties"].is_object() {
        return;
    }
    for name in names(ours).union(&names(theirs)) {
        let field = format!("{path}.{name}");
        let mut note = |what: &str| found.push(format!("{}: {what}", field.trim_start_matches('.')));
        match (required(ours, name), required(theirs, name)) {
            (true, false) => note("is required with us only"),
            (false, true) => note("is required with them only"),
            _ => {}
        }
        match (&ours["properties"][name], &theirs["properties"][name]) {
            (_, Value::Null) if path.is_empty() => {}
            (Value::Null, _) => note("exists with them only"),
            (_, Value::Null) => note("exists with us only"),
            (ours, theirs) if name != "metadata" => compare(&field, ours, theirs, found),
            _ => {}
        }
    }
}

/// Of several shapes that we allow, the one that they have.
fn alternative<'s>(ours: &'s Value, theirs: &Value) -> &'s Value {
    let shapes = ours["anyOf"].as_array().into_iter().flatten();
    let same = shapes.clone().find(|shape| shape["type"] == theirs["type"]);
    same.or_else(|| shapes.clone().next()).unwrap_or(ours)
}

/// The values that a field is limited to.
fn values(schema: &Value) -> BTreeSet<String> {
    let list = |key: &str| schema[key].as_array().into_iter().flatten();
    let constants = list("oneOf").map(|one| &one["const"]);
    let single = [&schema["const"]];
    let all = list("enum").chain(constants).chain(single).filter(|value| !value.is_null());
    all.map(Value::to_string).collect()
}
