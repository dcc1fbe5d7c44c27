//! Configuration that changes while Envoy runs: a discovery file that it watches.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// A file with one resource.
#[derive(Debug)]
pub(super) struct WatchedFile {
    path: PathBuf,
    version: u64,
}

impl WatchedFile {
    /// The file for `what` below `folder`; the folder that Envoy watches is created,
    /// the file is not.
    pub(super) fn new(folder: &Path, what: &str) -> Result<Self> {
        let path = path(folder, what);
        if let Some(watched) = path.parent() {
            fs::create_dir_all(watched)?;
        }
        Ok(Self { path, version: 0 })
    }

    /// Puts `resource` in place of the one before.
    pub(super) fn publish(&mut self, resource: &Value) -> Result<()> {
        self.version += 1;
        let response = json!({ "version_info": self.version.to_string(), "resources": [resource] });
        self.replace(response.to_string().as_bytes())
    }

    /// Puts `content`, good or bad, in place of the whole file.
    ///
    /// Envoy looks when a file is renamed into the watched folder, and only then;
    /// and a rename never shows it half a file.
    pub(super) fn replace(&self, content: &[u8]) -> Result<()> {
        let new = self.path.with_extension("new");
        fs::write(&new, content)
            .and_then(|()| fs::rename(&new, &self.path))
            .with_context(|| format!("cannot write {}", self.path.display()))
    }
}

/// How the bootstrap refers to the file for `what` below `folder`.
pub(super) fn source(folder: &Path, what: &str) -> Value {
    let path = path(folder, what);
    json!({
        "resource_api_version": "V3",
        "path_config_source": {
            "path": path,
            "watched_directory": { "path": path.parent() },
        },
    })
}

fn path(folder: &Path, what: &str) -> PathBuf {
    folder.join("discovery").join(what).join("resource.json")
}
