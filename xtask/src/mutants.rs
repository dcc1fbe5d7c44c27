//! Mutation testing: the code is changed in one small place after the other, and each
//! time some test must fail.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use loopback_mesh::tools::{cargo, workspace_root};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Change this package only; by default, all that `.cargo/mutants.toml` names
    #[arg(long)]
    package: Option<String>,
    /// Where the folder `mutants.out` with the results goes
    #[arg(long, default_value = "target")]
    output: PathBuf,
    /// What cargo-mutants is told besides, such as `--iterate` or `--re NAME`
    #[arg(last = true)]
    arguments: Vec<OsString>,
}

/// Fails when some change was not noticed. Those that nothing can notice are listed
/// in `tests/MUTANTS.md`.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let version = Command::new(cargo()).args(["mutants", "--version"]).output();
    let is_installed = version.is_ok_and(|output| output.status.success());
    ensure!(
        is_installed,
        "cargo-mutants is missing\ninstall it with `cargo install cargo-mutants --locked`"
    );
    let package = options.package.iter().flat_map(|name| ["--package", name]);
    let status = Command::new(cargo())
        .current_dir(workspace_root())
        .arg("mutants")
        .args(package)
        .arg("--output")
        .arg(&options.output)
        .args(&options.arguments)
        .status()
        .context("cargo does not start")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
