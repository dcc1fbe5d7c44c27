//! `cargo xtask demo`: the bookstore's story, told by real Envoy sidecars.

mod screen;
mod serve;

use std::fs;
use std::io::{self, BufRead};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use loopback_mesh::bookstore::{Bookstore, Counters};
use loopback_mesh::prometheus::{Programs, Prometheus};
use loopback_mesh::story::{Outcome, STEPS, Step};
use loopback_mesh::tools::{Tools, workspace_root};

use screen::Screen;

/// How long each step is watched.
const WINDOW: Duration = Duration::from_secs(4);

/// What the demo is asked to do.
#[derive(Args)]
pub(crate) struct Options {
    /// Keep the mesh running after the story, and apply every edit of its policies
    #[arg(long)]
    serve: bool,
    /// Wait for Enter before every step
    #[arg(long)]
    step: bool,
    /// Run a Prometheus that watches the sidecars, as examples/monitoring shows it
    #[arg(long)]
    monitoring: bool,
}

/// Plays the story; success only when all was seen as expected.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let tools = Tools::prepare(&crate::report)?;
    crate::report("starting five Envoys with mutual TLS, and the applications behind them");
    let start = Instant::now();
    let mut bookstore = Bookstore::start(&tools, "demo")?;
    let mut screen = Screen::new();
    screen.line(&format!("The bookstore is open after {:.1} s.", start.elapsed().as_secs_f32()));

    let _prometheus = if options.monitoring { Some(watch(&bookstore, &mut screen)?) } else { None };
    let told = tell(&mut bookstore, &mut screen, options.step).inspect_err(|_| {
        let logs = bookstore.keep_logs();
        eprintln!("the logs of all Envoys are in {}", logs.display());
    })?;
    screen.table(&told);
    let as_expected = told.iter().all(Outcome::is_as_expected);
    if !as_expected {
        let logs = bookstore.keep_logs();
        screen.line(&format!("Not as expected. The logs of all Envoys are in {}", logs.display()));
    }
    if options.serve {
        serve::run(&mut bookstore, &mut screen)?;
    }
    Ok(if as_expected { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Starts the Prometheus, which ends with the demo.
fn watch(bookstore: &Bookstore, screen: &mut Screen) -> Result<Prometheus> {
    let programs = Programs::find(&crate::report)?;
    let folder = workspace_root().join("target/demo/monitoring");
    // Numbers of an earlier demo would only confuse.
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let sidecars = bookstore.sidecars().map(|(workload, sidecar)| (workload, sidecar.admin()));
    let prometheus = Prometheus::start(&programs, &folder, sidecars)?;
    screen.line(&format!("Prometheus answers at http://{}", prometheus.address()));
    Ok(prometheus)
}

fn tell(bookstore: &mut Bookstore, screen: &mut Screen, by_hand: bool) -> Result<Vec<Outcome>> {
    let mut told = Vec::new();
    for (number, step) in (1..).zip(STEPS) {
        if by_hand {
            wait_for_enter(screen, step)?;
        }
        screen.line("");
        screen.line(&format!("step {number} of {}: {}", STEPS.len(), step.title));
        let outcome = step.play(bookstore, WINDOW, &mut |now: &Counters| screen.counters(now))?;
        screen.finish();
        told.push(outcome);
    }
    Ok(told)
}

fn wait_for_enter(screen: &mut Screen, step: Step) -> Result<()> {
    screen.line("");
    screen.line(&format!("Press Enter for: {}", step.title));
    io::stdin().lock().read_line(&mut String::new()).context("cannot read from the terminal")?;
    Ok(())
}
