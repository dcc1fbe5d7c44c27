//! Reading what the command line names: files, folders, standard input.
#![expect(clippy::disallowed_methods, reason = "this crate is where files are read and written")]

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::Failure;

/// The name that stands for standard input.
pub(crate) const STANDARD_INPUT: &str = "-";

/// The text of a file, or of standard input for `-`.
pub(crate) fn text(path: &Path) -> Result<String, Failure> {
    let bytes = bytes(path)?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        format!("{}: not UTF-8 text (byte {at})", path.display()).into()
    })
}

/// The bytes of a file, or of standard input for `-`.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    if path == Path::new(STANDARD_INPUT) {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    fs::read(path).map_err(|error| named(path, &error))
}

/// Writes a file, and its folder when it is missing.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| named(folder, &error))?;
    }
    fs::write(path, bytes).map_err(|error| named(path, &error))
}

/// Puts a file in the place of another one at once: nobody ever reads half of it, and
/// Envoy sees nothing but a rename.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    write(&new, bytes)?;
    fs::rename(&new, path).map_err(|error| named(path, &error))
}

/// The files that the arguments name: of folders all YAML and JSON files, at any
/// depth, in the order of their names.
pub(crate) fn files(arguments: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for argument in arguments {
        if argument.is_dir() {
            let before = files.len();
            folder(argument, &mut files)?;
            if files.len() == before {
                return Err(format!("{}: no YAML or JSON files in it", argument.display()).into());
            }
        } else {
            files.push(argument.clone());
        }
    }
    Ok(files)
}

fn folder(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let entries = fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = entries.map_err(|error| named(path, &error))?;
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            folder(&path, files)?;
        } else if is_manifest(&path) {
            files.push(path);
        }
    }
    Ok(())
}

fn is_manifest(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| ["yaml", "yml", "json"].contains(&extension))
}

fn named(path: &Path, error: &std::io::Error) -> Failure {
    format!("{}: {error}", path.display()).into()
}
