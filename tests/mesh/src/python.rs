//! Packages from PyPI, each in a virtual environment of its own, so that nothing
//! of the machine's Python is touched.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::tools::{install_debian_package, run};

/// The Python that has a package in this version, installed into `tools` when it
/// is not there yet.
pub(crate) fn with_package(
    tools: &Path,
    package: &str,
    version: &str,
    report: &dyn Fn(&str),
) -> Result<PathBuf> {
    let environment = tools.join(format!("{package}-{version}"));
    let python = environment.join("bin/python");
    // Written last, so that an interrupted installation is begun anew.
    let complete = environment.join("complete");
    if complete.exists() {
        return Ok(python);
    }
    report(&format!("installing {package} {version} into {}", environment.display()));
    create_environment(&environment)?;
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .arg(format!("{package}=={version}")))
    .with_context(|| format!("cannot install the Python package {package}"))?;
    fs::write(complete, "")?;
    Ok(python)
}

fn create_environment(environment: &Path) -> Result<()> {
    let create = || {
        run(Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(environment)
            .stdout(Stdio::null()))
    };
    if create().is_ok() {
        return Ok(());
    }
    // Debian splits the standard library: venv wants a package of its own there.
    let advice = "Python packages are installed with Python's venv, which is missing; \
                  on Debian and Ubuntu: apt-get install python3-venv";
    install_debian_package("python3-venv").context(advice)?;
    create().context(advice)
}
