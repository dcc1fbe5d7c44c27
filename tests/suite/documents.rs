//! What tests and documents of other SMI implementations assert about documents
//! themselves: which are valid, how they convert, and what they leave out means.

use std::collections::{BTreeMap, BTreeSet};

use decision_table::Dialect;
use policy_compiler::{Options, resolve};
use serde::Deserialize;
use serde_json::{Value, json};
use smi_model::canonical::{Bundle, HttpRouteGroup};
use smi_model::convert::{Targets, convert};
use smi_model::diagnostic::{Findings, Severity, render};
use smi_model::source::SourceMap;
use smi_model::{Limits, ReadOptions};

use crate::shared;

/// Cases that are answered differently, and why that is right.
const DIFFERENCES: &[(&str, &str)] = &[
    (
        "osm-valid-08",
        "a webhook's partial check: without sources and rules a target allows nothing",
    ),
    ("osm-e2e-07", "OSM looks only at the namespaces of its mesh; we are given files"),
];

#[derive(Deserialize)]
struct Case {
    id: String,
    kind: String,
    policies: Option<String>,
    #[serde(default)]
    request: Value,
    dialect: String,
    expected: Value,
}

#[test]
fn others_answers_about_documents_are_ours() {
    let kinds = ["validate", "convert", "normalise"];
    let Some(cases) = shared::cases("others_answers_about_documents_are_ours", &kinds) else {
        return;
    };
    let cases: Vec<Case> = cases
        .into_iter()
        .map(|case| serde_json::from_value(case).expect("cases have one shape"))
        .collect();
    let mut asked = BTreeMap::<&str, usize>::new();
    let mut differing = BTreeMap::new();
    for case in &cases {
        let (Some(ours), Some(policies)) = (answer(case), &case.policies) else { continue };
        *asked.entry(&case.kind).or_default() += 1;
        if let Err(difference) = ours(case, policies) {
            differing.insert(case.id.as_str(), difference);
        }
    }
    assert!(
        asked["validate"] > 30 && asked["convert"] == 4 && asked["normalise"] == 4,
        "{asked:?}"
    );
    let listed: BTreeSet<&str> = DIFFERENCES.iter().map(|(id, _)| *id).collect();
    let found: BTreeSet<&str> = differing.keys().copied().collect();
    assert_eq!(found, listed, "answers that differ: {differing:#?}");
}

type Answer = fn(&Case, &str) -> Result<(), String>;

fn answer(case: &Case) -> Option<Answer> {
    match case.kind.as_str() {
        "validate" => Some(validate),
        "convert" => Some(converted),
        "normalise" => Some(normalise),
        _ => None,
    }
}

/// A document is valid when it has no errors, apart from references to what the
/// case does not show.
fn validate(case: &Case, policies: &str) -> Result<(), String> {
    let sources = sources(policies);
    let read = read(&sources);
    let dialect = if case.dialect.starts_with("osm") { Dialect::Osm } else { Dialect::Spec };
    let options = Options { dialect, ..Options::default() };
    let mut errors = [read.diagnostics, resolve(&read.value, &options).diagnostics].concat();
    errors
        .retain(|it| it.severity == Severity::Error && !it.code.name.starts_with("unknown-route"));
    let expected = case.expected["valid"].as_bool().ok_or("a case without an answer")?;
    if errors.is_empty() == expected {
        return Ok(());
    }
    Err(format!("valid: {expected}, but we say {}", render::text(&errors, &sources, false)))
}

fn converted(case: &Case, policies: &str) -> Result<(), String> {
    // Kubernetes has no names in capitals, and so we read none.
    let lower = |text: &str| text.replace("v1Access", "v1access");
    let sources = sources(&lower(policies));
    if let Some(to) = case.request["to"].as_str() {
        let targets = Targets::parse([to]).map_err(|error| error.to_string())?;
        let converted = convert(&sources, &targets, &ReadOptions::default());
        let text = converted.value.first().map(|file| file.text.as_str());
        let text = text.ok_or_else(|| render::text(&converted.diagnostics, &sources, false))?;
        return same(
            &yaml(&lower(case.expected["yaml"].as_str().unwrap_or_default())),
            &yaml(text),
        );
    }
    let bundle = accepted(&sources)?;
    let backends = bundle.traffic_splits.iter().flat_map(|split| &split.backends);
    let weights: BTreeMap<&str, u32> =
        backends.map(|it| (it.service.value.as_str(), it.weight.value)).collect();
    same(&case.expected["weights"], &json!(weights))?;
    let Some(group) = bundle.http_route_groups.first() else { return Ok(()) };
    let routes = group.matches.iter().map(|one| {
        let methods = one.methods.as_deref().map(plain);
        json!({"path": one.path_regex.as_ref().map(|it| it.value.as_str()), "methods": methods})
    });
    same(&case.expected["routes"], &routes.collect())
}

/// What a match omits is every path, every method and every header.
fn normalise(case: &Case, policies: &str) -> Result<(), String> {
    let bundle = accepted(&sources(policies))?;
    let name = |group: &HttpRouteGroup| format!("HTTPRouteGroup/{}", group.meta.qualified_name());
    let groups = bundle.http_route_groups.iter().map(|group| (name(group), matches(group)));
    same(&case.expected["routes"], &Value::Object(groups.collect()))
}

fn matches(group: &HttpRouteGroup) -> Value {
    let matches = group.matches.iter().map(|one| {
        let headers: BTreeMap<&str, &str> = one
            .headers
            .iter()
            .map(|it| (it.name.value.as_str(), it.value.value.as_str()))
            .collect();
        let all = json!({
            "path": one.path_regex.as_ref().map_or(".*", |it| it.value.as_str()),
            "path_match": "regex",
            "methods": one.methods.as_deref().map_or_else(|| vec!["*".to_owned()], plain),
            "headers": headers,
        });
        (one.name.value.clone(), all)
    });
    Value::Object(matches.collect())
}

fn plain(methods: &[smi_model::source::Spanned<String>]) -> Vec<String> {
    methods.iter().map(|method| method.value.clone()).collect()
}

fn same(expected: &Value, found: &Value) -> Result<(), String> {
    if expected == found { Ok(()) } else { Err(format!("{expected}, but we say {found}")) }
}

fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap_or_default()
}

fn accepted(sources: &SourceMap) -> Result<Bundle, String> {
    let read = read(sources);
    if read.has_errors() {
        Err(render::text(&read.diagnostics, sources, false))
    } else {
        Ok(read.value)
    }
}

fn read(sources: &SourceMap) -> Findings<Bundle> {
    smi_model::read(sources, &Limits::default())
}

fn sources(text: &str) -> SourceMap {
    let mut sources = SourceMap::new();
    sources.add("policies.yaml", text).expect("it is small");
    sources
}
