//! `smi check`: everything that is wrong with policies.

use std::path::PathBuf;

use policy_compiler::Scope;
use smi_model::diagnostic::Severity;

use crate::config::Lints;
use crate::policies::{Reading, counted};
use crate::{Failure, Outcome};

/// Show everything that is wrong with policies, and what they say that is perhaps
/// not meant.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  smi check examples/bookstore
  smi check --warn all --deny open-ended-path examples/bookstore
  kubectl get traffictargets,httproutegroups -A -o yaml | smi check -")]
pub(crate) struct Arguments {
    /// Files or folders; `-` for standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,

    #[command(flatten)]
    reading: Reading,

    #[command(flatten)]
    lints: Lints,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let levels = arguments.lints.levels()?;
    let mut policies = arguments.reading.read(&arguments.files)?;
    policies.lint(&levels);
    // Compiling finds the patterns that are too large.
    policies.table(Scope::Mesh);
    policies.show();
    let (errors, warnings) = (policies.count(Severity::Error), policies.count(Severity::Warning));
    let files = counted(policies.sources.files().count(), "file");
    let rules = counted(policies.set().rule_count(), "rule");
    let mut summary = format!("{files}, {rules}");
    for (count, noun) in [(errors, "error"), (warnings, "warning")] {
        if count > 0 {
            summary += &format!(", {}", counted(count, noun));
        }
    }
    anstream::println!("{summary}");
    Ok(if errors > 0 { Outcome::Errors } else { Outcome::Fine })
}
