//! The filter and its table, by extension discovery.

use std::path::{Path, PathBuf};

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::bootstrap::type_url;
use super::watched::{self, WatchedFile};

/// The name of the filter in the chain and of its discovered resource.
const NAME: &str = "smi";

/// What is delivered to a sidecar.
#[derive(Clone, Copy, Debug)]
pub enum Policy<'a> {
    /// The filter without a table: it denies everything.
    None,
    /// The filter with these bytes as its table, good or bad.
    Table(&'a [u8]),
    /// This as the whole discovery file, good or bad.
    File(&'a [u8]),
}

/// The discovery file of one sidecar's filter.
#[derive(Debug)]
pub(super) struct FilterFile {
    file: WatchedFile,
    filter: PathBuf,
}

impl FilterFile {
    /// Creates the file; Envoy does not start without it.
    pub(super) fn create(folder: &Path, filter: &Path, policy: Policy<'_>) -> Result<Self> {
        let file = WatchedFile::new(folder, NAME)?;
        let mut created = Self { file, filter: filter.to_owned() };
        created.deliver(policy)?;
        Ok(created)
    }

    /// Puts `policy` in place of what was delivered before.
    pub(super) fn deliver(&mut self, policy: Policy<'_>) -> Result<()> {
        let table = match policy {
            Policy::None => None,
            Policy::Table(table) => Some(table),
            Policy::File(content) => return self.file.replace(content),
        };
        self.file.publish(&json!({
            "@type": type_url("envoy.config.core.v3.TypedExtensionConfig"),
            "name": NAME,
            "typed_config": plugin(&self.filter, table),
        }))
    }
}

/// The filter's place in the chain. Until a good configuration is there, and if the
/// first one is bad, everything is denied.
pub(super) fn discovery(folder: &Path, filter: &Path) -> Value {
    json!({
        "name": NAME,
        "config_discovery": {
            "config_source": watched::source(folder, NAME),
            "type_urls": [wasm_type()],
            "default_config": plugin(filter, None),
        },
    })
}

fn plugin(filter: &Path, table: Option<&[u8]>) -> Value {
    json!({
        "@type": wasm_type(),
        "config": {
            "name": NAME,
            // A virtual machine of its own: a fault of another plugin cannot stop it.
            "vm_config": {
                "vm_id": NAME,
                "runtime": "envoy.wasm.runtime.v8",
                "code": { "local": { "filename": filter } },
            },
            "configuration": {
                "@type": type_url("google.protobuf.BytesValue"),
                "value": STANDARD.encode(table.unwrap_or_default()),
            },
            // Never open: after a fault, requests fail until a new machine is up.
            "failure_policy": "FAIL_RELOAD",
            "reload_config": { "backoff": { "base_interval": "0.1s" } },
        },
    })
}

fn wasm_type() -> String {
    type_url("envoy.extensions.filters.http.wasm.v3.Wasm")
}
