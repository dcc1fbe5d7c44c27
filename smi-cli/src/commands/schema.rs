//! `smi schema`: JSON Schemas for editors and validators.

use std::path::PathBuf;

use serde_json::Value;
use smi_model::api::{JsonSchema, json_schema_of_all, json_schemas};

use crate::policies::counted;
use crate::{Failure, Outcome, input};

/// Print or write JSON Schemas (draft 2020-12) of the SMI kinds.
///
/// Without arguments, lists the kinds and versions there are.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  smi schema
  smi schema TrafficTarget
  smi schema HTTPRouteGroup --version v1alpha3
  smi schema --all > smi.json     # for editors, see below
  smi schema --out schemas        # then, for example:
  kubeconform -schema-location default \\
    -schema-location 'schemas/{{ .Group }}/{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json' \\
    policies/

Editors that use yaml-language-server, such as VS Code with its YAML extension,
read a line that stands in each document of a file, after every `---`:
  # yaml-language-server: $schema=smi.json
or a setting that holds for all files of a pattern:
  \"yaml.schemas\": {\"./smi.json\": \"policies/*.yaml\"}")]
pub(crate) struct Arguments {
    /// Print the schema of this kind, of its newest version.
    #[arg(conflicts_with_all = ["all", "out"])]
    kind: Option<String>,

    /// Of this version instead.
    #[arg(long, requires = "kind")]
    version: Option<String>,

    /// Print one schema for files with objects of any kind.
    #[arg(long, conflicts_with = "out")]
    all: bool,

    /// Write all schemas to this folder: `GROUP/KIND_VERSION.json`, and `smi.json` for all.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let schemas = json_schemas();
    if let Some(folder) = &arguments.out {
        write_all(folder, &schemas)?;
    } else if arguments.all {
        print(&json_schema_of_all(&schemas));
    } else if let Some(kind) = &arguments.kind {
        print(&find(&schemas, kind, arguments.version.as_deref())?.schema);
    } else {
        for schema in &schemas {
            anstream::println!("{}/{} {}", schema.group, schema.version, schema.kind);
        }
    }
    Ok(Outcome::Fine)
}

fn write_all(folder: &std::path::Path, schemas: &[JsonSchema]) -> Result<(), Failure> {
    for schema in schemas {
        input::write(&folder.join(schema.path()), pretty(&schema.schema).as_bytes())?;
    }
    let all = json_schema_of_all(schemas);
    input::write(&folder.join("smi.json"), pretty(&all).as_bytes())?;
    anstream::println!("{}: {}", folder.display(), counted(schemas.len() + 1, "schema"));
    Ok(())
}

/// The newest version of a kind comes last.
fn find<'s>(
    schemas: &'s [JsonSchema],
    kind: &str,
    version: Option<&str>,
) -> Result<&'s JsonSchema, Failure> {
    let of_kind = schemas.iter().filter(|schema| schema.kind.eq_ignore_ascii_case(kind));
    let versions: Vec<&str> = of_kind.clone().map(|schema| schema.version).collect();
    let wanted = version.or(versions.last().copied());
    let found = of_kind.rev().find(|schema| Some(schema.version) == wanted);
    found.ok_or_else(|| match versions.as_slice() {
        [] => format!("there is no kind `{kind}`; `smi schema` lists those there are").into(),
        _ => format!("the versions of {kind} are {}", versions.join(", ")).into(),
    })
}

fn print(schema: &Value) {
    anstream::print!("{}", pretty(schema));
}

fn pretty(schema: &Value) -> String {
    format!("{schema:#}\n")
}
