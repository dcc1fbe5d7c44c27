//! How our schemas differ from the CustomResourceDefinitions that the meshes have
//! published: every difference has a reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde::Deserialize;
use serde_json::Value;
use smi_model::api::json_schemas;

use super::validator::published;

/// Fields that every object has.
const HEADER: [&str; 4] = ["apiVersion", "kind", "metadata", "status"];

/// Why differences are right: what they contain, and the reason. The first that
/// fits counts. One difference is everywhere and is not listed: our schemas refuse
/// unknown fields, where Kubernetes drops them silently, so that a policy would mean
/// something else than it says.
const REASONS: &[(&str, &str)] = &[
    ("sources: ", NOBODY),
    ("rules: ", NOBODY),
    ("specs: ", NOBODY),
    (
        "spec: is required",
        "Kubernetes drops a body that stands elsewhere; an object without one says nothing",
    ),
    (
        "spec.schemes",
        "an IdentityBinding lists ServiceAccounts and SPIFFE IDs, which have a syntax",
    ),
    (
        "matches[].headers: exists with them only",
        "headers came with v1alpha2; in v1alpha1 their definitions are those of later versions",
    ),
    ("minProperties is 1", "an item of the list form of headers is one header"),
    ("ports: is required with them only", "by the specification, no ports are all ports"),
    ("matches.name: exists with us only", "the specification's text has the field"),
    ("destination.port: is required with them only", "by the specification, no port is every port"),
    (
        ".port: exists with them only",
        "only Go types have it, and it means nothing: the port of a caller",
    ),
    ("specs[].status: exists with them only", "a rule has no status; this comes from a Go type"),
    (".port: ", PORTS),
    ("ports[]: ", PORTS),
    (
        "weight: ",
        "weights are whole numbers from 0 on, in v1alpha1 quantities that are not negative; a backend without one has no share",
    ),
    (".group: exists with us only", "the specification's examples have the field"),
    (
        ".apiGroup: ",
        "Kubernetes drops the field where its definition lacks it; only one group makes sense",
    ),
    (".kind: only ours", "no other kind means anything"),
    ("methods[]: only ours", "these are the methods of the specification"),
    (
        "methods: minItems",
        "no method at all would match nothing; whoever means all omits the field",
    ),
    ("matches: minItems", "no match at all would match nothing; whoever means all omits the field"),
    ("matches: is required", "a group without matches, and a route without its one, say nothing"),
    ("backends: ", "a split needs somewhere to send requests to"),
    ("service: is required", "a split needs a root, and a backend a Service"),
    ("name: is required", "rules refer to matches by name"),
    ("minLength is 1", "rules refer to matches by name"),
    ("maxLength is ", NAMES),
    ("pattern is ", NAMES),
];

const NOBODY: &str = "by the specification there is at least one source and one rule; without them \
                      some meshes let everybody in";
const PORTS: &str = "ports are 1 to 65535";
const NAMES: &str = "Kubernetes has no object of another name, so that the reference would dangle";

#[test]
fn differences_from_published_definitions_have_reasons() {
    let Some(files) = published("differences_from_published_definitions_have_reasons") else {
        return;
    };
    let mut differences = Differences::new();
    let mut compared = BTreeSet::new();
    for (path, text) in files.iter().filter(|(path, _)| path.contains("/_crds/")) {
        let project = path.split("/_crds/").nth(1).and_then(|rest| rest.split('/').next());
        let project = project.and_then(|name| name.split('+').next_back()).unwrap_or_default();
        for definition in definitions(text) {
            for version in definition.versions() {
                let Some(ours) = ours(&definition, &version.name) else { continue };
                let kind = &definition.spec.names.kind;
                compared.insert(format!("{kind} {}", version.name));
                let mut found = Vec::new();
                compare("", &ours, &version.schema, &mut found);
                for difference in found {
                    let (versions, projects) =
                        differences.entry(format!("{kind} {difference}")).or_default();
                    versions.insert(version.name.clone());
                    projects.insert(project.to_owned());
                }
            }
        }
    }
    assert!(compared.len() > 12, "{compared:?}");
    insta::assert_snapshot!(report(&differences));
}

/// What differs, in which versions, and from which projects.
type Differences = BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)>;

/// The differences by reason.
fn report(differences: &Differences) -> String {
    let mut report = String::new();
    let reasons = REASONS.iter().map(|(_, reason)| *reason).chain(["NO REASON"]);
    let mut seen = BTreeSet::new();
    for reason in reasons.filter(|reason| seen.insert(*reason)) {
        let lines = differences.iter().filter(|(line, _)| reason_of(line) == reason);
        let lines: Vec<_> = lines.collect();
        if lines.is_empty() {
            continue;
        }
        writeln!(report, "\n# {reason}").expect("a string takes it");
        for (line, (versions, projects)) in lines {
            let (versions, projects) = (listed(versions), listed(projects));
            writeln!(report, "{line} ({versions}; {projects})").expect("a string takes it");
        }
    }
    assert!(!report.contains("NO REASON"), "{report}");
    report
}

fn listed(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
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
    // What is limited to values needs no type.
    if !theirs["type"].is_null() && !ours["type"].is_null() && ours["type"] != theirs["type"] {
        note(format!("is {}, not {}", ours["type"], theirs["type"]));
    }
    for (name, allowed) in [("ours", ours), ("theirs", theirs)] {
        let other = if name == "ours" { theirs } else { ours };
        let only: Vec<String> = values(allowed).difference(&values(other)).cloned().collect();
        if !only.is_empty() {
            note(format!("only {name} may be {}", only.join(", ")));
        }
    }
    for limit in
        ["minItems", "minLength", "minimum", "maximum", "minProperties", "maxLength", "pattern"]
    {
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
        schema["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name.clone())
            .collect()
    };
    let required = |schema: &Value, name: &str| {
        schema["required"].as_array().into_iter().flatten().any(|it| it == name)
    };
    if !ours["properties"].is_object() || !theirs["properties"].is_object() {
        return;
    }
    // Kubernetes itself sees to the header of an object.
    let is_header = |name: &&String| path.is_empty() && HEADER.contains(&name.as_str());
    for name in names(ours).union(&names(theirs)).filter(|name| !is_header(name)) {
        let field = format!("{path}.{name}");
        let mut note =
            |what: &str| found.push(format!("{}: {what}", field.trim_start_matches('.')));
        match (required(ours, name), required(theirs, name)) {
            (true, false) => note("is required with us only"),
            (false, true) => note("is required with them only"),
            _ => {}
        }
        match (&ours["properties"][name], &theirs["properties"][name]) {
            (Value::Null, _) => note("exists with them only"),
            (_, Value::Null) => note("exists with us only"),
            (ours, theirs) => compare(&field, ours, theirs, found),
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
