//! `smi convert`: documents in another version.

use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use clap::builder::NonEmptyStringValueParser;
use similar::{ChangeTag, TextDiff};
use smi_model::ReadOptions;
use smi_model::convert::{Converted, Targets, convert};
use smi_model::diagnostic::{Severity, render};
use smi_model::source::SourceMap;

use crate::policies::{counted, sources};
use crate::{Failure, Outcome, input};

/// Convert SMI documents to other versions, comments and order kept.
///
/// Shows what would change, or changes the files with --write. Whatever a version
/// cannot express is an error, and then no file is changed. Give all files that
/// belong together: the port of a destination moves into a TCPRoute and back.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  smi convert --to v1alpha4 policies/
  smi convert --to v1alpha4 --to split.smi-spec.io/v1alpha2 policies/ --write
  kubectl get trafficsplits -A -o yaml | smi convert --to v1alpha4 - --write > splits.yaml")]
pub(crate) struct Arguments {
    /// Files or folders; `-` for standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,

    /// `v1alpha4` for all groups (those that never released it go up to their
    /// newest version before), or `GROUP/VERSION` for one group; may be repeated.
    #[arg(long, required = true, value_name = "VERSION", value_parser = NonEmptyStringValueParser::new())]
    to: Vec<String>,

    /// Read SMI objects without `apiVersion` as the newest version that fits them.
    #[arg(long)]
    assume_version: bool,

    /// Change the files; what came from standard input goes to standard output.
    #[arg(long)]
    write: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let targets = Targets::parse(arguments.to.iter().map(String::as_str))?;
    let sources = sources(&arguments.files)?;
    let options =
        ReadOptions { assume_versions: arguments.assume_version, ..ReadOptions::default() };
    let converted = convert(&sources, &targets, &options);
    anstream::eprint!("{}", render::text(&converted.diagnostics, &sources, true));
    let errors = converted.diagnostics.iter().filter(|it| it.severity == Severity::Error).count();
    if errors > 0 {
        let errors = counted(errors, "error");
        anstream::eprintln!("nothing was converted, because of {errors}");
        return Ok(Outcome::Errors);
    }
    for file in &converted.value {
        if arguments.write {
            write(file)?;
        } else {
            show(file, &sources);
        }
    }
    summarise(arguments, &converted.value);
    Ok(Outcome::Fine)
}

fn write(file: &Converted) -> Result<(), Failure> {
    if file.name == input::STANDARD_INPUT {
        anstream::print!("{}", file.text);
        return Ok(());
    }
    input::write(Path::new(&file.name), file.text.as_bytes())
}

/// Shows the changes of a file as a unified diff.
fn show(file: &Converted, sources: &SourceMap) {
    let old = sources.files().find(|it| it.name() == file.name).map_or("", |it| it.text());
    let diff = TextDiff::from_lines(old, &file.text);
    anstream::println!("--- {0}\n+++ {0}", file.name);
    for hunk in diff.unified_diff().iter_hunks() {
        anstream::println!("{}", hunk.header());
        for change in hunk.iter_changes() {
            let (sign, style) = match change.tag() {
                ChangeTag::Delete => ('-', AnsiColor::Red.on_default()),
                ChangeTag::Insert => ('+', AnsiColor::Green.on_default()),
                ChangeTag::Equal => (' ', Style::new()),
            };
            let line = change.value().trim_end_matches(['\r', '\n']);
            anstream::println!("{style}{sign}{line}{style:#}");
        }
    }
}

fn summarise(arguments: &Arguments, files: &[Converted]) {
    let objects: usize = files.iter().map(|file| file.objects).sum();
    let what = format!("{} in {}", counted(objects, "object"), counted(files.len(), "file"));
    match (objects, arguments.write) {
        (0, _) => anstream::eprintln!("nothing to convert"),
        (_, true) => anstream::eprintln!("{what} converted"),
        (_, false) => anstream::eprintln!("{what} would change; --write changes them"),
    }
}
