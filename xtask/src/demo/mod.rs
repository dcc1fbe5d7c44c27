//! `cargo xtask demo`: the bookstore's story, told by real Envoy sidecars.

mod screen;
mod serve;

use std::io::{self, BufRead};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use loopback_mesh::bookstore::{Bookstore, Counters};
use loopback_mesh::story::{Outcome, STEPS, Step};
use loopback_mesh::tools::Tools;

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
}

/// Plays the story; success only when all was seen as expected.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let tools = Tools::prepare(&crate::report)?;
    crate::report("starting five Envoys with mutual TLS, and the applications behind them");
    let start = Instant::now();
    let mut bookstore = Bookstore::start(&tools, "demo")?;
    let mut screen = Screen::new();
    screen.line(&format!("The bookstore is open after {:.1} s.", start.elapsed().as_secs_f32()));

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
