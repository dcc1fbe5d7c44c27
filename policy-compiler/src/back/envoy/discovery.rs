//! Configuration that changes while Envoy runs: files that it watches.

use prost::Message;
use serde_json::{Value, json};

use super::plugin::{Plugin, Root};
use super::{Configuration, type_url, wire};

/// The message around the resource of a plugin.
const EXTENSION: &str = "envoy.config.core.v3.TypedExtensionConfig";

/// What a discovery file holds: one resource.
///
/// Envoy looks at a file when something is renamed into its folder, and only then.
/// So a new file is written beside it, and renamed into its place.
#[derive(Clone, Copy, Debug)]
pub enum Discovery<'a> {
    /// The filter in force.
    Plugin(Plugin<'a>),
    /// Where the workload's own HTTP requests go ([`routes`](super::routes)).
    Routes(&'a Value),
}

impl Discovery<'_> {
    /// The name of the file. Its ending tells Envoy in which form it is.
    #[must_use]
    pub const fn file(&self) -> &'static str {
        match self {
            Self::Plugin(Plugin { root, .. }) => plugin_file(*root),
            Self::Routes(_) => ROUTES_FILE,
        }
    }

    /// What the file holds. The version is shown by Envoy and means nothing to it.
    #[must_use]
    pub fn bytes(&self, version: &str) -> Vec<u8> {
        match self {
            Self::Plugin(plugin) => {
                let resource = wire::TypedExtensionConfig {
                    name: plugin.root.name().to_owned(),
                    typed_config: Some(plugin.message()),
                };
                let resources = vec![wire::Any::of(EXTENSION, &resource)];
                wire::DiscoveryResponse { version_info: version.to_owned(), resources }
                    .encode_to_vec()
            }
            Self::Routes(_) => format!("{:#}\n", self.json(version)).into_bytes(),
        }
    }

    /// The same as JSON, which Envoy reads as well from a file whose name ends in
    /// `.json`.
    #[must_use]
    pub fn json(&self, version: &str) -> Value {
        let resource = match self {
            Self::Plugin(plugin) => json!({
                "@type": type_url(EXTENSION),
                "name": plugin.root.name(),
                "typed_config": plugin.json(),
            }),
            Self::Routes(routes) => (*routes).clone(),
        };
        json!({ "version_info": version, "resources": [resource] })
    }
}

const ROUTES_FILE: &str = "routes.json";

const fn plugin_file(root: Root) -> &'static str {
    match root {
        Root::Http => "http.pb",
        Root::Tcp => "tcp.pb",
        Root::Splits => "splits.pb",
    }
}

/// The filter's place in a listener whose discovery files are in `folder`. Until a
/// good configuration is there, and if the first one is bad, there is no policy.
pub(super) fn plugin(root: Root, folder: &str, filter: &str) -> Value {
    let configuration = Configuration::default();
    json!({
        "name": root.name(),
        "config_discovery": {
            "config_source": source(folder, plugin_file(root)),
            "type_urls": [type_url(root.message())],
            "default_config": Plugin { root, filter, configuration }.json(),
        },
    })
}

/// How a listener refers to its routes.
pub(super) fn routes(folder: &str) -> Value {
    json!({ "route_config_name": "outbound", "config_source": source(folder, ROUTES_FILE) })
}

/// A file in a folder that Envoy watches.
fn source(folder: &str, file: &str) -> Value {
    json!({
        "resource_api_version": "V3",
        "path_config_source": {
            "path": format!("{folder}/{file}"),
            "watched_directory": { "path": folder },
        },
    })
}

/// The same for a path that somebody else gave.
pub(super) fn source_at(path: &str) -> Value {
    match path.rsplit_once('/') {
        Some((folder, file)) if !folder.is_empty() => source(folder, file),
        _ => json!({ "resource_api_version": "V3", "path_config_source": { "path": path } }),
    }
}
