//! The files by which a running sidecar gets another policy.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use policy_compiler::back::envoy::{Configuration, Discovery, Plugin, Root};
use serde_json::Value;

use crate::tools::replace;

/// What is delivered to a sidecar.
#[derive(Clone, Copy, Debug)]
pub enum Policy<'a> {
    /// The filter without a table: it denies everything.
    None,
    /// The filter with these bytes as its table, good or bad.
    Table(&'a [u8]),
    /// The filter with this configuration.
    Configured(Configuration<'a>),
    /// This as the whole discovery file of the HTTP filter, good or bad.
    File(&'a [u8]),
}

/// The discovery files of one sidecar.
#[derive(Debug)]
pub(super) struct Files {
    folder: PathBuf,
    filter: String,
    /// The routes in force.
    routes: Option<Value>,
}

impl Files {
    /// Creates the files; Envoy does not start without them.
    pub(super) fn create(folder: &Path, filter: &Path) -> Result<Self> {
        let folder = folder_in(folder);
        fs::create_dir_all(&folder)?;
        let filter = filter.to_string_lossy().into_owned();
        Ok(Self { folder, filter, routes: None })
    }

    /// Puts `policy` in place of what was delivered before.
    pub(super) fn deliver(&self, policy: Policy<'_>) -> Result<()> {
        let configuration = match policy {
            Policy::None => Configuration::default(),
            Policy::Table(table) => {
                Configuration { table: Some(table), ..Configuration::default() }
            }
            Policy::Configured(configuration) => configuration,
            Policy::File(content) => {
                let plugin = self.plugin(Root::Http, Configuration::default());
                return self.replace(Discovery::Plugin(plugin).file(), content);
            }
        };
        for root in Root::ALL {
            let discovery = Discovery::Plugin(self.plugin(root, configuration));
            self.replace(discovery.file(), &discovery.bytes(&configuration.version()))?;
        }
        Ok(())
    }

    fn plugin<'a>(&'a self, root: Root, configuration: Configuration<'a>) -> Plugin<'a> {
        Plugin { root, filter: &self.filter, configuration }
    }

    /// Puts `routes` in place of the ones before.
    pub(super) fn route(&mut self, routes: &Value) -> Result<()> {
        if self.routes.as_ref() != Some(routes) {
            let discovery = Discovery::Routes(routes);
            self.replace(discovery.file(), &discovery.bytes(""))?;
            self.routes = Some(routes.clone());
        }
        Ok(())
    }

    fn replace(&self, file: &str, content: &[u8]) -> Result<()> {
        replace(&self.folder.join(file), content)
    }
}

/// Where the files are of a sidecar whose files live in `folder`.
pub(super) fn folder_in(folder: &Path) -> PathBuf {
    folder.join("discovery")
}
