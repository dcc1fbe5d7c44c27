//! `smi lints`: which lints there are, and what each is about.

use policy_compiler::lint::{self, UnknownLint};

use crate::config::Lints;
use crate::{Failure, Outcome};

/// List the lints of `smi check`, or explain one.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  smi lints
  smi lints open-ended-path
  smi lints SMI510

A file `smi.toml` at the root of a repository sets levels:
  [lints]
  open-ended-path = \"deny\"
  cross-namespace-source = \"warn\"

A comment allows a finding on its line, or, on a line of its own, in what begins below:
  pathRegex: /metrics # smi:allow(open-ended-path): its sub-paths are meant")]
pub(crate) struct Arguments {
    /// The name or code of a lint.
    name: Option<String>,

    #[command(flatten)]
    lints: Lints,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    if let Some(name) = &arguments.name {
        let lint = lint::find(name).ok_or_else(|| UnknownLint::of(name))?;
        anstream::print!("{}", lint.page());
        return Ok(Outcome::Fine);
    }
    let levels = arguments.lints.levels()?;
    let longest = lint::all().iter().map(|lint| lint.name().len()).max().unwrap_or_default();
    for lint in lint::all() {
        let (name, level) = (lint.name(), levels.of(lint));
        anstream::println!("{}  {name:longest$}  {level:5}  {}", lint.code(), lint.summary());
    }
    Ok(Outcome::Fine)
}
