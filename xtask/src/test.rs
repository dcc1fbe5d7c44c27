//! `cargo xtask test`: everything that must hold before a change is merged.

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use loopback_mesh::node::{install_packages, path_with_node};
use loopback_mesh::prometheus::Programs;
use loopback_mesh::tools::{
    Tools, WASM_TARGET, cargo, install_target, python_with_jsonschema, python_with_re2,
    run as run_command, workspace_root,
};

/// Crates that are compiled to Wasm.
const WASM_CRATES: [&str; 2] = ["envoy-wasm-filter", "playground-web"];

/// A target that has no standard library at all.
const BARE_TARGET: &str = "wasm32v1-none";

/// Enough to see that the target works; `cargo xtask fuzz` searches longer.
const FUZZING_SECONDS: u32 = 20;

/// Runs all stages, and stops at the first that fails. The integration tests come
/// last, so that their summary is the last thing on the screen.
pub(crate) fn run() -> Result<ExitCode> {
    if std::env::var_os("SMI_SHARED").is_none() {
        eprintln!("SMI_SHARED is not set: comparisons with published policies will be skipped");
    }
    let mut stages = Stages::default();
    stages.run("format", || cargo_run(["fmt", "--all", "--check"]))?;
    stages.run("tools: Envoy, Wasm target, filter", || Tools::prepare(&crate::report).map(drop))?;
    stages.run("tools: RE2", || python_with_re2(&crate::report).map(drop))?;
    stages
        .run("tools: JSON Schema validator", || python_with_jsonschema(&crate::report).map(drop))?;
    stages.run("tools: Prometheus", || Programs::find(&crate::report).map(drop))?;
    stages.run("tools: YAML language server", install_language_server)?;
    stages.run("playground", || crate::playground::build(&workspace_root()))?;
    stages.run("lints", || {
        cargo_run(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])
    })?;
    stages.run("lints on Wasm", lint_wasm)?;
    stages.run("the evaluator without a standard library", check_bare)?;
    stages.run("documentation", document)?;
    stages.run("examples in the documentation", || {
        cargo_run(["test", "--workspace", "--doc", "--locked"])
    })?;
    stages.run("unit tests", || {
        cargo_run(
            ["test", "--workspace", "--exclude", "conformance", "--locked"]
                .into_iter()
                .chain(["--lib", "--bins", "--tests"]),
        )
    })?;
    stages.run("fuzzing", || crate::fuzz::search(FUZZING_SECONDS, crate::fuzz::Show::Result))?;
    stages.summary();
    // Its own summary has to be the last word.
    stages.run("conformance and end-to-end tests", || {
        cargo_run(["test", "--package", "conformance", "--lib", "--tests", "--locked"])
    })?;
    Ok(ExitCode::SUCCESS)
}

fn install_language_server() -> Result<()> {
    let path = path_with_node(&crate::report)?;
    install_packages(&workspace_root().join("tests/editor"), &path, &crate::report)
}

/// What was run, and how long it took.
#[derive(Default)]
struct Stages {
    done: Vec<(&'static str, Duration)>,
}

impl Stages {
    fn run(&mut self, name: &'static str, stage: impl FnOnce() -> Result<()>) -> Result<()> {
        eprintln!("== {name}");
        let start = Instant::now();
        stage().with_context(|| format!("stage `{name}` failed"))?;
        self.done.push((name, start.elapsed()));
        Ok(())
    }

    fn summary(&self) {
        eprintln!("== passed so far");
        for (name, duration) in &self.done {
            eprintln!("{:8.1} s  {name}", duration.as_secs_f32());
        }
    }
}

fn lint_wasm() -> Result<()> {
    let packages = WASM_CRATES.iter().flat_map(|name| ["--package", name]);
    cargo_run(
        ["clippy", "--target", WASM_TARGET, "--locked"]
            .into_iter()
            .chain(packages)
            .chain(["--", "-D", "warnings"]),
    )
}

fn check_bare() -> Result<()> {
    install_target(BARE_TARGET, &crate::report)?;
    cargo_run(["check", "--package", "decision-table", "--target", BARE_TARGET, "--locked"])
}

fn document() -> Result<()> {
    run_command(
        cargo_command()
            .args(["doc", "--workspace", "--no-deps", "--locked"])
            .env("RUSTDOCFLAGS", "-D warnings"),
    )
}

fn cargo_run<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Result<()> {
    run_command(cargo_command().args(arguments))
}

fn cargo_command() -> Command {
    let mut command = Command::new(cargo());
    command.current_dir(workspace_root());
    command
}
