//! Makes the JavaScript and TypeScript side of `playground-web` from its
//! compiled module: what the `wasm-bindgen` command does.
//!
//! A crate of its own, because the library behind it takes half a minute to
//! build and only the playground needs it; and a library instead of the
//! command, because `Cargo.lock` then holds its version next to that of
//! `wasm-bindgen`, which must be the same.
//!
//! ```text
//! playground-glue MODULE.wasm OUT_DIRECTORY
//! ```

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let [module, out] = arguments.as_slice() else {
        eprintln!("usage: playground-glue MODULE.wasm OUT_DIRECTORY");
        return ExitCode::from(2);
    };
    match write_glue(Path::new(module), Path::new(out)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: cannot make the glue of `{}`: {error}", Path::new(module).display());
            ExitCode::FAILURE
        }
    }
}

/// Writes the module, without the names that only a debugger wants, and its ES
/// module with types, which finds the module beside itself.
fn write_glue(module: &Path, out: &Path) -> Result<(), impl std::fmt::Display> {
    Bindgen::new()
        .input_path(module)
        .remove_name_section(true)
        .remove_producers_section(true)
        .omit_default_module_path(false)
        .web(true)
        .and_then(|bindgen| bindgen.typescript(true).generate(out))
        // The alternate form prints the whole chain of causes.
        .map_err(|error| format!("{error:#}"))
}
