//! What lints say about policies, as a user reads it.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use policy_compiler::lint::{self, Level, Levels, lint};
use policy_compiler::{Options, resolve};
use smi_model::diagnostic::render;
use smi_model::source::SourceMap;

/// Every finding of a text, rendered: of the lint that the file is named after, or
/// of those that are on by default. Its first line may name a dialect.
fn findings(file: &str, text: &str) -> String {
    let mut options = Options::default();
    if let Some(name) = text.lines().next().unwrap_or_default().strip_prefix("# dialect: ") {
        options.dialect = name.parse().unwrap();
    }
    let mut levels = Levels::default();
    let stem = file.strip_suffix(".yaml").unwrap();
    if let Some(lint) = lint::all().iter().find(|lint| stem.starts_with(lint.name())) {
        levels.set_all([("all", Level::Allow), (lint.name(), Level::Warn)]).unwrap();
    }
    let mut sources = SourceMap::new();
    sources.add(file, text).unwrap();
    let read = smi_model::read(&sources, &smi_model::Limits::default());
    assert_eq!(read.diagnostics, [], "{file} is valid");
    let resolved = resolve(&read.value, &options);
    assert!(!resolved.has_errors(), "{file} is valid");
    let findings = lint(&read.value, &resolved, &sources, &levels);
    render::text(&findings, &sources, false)
}

macro_rules! reviewed {
    ($($test:ident $file:literal;)+) => {
        $(#[test]
        fn $test() {
            let text = include_str!(concat!("lints/", $file));
            insta::assert_snapshot!(findings($file, text));
        })+
    };
}

reviewed! {
    block_scalar_pattern "block-scalar-pattern.yaml";
    comments "comments.yaml";
    covered_rule "covered-rule.yaml";
    cross_namespace_source "cross-namespace-source.yaml";
    deprecated_version "deprecated-version.yaml";
    dialect_dependent_rule "dialect-dependent-rule.yaml";
    get_without_head "get-without-head.yaml";
    glob_pattern "glob-pattern.yaml";
    glob_pattern_osm "glob-pattern-osm.yaml";
    grants_every_route "grants-every-route.yaml";
    impossible_rule "impossible-rule.yaml";
    open_ended_path "open-ended-path.yaml";
    open_ended_path_nginx "open-ended-path-nginx.yaml";
    open_ended_path_osm "open-ended-path-osm.yaml";
    slash_variant "slash-variant.yaml";
    unescaped_dot "unescaped-dot.yaml";
    zero_weight_backend "zero-weight-backend.yaml";
}
