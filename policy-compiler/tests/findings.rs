//! What is said about policies with mistakes, as a user reads it.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use policy_compiler::{Limits, Options, Scope, compile, resolve};
use smi_model::diagnostic::render;
use smi_model::source::SourceMap;

/// Every finding of a text, rendered. Its first line may set an option.
fn findings(name: &str, text: &str) -> String {
    let options = options(text.lines().next().unwrap_or_default());
    let mut sources = SourceMap::new();
    let file = name.split('/').next_back().unwrap();
    sources.add(file, text).unwrap();
    let read = smi_model::read(&sources, &smi_model::Limits::default());
    let resolved = resolve(&read.value, &options);
    if read.has_errors() || resolved.has_errors() {
        assert_eq!(resolved.value.rule_count(), 0, "{name}: what has errors grants nothing");
    } else {
        assert!(name.starts_with("doubtful/"), "{name} has no errors");
    }
    render::text(&[read.diagnostics, resolved.diagnostics].concat(), &sources, false)
}

/// As in `# dialect: osm` or `# identities: service-name`.
fn options(line: &str) -> Options {
    let mut options = Options::default();
    if let Some(name) = line.strip_prefix("# dialect: ") {
        options.dialect = name.parse().unwrap();
    }
    if let Some(name) = line.strip_prefix("# identities: ") {
        options.identity_form = name.parse().unwrap();
    }
    if let Some(names) = line.strip_prefix("# trust domains: ") {
        options.trust_domains = names.split(' ').map(str::to_owned).collect();
    }
    options
}

macro_rules! reviewed {
    ($($test:ident $file:literal;)+) => {
        $(#[test]
        fn $test() {
            let text = include_str!($file);
            insta::assert_snapshot!(findings($file, text));
        })+
    };
}

reviewed! {
    references "broken/references.yaml";
    namespaces "broken/namespaces.yaml";
    splits "broken/splits.yaml";
    split_names "broken/split-names.yaml";
    split_ports "doubtful/split-ports.yaml";
    split_overlap "broken/split-overlap.yaml";
    osm "broken/osm.yaml";
    bindings "broken/bindings.yaml";
    service_names "broken/service-names.yaml";
    nested_splits "doubtful/nested-splits.yaml";
    unused "doubtful/unused.yaml";
    service_ports "doubtful/service-ports.yaml";
    out_of_reach "doubtful/out-of-reach.yaml";
}

#[test]
fn who_has_several_names_is_reported_once() {
    let text = include_str!("doubtful/out-of-reach.yaml");
    let (_, policies) = text.split_once('\n').unwrap();
    let two = format!("# trust domains: cluster.local old\n{policies}");
    let findings = |text: &str| findings("doubtful/out-of-reach.yaml", text);
    assert_eq!(findings(text), findings(&two));
}

/// A target with a route for each expression.
fn policies(expressions: &[&str]) -> String {
    let matches: String = expressions
        .iter()
        .enumerate()
        .map(|(index, expression)| format!("  - {{name: m{index}, pathRegex: '{expression}'}}\n"))
        .collect();
    format!(
        "apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: {{name: g, namespace: shop}}
spec:
  matches:
{matches}---
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: {{name: t, namespace: shop}}
spec:
  destination: {{kind: ServiceAccount, name: d, namespace: shop}}
  sources: [{{kind: ServiceAccount, name: s, namespace: shop}}]
  rules: [{{kind: HTTPRouteGroup, name: g}}]
"
    )
}

fn compiled(text: &str, limits: Limits) -> (bool, String) {
    let mut sources = SourceMap::new();
    sources.add("policy.yaml", text).unwrap();
    let read = smi_model::read(&sources, &smi_model::Limits::default());
    let resolved = resolve(&read.value, &Options { limits, ..Options::default() });
    assert!(!read.has_errors() && !resolved.has_errors());
    let table = compile(&resolved.value, &sources, Scope::Mesh);
    (table.value.is_some(), render::text(&table.diagnostics, &sources, false))
}

#[test]
fn a_pattern_that_explodes_ends_in_a_finding() {
    let (written, text) =
        compiled(&policies(&["/fine", "/.*a.{18}", "/also-fine"]), Limits::default());
    assert!(!written);
    insta::assert_snapshot!(text);
}

#[test]
fn patterns_that_are_too_large_together_are_spread() {
    let words = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india"];
    let patterns: Vec<String> = words.iter().map(|word| format!(".*{word}.*{word}.*")).collect();
    let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
    let limits = Limits { automaton_bytes: 256 << 10, ..Limits::default() };
    assert_eq!(compiled(&policies(&patterns), limits), (true, String::new()));
}

#[test]
fn a_diagram_that_is_too_large_ends_in_a_finding() {
    let limits = Limits { diagram_edges: 3, ..Limits::default() };
    let (written, text) = compiled(&policies(&["/a", "/b"]), limits);
    assert!(!written);
    insta::assert_snapshot!(text);
}
