//! One piece of configuration, for those who have the rest.

use policy_compiler::back::envoy::{
    Discovery, Root, Splits, Target, WasmCode, envoy_extension_policy, istio_wasm_plugin,
};
use serde_json::Value;

use super::Arguments;
use super::values::label;
use crate::Failure;
use crate::delivery::{Compiler, Tables};

/// What can be printed by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Piece {
    Filter,
    Ecds,
    Splits,
    Istio,
    EnvoyGateway,
}

/// What only pieces need.
#[derive(clap::Args)]
pub(crate) struct Pieces {
    /// What the filter of this piece does: decide about `http` requests or `tcp`
    /// connections that arrive, or choose the backends of `splits`.
    #[arg(long, value_name = "ROOT", default_value = "http", value_parser = root)]
    root: Root,

    /// A label of the workload's pods, for Istio. Repeat it for several.
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = label)]
    labels: Vec<(String, String)>,

    /// The name of the Gateway, for Envoy Gateway.
    #[arg(long, value_name = "NAME")]
    gateway: Option<String>,

    /// The SHA-256 digest of the filter, for Istio and Envoy Gateway.
    #[arg(long, value_name = "HEX")]
    filter_sha256: Option<String>,
}

/// The piece; `None` when a limit was exceeded.
pub(super) fn render(
    arguments: &Arguments,
    piece: Piece,
    compiler: &mut Compiler,
) -> Result<Option<Value>, Failure> {
    let Arguments { enforcing, pieces, .. } = arguments;
    if piece == Piece::Splits {
        let namespace = &arguments.workload()?.namespace;
        return Ok(Some(compiler.routes(enforcing, namespace, Splits::Native)));
    }
    let workload = match &arguments.whose.workload {
        // A table for all workloads finds out by itself whose Envoy it is in.
        None => None,
        Some(account) => Some(compiler.options.identity(&account.namespace, &account.name)),
    };
    let Some(tables) = compiler.tables(workload.as_deref()) else { return Ok(None) };
    let plugin = enforcing.plugin(pieces.root, &tables);
    Ok(Some(match piece {
        Piece::Filter => match &arguments.at {
            Some(folder) => plugin.discovered(folder),
            None => plugin.inline(),
        },
        Piece::Ecds => Discovery::Plugin(plugin).json(&plugin.configuration.version()),
        Piece::Istio => istio(arguments, &tables)?,
        Piece::EnvoyGateway => envoy_gateway(arguments, &tables)?,
        Piece::Splits => Value::Null,
    }))
}

fn istio(arguments: &Arguments, tables: &Tables) -> Result<Value, Failure> {
    let Arguments { enforcing, pieces, .. } = arguments;
    let target = match &arguments.whose.workload {
        Some(_) if pieces.labels.is_empty() => {
            return Err("a WasmPlugin without labels is for all pods of a namespace, and this \
                        policy for one workload: --label KEY=VALUE, or no --workload"
                .into());
        }
        Some(account) => Target {
            namespace: account.namespace.clone(),
            name: format!("{}-{}", pieces.root.name(), account.name),
            labels: pieces.labels.iter().cloned().collect(),
        },
        None => Target {
            // What stands there is for all namespaces.
            namespace: "istio-system".to_owned(),
            name: pieces.root.name().to_owned(),
            labels: pieces.labels.iter().cloned().collect(),
        },
    };
    let configuration = enforcing.configuration(tables);
    Ok(istio_wasm_plugin(&target, &code(arguments), pieces.root, &configuration))
}

fn envoy_gateway(arguments: &Arguments, tables: &Tables) -> Result<Value, Failure> {
    let Arguments { enforcing, pieces, .. } = arguments;
    let account = arguments.workload()?;
    let gateway = pieces.gateway.as_deref().ok_or("say which Gateway: --gateway NAME")?;
    let target = Target {
        namespace: account.namespace.clone(),
        name: format!("smi-{gateway}"),
        labels: pieces.labels.iter().cloned().collect(),
    };
    let configuration = enforcing.configuration(tables);
    Ok(envoy_extension_policy(&target, gateway, &code(arguments), &configuration))
}

fn code(arguments: &Arguments) -> WasmCode {
    let filter = &arguments.enforcing.filter;
    let url = if filter.contains("://") { filter.clone() } else { format!("file://{filter}") };
    WasmCode { url, sha256: arguments.pieces.filter_sha256.clone() }
}

fn root(text: &str) -> Result<Root, String> {
    let found = Root::ALL.into_iter().find(|root| root.id() == text);
    found.ok_or_else(|| "the filter decides about `http` and `tcp`, or chooses `splits`".to_owned())
}
