//! The `smi` command, as people run it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use anyhow::{Context, Error, Result, ensure};
use loopback_mesh::tools::{cargo, run, workspace_root};

/// Runs `smi` with these words in the root of the repository, and gives what it prints.
pub(super) fn smi(words: &[&str]) -> Result<String> {
    let Output { status, stdout, stderr } = command()?.args(words).output()?;
    let problem = String::from_utf8_lossy(&stderr);
    ensure!(status.success(), "smi {}: {status}\n{problem}", words.join(" "));
    Ok(String::from_utf8(stdout)?)
}

/// The command, built once for all tests.
pub(super) fn command() -> Result<Command> {
    static BUILT: LazyLock<Result<PathBuf>> = LazyLock::new(build);
    let program = BUILT.as_ref().map_err(|error| Error::msg(format!("{error:#}")))?;
    let mut command = Command::new(program);
    command.current_dir(workspace_root());
    Ok(command)
}

/// Where this very test was built, everything that it needs is built already.
fn build() -> Result<PathBuf> {
    let test = env::current_exe()?;
    let target = test.ancestors().nth(3).context("tests are built into a folder")?;
    let root = workspace_root();
    run(Command::new(cargo())
        .current_dir(&root)
        .args(["build", "--quiet", "--locked", "--package", "smi-cli"])
        .arg("--target-dir")
        .arg(target))
    .context("the smi command does not build")?;
    Ok(target.join("debug/smi"))
}

/// A path as a word of the command line.
pub(super) fn word(path: &Path) -> Result<&str> {
    path.to_str().context("paths of tests are text")
}
