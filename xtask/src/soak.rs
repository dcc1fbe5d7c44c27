//! The oracle against every engine for as long as one likes, at full speed.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use loopback_mesh::tools::{cargo, workspace_root};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many pairs of policies and requests to compare
    #[arg(long, default_value_t = 10_000_000)]
    pairs: u64,
    /// Stop after so many minutes, however many pairs there were
    #[arg(long)]
    minutes: Option<u64>,
    /// Where to begin, to see again what an earlier run has found; by default
    /// somewhere new
    #[arg(long)]
    seed: Option<u64>,
}

/// Builds and runs `tests/soak`, which fails when engines differ.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let optional = |name: &str, value: Option<u64>| value.map(|value| format!("{name}={value}"));
    let arguments = [
        optional("pairs", Some(options.pairs)),
        optional("minutes", options.minutes),
        optional("seed", options.seed),
    ];
    let status = Command::new(cargo())
        .current_dir(workspace_root())
        .args(["run", "--quiet", "--locked", "--release", "--package", "conformance"])
        .args(["--bin", "soak", "--"])
        .args(arguments.into_iter().flatten())
        .status()
        .context("cargo does not start")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
