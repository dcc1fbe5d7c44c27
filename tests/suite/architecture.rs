//! Which crate may know which other: the table in `ARCHITECTURE.md`, asked of cargo.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a broken premise is a failed test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

type Names = BTreeSet<String>;

/// Crates of the workspace with those of them that they may depend on. Tests,
/// their parts and `xtask` stand outside: they may use everything, and nothing
/// here may use them.
const MAY_USE: &[(&str, &[&str])] = &[
    ("smi-model", &[]),
    ("decision-table", &[]),
    ("policy-compiler", &["decision-table", "smi-model"]),
    ("envoy-wasm-filter", &["decision-table"]),
    ("playground-web", &["decision-table", "policy-compiler", "smi-model"]),
    ("smi-cli", &["decision-table", "policy-compiler", "smi-model"]),
    // Independent, or it would prove nothing.
    ("oracle", &[]),
];

#[test]
fn crates_use_only_those_that_they_may_know() {
    let uses = uses_within_workspace();
    for (name, may_use) in MAY_USE {
        let used = uses.get(*name).expect("the crate is in the workspace");
        let allowed = may_use.iter().map(ToString::to_string).collect();
        let surplus: Vec<_> = used.difference(&allowed).collect();
        assert!(surplus.is_empty(), "{name} must not depend on {surplus:?}");
    }
}

#[test]
fn the_table_needs_nothing_but_a_checksum() {
    assert_eq!(tree("decision-table"), names(&["decision-table", "crc", "crc-catalog"]));
}

#[test]
fn the_filter_has_neither_yaml_nor_regular_expressions_in_it() {
    let tree = tree("envoy-wasm-filter");
    assert!(tree.contains("proxy-wasm"), "the tree was read: {tree:?}");
    for word in ["yaml", "granit", "regex", "automata", "aho-corasick", "smi-"] {
        let found: Vec<_> = tree.iter().filter(|name| name.contains(word)).collect();
        assert!(found.is_empty(), "the filter must not contain {found:?}");
    }
}

#[test]
fn the_library_crates_know_nothing_of_envoy() {
    for name in ["smi-model", "policy-compiler", "playground-web"] {
        assert!(!tree(name).contains("proxy-wasm"), "{name} must not know the proxy");
    }
}

/// For each crate of the workspace, those of the workspace that it is built from.
/// What only its tests use does not count.
fn uses_within_workspace() -> BTreeMap<String, Names> {
    let metadata = cargo(&["metadata", "--format-version=1", "--no-deps", "--offline"]);
    let metadata: Value = serde_json::from_str(&metadata).expect("cargo writes JSON");
    let packages = metadata["packages"].as_array().expect("there are packages");
    let members: Names = packages.iter().map(name).collect();
    let used = |package: &Value| -> Names {
        let dependencies = package["dependencies"].as_array().expect("there are dependencies");
        let built_in = dependencies.iter().filter(|dependency| dependency["kind"] != "dev");
        built_in.map(name).filter(|name| members.contains(name)).collect()
    };
    packages.iter().map(|package| (name(package), used(package))).collect()
}

fn name(value: &Value) -> String {
    value["name"].as_str().expect("it has a name").to_owned()
}

/// All crates that go into a Wasm build of `package` with its default features.
fn tree(package: &str) -> Names {
    let target = "--target=wasm32-unknown-unknown";
    let listing = cargo(&[
        "tree",
        "--locked",
        "--package",
        package,
        target,
        "--edges=normal",
        "--prefix=none",
    ]);
    listing.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

fn names(names: &[&str]) -> Names {
    names.iter().map(ToString::to_string).collect()
}

fn cargo(arguments: &[&str]) -> String {
    let folder = env!("CARGO_MANIFEST_DIR");
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(folder).output();
    let output = output.expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo writes UTF-8")
}
