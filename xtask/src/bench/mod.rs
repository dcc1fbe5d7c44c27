//! Measuring: `cargo xtask bench decide`, `compile`, `read` and `envoy`.
//!
//! All but the last run under criterion; what they found becomes one table on the
//! screen, one JSON file and one chart. `benches/README.md` describes them.

mod chart;
mod collect;
mod envoy;
mod figure;
mod machine;
mod panel;
mod report;
mod table;
mod view;

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, ensure};
use loopback_mesh::tools::{cargo, workspace_root};

use self::collect::Row;
use self::view::View;
use crate::report;

/// For a run that shows whether everything works, in a minute.
const QUICK: [&str; 6] =
    ["--warm-up-time", "0.05", "--measurement-time", "0.2", "--sample-size", "10"];
const THOROUGH: [&str; 4] = ["--warm-up-time", "1", "--measurement-time", "3"];

#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// What a decision costs
    Decide {
        #[command(flatten)]
        length: Length,
        /// Let other engines decide about the same requests, too; the first time,
        /// they have to be built
        #[arg(long)]
        compare: bool,
    },
    /// What compiling costs, from YAML to tables
    Compile(Length),
    /// What reading YAML costs
    Read(Length),
    /// What the filter costs in Envoy, and what Envoy's own filters cost
    Envoy(envoy::Options),
}

#[derive(clap::Args)]
struct Length {
    /// Measure just long enough to see that everything works
    #[arg(long)]
    quick: bool,
}

/// Runs benchmarks and writes `target/bench/<name>.json` and `.svg`.
///
/// # Errors
///
/// When a benchmark does not build or fails, or files cannot be written.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let (name, view, quick, compare) = match &options.what {
        What::Decide { length, compare } => ("decide", &view::DECIDE, length.quick, *compare),
        What::Compile(length) => ("compile", &view::COMPILE, length.quick, false),
        What::Read(length) => ("read", &view::READ, length.quick, false),
        What::Envoy(options) => return envoy::run(options),
    };
    let run = Run::start(name, quick)?;
    run.benchmark(&workspace_root(), &["--package", "conformance", "--bench", name])?;
    if compare {
        let target = run.folder.join("build");
        let target = target.to_str().context("the path of the workspace is not text")?;
        let arguments = ["--bench", "compare", "--target-dir", target];
        run.benchmark(&workspace_root().join("benches/compare"), &arguments)?;
    }
    run.finish(view)?;
    Ok(ExitCode::SUCCESS)
}

/// One run of one or more benchmarks with one result.
struct Run {
    name: &'static str,
    quick: bool,
    /// `target/bench`.
    folder: PathBuf,
}

impl Run {
    fn start(name: &'static str, quick: bool) -> Result<Self> {
        let run = Self { name, quick, folder: workspace_root().join("target/bench") };
        fs::create_dir_all(&run.folder)?;
        // What an earlier run left must not be taken for a result of this one.
        for old in [run.file("criterion"), run.file("notes"), run.file("log")] {
            if old.is_dir() {
                fs::remove_dir_all(old)?;
            } else if old.exists() {
                fs::remove_file(old)?;
            }
        }
        Ok(run)
    }

    fn file(&self, extension: &str) -> PathBuf {
        self.folder.join(format!("{}.{extension}", self.name))
    }

    /// What criterion prints goes to a log, for those who look closer.
    fn benchmark(&self, workspace: &Path, arguments: &[&str]) -> Result<()> {
        report(&format!("building `{}`", arguments.join(" ")));
        let command = |tail: &[&str]| {
            let mut command = Command::new(cargo());
            command.current_dir(workspace).args(["bench", "--quiet", "--locked"]);
            command.args(arguments).args(tail);
            command
        };
        let status = command(&["--no-run"]).status().context("cargo does not start")?;
        ensure!(status.success(), "the benchmark does not build");
        report(if self.quick { "measuring, quickly" } else { "measuring; this takes minutes" });
        let log = File::options().create(true).append(true).open(self.file("log"))?;
        let mut measuring = command(&["--", "--noplot"]);
        measuring
            .args(if self.quick { &QUICK[..] } else { &THOROUGH[..] })
            .env("CRITERION_HOME", self.file("criterion"))
            .env("BENCH_NOTES", self.file("notes"))
            .stdout(Stdio::from(log.try_clone()?))
            .stderr(Stdio::from(log));
        if self.quick {
            measuring.env("BENCH_QUICK", OsString::from("1"));
        } else {
            measuring.env_remove("BENCH_QUICK");
        }
        let status = measuring.status().context("cargo does not start")?;
        ensure!(status.success(), "the benchmark failed; see {}", self.file("log").display());
        Ok(())
    }

    fn finish(&self, view: &View) -> Result<()> {
        let rows = collect::rows(&self.file("notes"), &self.file("criterion"))?;
        self.show(view, &rows)
    }

    fn show(&self, view: &View, rows: &[Row]) -> Result<()> {
        let machine = machine::Machine::find();
        let report = report::json(self.name, self.quick, &machine, view, rows);
        fs::write(self.file("json"), format!("{report:#}\n"))?;
        fs::write(self.file("svg"), chart::svg(view, rows, &machine))?;
        print!("{}", table::text(view, rows, &machine));
        println!("\n{}\n{}", self.file("json").display(), self.file("svg").display());
        Ok(())
    }
}
