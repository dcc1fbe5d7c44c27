//! Builds the playground: the compiler to Wasm, the glue around it, the page.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use loopback_mesh::node::{install_packages, npm, path_with_node};
use loopback_mesh::tools::{WASM_TARGET, cargo, install_target, run};

use crate::report;

/// Builds `playground-web/web/dist`, which any static web server can serve.
///
/// # Errors
///
/// When a tool is missing and cannot be installed, or a step fails.
pub(crate) fn build(root: &Path) -> Result<()> {
    let web = root.join("playground-web/web");
    install_target(WASM_TARGET, &report)?;
    let module = build_module(root)?;
    make_glue(root, &module, &web.join("src/wasm"))?;
    let path = path_with_node(&report)?;
    install_packages(&web, &path, &report)?;
    run(npm(&web, &path).args(["run", "build"])).context("the page does not build")
}

fn build_module(root: &Path) -> Result<PathBuf> {
    let target = root.join("target");
    run(Command::new(cargo())
        .current_dir(root)
        .args(["build", "--quiet", "--locked", "--package", "playground-web"])
        .args(["--profile", "playground", "--target", WASM_TARGET, "--target-dir"])
        .arg(&target))
    .context("the compiler does not build for the browser")?;
    Ok(target.join(WASM_TARGET).join("playground/playground_web.wasm"))
}

/// In a process of its own: what makes the glue takes long to build, and most
/// tasks do not need it.
fn make_glue(root: &Path, module: &Path, out: &Path) -> Result<()> {
    run(Command::new(cargo())
        .current_dir(root)
        .args(["run", "--quiet", "--locked", "--package", "playground-glue", "--"])
        .args([module, out]))
}
