//! The last step of building the filter: linking, with the exports that we want.
//!
//! A proxy calls every callback that a module exports, for every request, and each
//! call costs more than looking a request up in a table. The SDK exports all
//! callbacks there are; the filter needs a handful, and has them under names of its
//! own so that both can be in one library. Linked by hand, everything that is there
//! for the sake of the others only is left out, and the handful gets the names that
//! the ABI wants.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use walrus::ir::BinaryOp;
use walrus::{ConstExpr, FunctionBuilder, Module, ValType};

use crate::tools::{run, workspace_root};

/// What the filter's callbacks are called in place of the ABI's `proxy_on_`.
const OURS: &str = "smi_on_";
const CALLBACKS: [&str; 6] = [
    "context_create",
    "delete",
    "configure",
    "request_headers",
    "downstream_data",
    "upstream_data",
];
/// What else a proxy needs, from the SDK: memory to give data in, and the version
/// of the ABI.
const OF_THE_SDK: [&str; 2] = ["malloc", "proxy_abi_version_0_2_1"];
/// The stack, in bytes: nothing in the filter is recursive.
const STACK: u32 = 256 * 1024;

/// Links the filter's static library to a module.
///
/// # Errors
///
/// When there is no linker, or the library is not the filter's.
pub(crate) fn link(library: &Path, module: &Path) -> Result<Vec<u8>> {
    let callbacks = CALLBACKS.iter().map(|callback| format!("--export={OURS}{callback}"));
    run(Command::new(linker()?)
        .args(["-flavor", "wasm", "--no-entry", "--gc-sections", "--strip-all"])
        // Host functions are found when a proxy loads the module.
        .args(["--allow-undefined", "--stack-first", "-z"])
        .arg(format!("stack-size={STACK}"))
        .args(callbacks)
        .args(OF_THE_SDK.map(|name| format!("--export={name}")))
        .arg(library)
        .arg("-o")
        .arg(module))
    .context("the filter does not link")?;
    with_names_of_the_abi(module)
}

/// The linker that comes with the toolchain.
fn linker() -> Result<PathBuf> {
    let answer = Command::new("rustc")
        .args(["--print", "target-libdir"])
        .current_dir(workspace_root())
        .output()
        .context("cannot run rustc")?;
    let libraries = PathBuf::from(String::from_utf8_lossy(&answer.stdout).trim());
    let linker = libraries.with_file_name("bin").join("rust-lld");
    ensure!(linker.exists(), "the toolchain has no linker at {}", linker.display());
    Ok(linker)
}

/// The module with a fault: of the requests that each of its machines sees, the one
/// with this number stops the machine.
///
/// # Errors
///
/// When it is not the filter's module.
pub fn with_a_fault(module: &[u8], number: i32) -> Result<Vec<u8>> {
    let mut module = Module::from_buffer(module)?;
    let callback = "proxy_on_request_headers";
    let whole = module.exports.get_func(callback)?;
    let seen = module.globals.add_local(
        ValType::I32,
        true,
        false,
        ConstExpr::Value(walrus::ir::Value::I32(0)),
    );
    let parameters = [ValType::I32; 3];
    let mut function = FunctionBuilder::new(&mut module.types, &parameters, &[ValType::I32]);
    let arguments = parameters.map(|parameter| module.locals.add(parameter));
    let mut body = function.func_body();
    body.global_get(seen).i32_const(1).binop(BinaryOp::I32Add).global_set(seen);
    body.global_get(seen).i32_const(number).binop(BinaryOp::I32Eq);
    body.if_else(None, |then| _ = then.unreachable(), |_| ());
    for argument in arguments {
        body.local_get(argument);
    }
    body.call(whole);
    let function = function.finish(arguments.to_vec(), &mut module.funcs);
    module.exports.remove(callback)?;
    module.exports.add(callback, function);
    Ok(module.emit_wasm())
}

fn with_names_of_the_abi(module: &Path) -> Result<Vec<u8>> {
    let mut module = Module::from_file(module).context("the linker made no module")?;
    for export in module.exports.iter_mut() {
        if let Some(callback) = export.name.strip_prefix(OURS) {
            export.name = format!("proxy_on_{callback}");
        }
    }
    Ok(module.emit_wasm())
}
