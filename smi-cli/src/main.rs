//! The `smi` command: checks, compiles, converts and questions SMI policies, shows
//! what tables contain, and configures Envoy to enforce them.

mod commands;
mod config;
mod delivery;
mod input;
mod policies;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Check, compile, convert, question and enforce Service Mesh Interface policies.
#[derive(Parser)]
#[command(name = "smi", version, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Check(commands::check::Arguments),
    Compile(commands::compile::Arguments),
    Convert(commands::convert::Arguments),
    Decide(Box<commands::decide::Arguments>),
    Envoy(Box<commands::envoy::Arguments>),
    Inspect(commands::inspect::Arguments),
    Lints(commands::lints::Arguments),
    Schema(commands::schema::Arguments),
    Watch(Box<commands::watch::Arguments>),
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done, and nothing is wrong with the policies (a denial is an answer, not a failure)
  1  the policies or the requests have errors, or findings of lints that are denied
  2  the command line is wrong, or a file cannot be read or written";

/// How a command ended, when it did its work.
enum Outcome {
    /// Nothing is wrong.
    Fine,
    /// There are errors, which have been shown.
    Errors,
}

/// Why a command could not do its work.
type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Check(arguments) => commands::check::run(&arguments),
        Command::Compile(arguments) => commands::compile::run(&arguments),
        Command::Convert(arguments) => commands::convert::run(&arguments),
        Command::Inspect(arguments) => commands::inspect::run(&arguments),
        Command::Lints(arguments) => commands::lints::run(&arguments),
        Command::Schema(arguments) => commands::schema::run(&arguments),
        Command::Decide(arguments) => commands::decide::run(&arguments),
        Command::Envoy(arguments) => commands::envoy::run(&arguments),
        Command::Watch(arguments) => commands::watch::run(&arguments),
    };
    match outcome {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Errors) => ExitCode::from(1),
        Err(failure) => {
            anstream::eprintln!("smi: {failure}");
            ExitCode::from(2)
        }
    }
}
