//! Tasks that cargo alone cannot do: `cargo xtask demo`, `test`, `bench`, `fuzz`, `soak`,
//! `mutants`, `filter` and `playground`.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the project's own tool: it reads files, starts processes and measures time"
)]

mod bench;
mod demo;
mod fuzz;
mod mutants;
mod playground;
mod soak;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use loopback_mesh::tools::{build_filter, workspace_root};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Tasks of this project")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Play the bookstore's story in real Envoy sidecars on this machine
    Demo(demo::Options),
    /// Check everything: format, lints, documentation, builds, and all tests
    Test,
    /// Measure decisions, compiling, reading or Envoy: a table, a JSON file and a chart
    Bench(bench::Options),
    /// Search for texts on which reading fails, for some time
    Fuzz(fuzz::Options),
    /// Compare the oracle with every engine on millions of random requests
    Soak(soak::Options),
    /// Build the Envoy filter into target/filter/smi-filter.wasm
    Filter,
    /// Change the code in small places, of which a test must notice each
    Mutants(mutants::Options),
    /// Build the playground into playground-web/web/dist
    Playground,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Demo(options) => demo::run(&options),
        Task::Test => test::run(),
        Task::Bench(options) => bench::run(&options),
        Task::Fuzz(options) => fuzz::run(&options),
        Task::Soak(options) => soak::run(&options),
        Task::Filter => build_filter(&report).map(|filter| {
            println!("{}", filter.display());
            ExitCode::SUCCESS
        }),
        Task::Mutants(options) => mutants::run(&options),
        Task::Playground => playground::build(&workspace_root()).map(|()| ExitCode::SUCCESS),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

/// Tells what takes time right now.
fn report(step: &str) {
    eprintln!("→ {step} …");
}
