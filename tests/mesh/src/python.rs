//! Packages from PyPI, each in a virtual environment of its own, so that nothing
//! of the machine's Python is touched.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::tools::{install_debian_package, run};

/// The Python that has packages in these versions, installed into `tools` when
/// they are not there yet.
pub(crate) fn with_packages(
    tools: &Path,
    packages: &[(&str, &str)],
    report: &dyn Fn(&str),
) -> Result<PathBuf> {
    let pins: Vec<String> =
        packages.iter().map(|(package, version)| format!("{package}=={version}")).collect();
    let name = pins.join("+").replace("==", "-");
    let environment = tools.join(&name);
    let python = environment.join("bin/python");
    // Written last, so that an interrupted installation is begun anew.
    let complete = environment.join("complete");
    if complete.exists() {
        return Ok(python);
    }
    report(&format!("installing {} into {}", pins.join(" "), environment.display()));
    create_environment(&environment)?;
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(&pins))
    .with_context(|| format!("cannot install from PyPI: {}", pins.join(" ")))?;
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
