//! Coverage-guided fuzzing with the stable compiler: inputs that reach new code
//! are kept and varied.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use loopback_mesh::tools::{cargo, install_debian_package, run as run_command, workspace_root};

use crate::report;

/// What `cargo fuzz` passes as well, without the sanitizers that only nightly
/// compilers have: no crate of ours has unsafe code.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module \
     -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
     -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares \
     -Ccodegen-units=1";

/// Where the search begins, besides what it found itself earlier.
const SEEDS: [&str; 4] =
    ["examples", "smi-model/tests/broken", "smi-model/tests/whole", "tests/fuzz/regressions"];

#[derive(clap::Args)]
pub(crate) struct Options {
    /// How long to search
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

/// What is shown besides failures.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Show {
    /// Every input that reaches new code.
    Progress,
    /// How many inputs there were.
    Result,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    search(options.seconds, Show::Progress).map(|()| ExitCode::SUCCESS)
}

/// Builds the target and lets it search.
///
/// # Errors
///
/// When it cannot be built, or an input fails; the message says where it is.
pub(crate) fn search(seconds: u32, show: Show) -> Result<()> {
    let root = workspace_root();
    let program = build(&root)?;
    let folder = root.join("target/fuzz");
    let (corpus, failures) = (folder.join("corpus/read"), folder.join("failures"));
    fs::create_dir_all(&corpus)?;
    fs::create_dir_all(&failures)?;
    let status = Command::new(program)
        .current_dir(&root)
        .arg(format!("-max_total_time={}", seconds))
        .arg(prefixed("-artifact_prefix=", &failures.join("")))
        .args(["-dict=tests/fuzz/yaml.dict", "-max_len=4096", "-timeout=10"])
        .args(["-rss_limit_mb=1024", "-print_final_stats=1"])
        .arg(if show == Show::Progress { "-verbosity=1" } else { "-verbosity=0" })
        .arg(&corpus)
        .args(SEEDS)
        .status()
        .context("the fuzz target does not start")?;
    ensure!(
        status.success(),
        "an input failed and is in {}\nmend it, and move the input to tests/fuzz/regressions",
        failures.display()
    );
    Ok(())
}

fn build(root: &Path) -> Result<PathBuf> {
    let compiler = env::var_os("CXX").unwrap_or_else(|| "c++".into());
    if Command::new(&compiler).arg("--version").output().is_err() {
        let advice = "libFuzzer needs a C++ compiler; on Debian and Ubuntu: apt-get install g++";
        install_debian_package("g++").context(advice)?;
    }
    report("building the fuzz target");
    let host = host()?;
    let target = root.join("target/fuzz/build");
    // With `--target`, the flags do not reach build scripts, which could not be linked.
    run_command(
        Command::new(cargo())
            .current_dir(root.join("tests/fuzz"))
            .args(["build", "--quiet", "--locked", "--release", "--target", &host, "--target-dir"])
            .arg(&target)
            .env("RUSTFLAGS", FLAGS),
    )?;
    Ok(target.join(host).join("release/read"))
}

/// The platform that this machine compiles for.
fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("rustc does not start")?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not name its host")?.to_owned())
}

fn prefixed(prefix: &str, path: &Path) -> OsString {
    let mut argument = OsString::from(prefix);
    argument.push(path);
    argument
}
