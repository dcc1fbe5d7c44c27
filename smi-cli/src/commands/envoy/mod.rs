//! `smi envoy`: configuration for Envoy.

mod pieces;
mod sidecar;
pub(crate) mod values;

use std::path::{Path, PathBuf};

use policy_compiler::back::envoy::bootstrap;

use self::pieces::{Piece, Pieces};
use self::sidecar::{Identity, Listening};
use self::values::Account;
use crate::delivery::{Compiler, Enforcing, FOLDER, Whose, put};
use crate::policies::Reading;
use crate::{Failure, Outcome, input};

/// Write the configuration of an Envoy that enforces policies beside a workload.
///
/// Writes a folder that an Envoy can be started with: `envoy.json`, and in `discovery`
/// what it reads while it runs, which `smi watch` keeps up to date. Or prints one piece
/// for those who have a configuration of their own. Nothing is written when the policies
/// have errors.
#[derive(clap::Args)]
#[command(after_help = "\
Pieces:
  filter         the filter for a list of HTTP filters, with its policy inside; with
                 --at, with its policy in a discovery file of that folder
  ecds           the discovery file with the filter, as JSON
  splits         the routes of the workload's own requests, with splits in Envoy's words
  istio          a WasmPlugin for Istio
  envoy-gateway  an EnvoyExtensionPolicy for Envoy Gateway

Examples:
  smi envoy examples/bookstore --workload bookstore/bookstore-v1 --out sidecar \\
      --inbound-http 8080=9080 --upstream bookwarehouse/bookwarehouse=10.0.0.7:8080 \\
      --certificate cert.pem --key key.pem --authority ca.pem --filter filter.wasm
  envoy --config-path sidecar/envoy.json

  smi envoy examples/bookstore --workload bookbuyer/bookbuyer --out sidecar \\
      --sds-socket /run/spire/agent.sock --splits native \\
      --upstream bookstore/bookstore-v1=v1.example:8080 \\
      --upstream bookstore/bookstore-v2=v2.example:8080

  smi envoy examples/bookstore --workload bookstore/bookstore-v1 --piece istio \\
      --label app=bookstore --label version=v1 --filter oci://registry.example/smi:1")]
pub(crate) struct Arguments {
    /// Files or folders with policies; `-` for standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,

    #[command(flatten)]
    whose: Whose,

    /// The folder to write to.
    #[arg(long, value_name = "DIR", required_unless_present = "piece")]
    out: Option<PathBuf>,

    /// The same folder as Envoy finds it, when it runs somewhere else.
    #[arg(long, value_name = "DIR")]
    at: Option<String>,

    /// Print this piece instead.
    #[arg(long, value_name = "PIECE", conflicts_with = "out")]
    piece: Option<Piece>,

    #[command(flatten, next_help_heading = "Enforcement")]
    enforcing: Enforcing,

    #[command(flatten, next_help_heading = "Traffic")]
    listening: Listening,

    #[command(flatten, next_help_heading = "Certificates")]
    identity: Identity,

    #[command(flatten, next_help_heading = "Pieces")]
    pieces: Pieces,

    #[command(flatten, next_help_heading = "Reading")]
    reading: Reading,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let mut compiler = Compiler::read(&arguments.reading, &arguments.files, &arguments.enforcing)?;
    match (arguments.piece, &arguments.out) {
        (Some(piece), _) => print(arguments, piece, &mut compiler),
        (None, Some(out)) => write(arguments, out, &mut compiler),
        (None, None) => Err("say where to write: --out DIR".into()),
    }
}

impl Arguments {
    fn workload(&self) -> Result<&Account, Failure> {
        let workload = self.whose.workload.as_ref();
        workload.ok_or_else(|| "say whose Envoy it is: --workload NAMESPACE/ACCOUNT".into())
    }
}

fn print(arguments: &Arguments, piece: Piece, compiler: &mut Compiler) -> Result<Outcome, Failure> {
    let printed = pieces::render(arguments, piece, compiler)?;
    compiler.show();
    match printed.filter(|_| !compiler.has_errors()) {
        Some(value) => {
            anstream::println!("{value:#}");
            Ok(Outcome::Fine)
        }
        None => Ok(refused("printed")),
    }
}

fn write(arguments: &Arguments, out: &Path, compiler: &mut Compiler) -> Result<Outcome, Failure> {
    let workload = arguments.workload()?;
    let identity = compiler.options.identity(&workload.namespace, &workload.name);
    let at = match &arguments.at {
        Some(at) => at.clone(),
        None => text(&std::path::absolute(out)?)?,
    };
    let sidecar = arguments.sidecar(compiler, workload, &format!("{at}/{FOLDER}"))?;
    let files = arguments.enforcing.files(compiler, &identity, &workload.namespace);
    compiler.show();
    let Some(files) = files.filter(|_| !compiler.has_errors()) else {
        return Ok(refused("written"));
    };
    if !compiler.policies.set().workloads().any(|known| known == identity) {
        anstream::eprintln!("smi: nobody may call {identity}: no policy names it");
    }
    put(out, &files)?;
    let configuration = out.join("envoy.json");
    input::replace(&configuration, format!("{:#}\n", bootstrap(&sidecar)).as_bytes())?;
    anstream::println!("{}", configuration.display());
    for file in &files {
        let path = out.join(FOLDER).join(file.name);
        anstream::println!("{}: {} bytes", path.display(), file.bytes.len());
    }
    Ok(Outcome::Fine)
}

fn refused(done: &str) -> Outcome {
    anstream::eprintln!("nothing was {done}, because the policies have errors");
    Outcome::Errors
}

/// Envoy's configuration is text.
fn text(path: &Path) -> Result<String, Failure> {
    let text = path.to_str().ok_or_else(|| format!("{}: not a UTF-8 path", path.display()))?;
    Ok(text.to_owned())
}
