//! The filter, as Envoy runs it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Configuration, discovery, type_url, wire};

/// Envoy's Wasm runtime.
const RUNTIME: &str = "envoy.wasm.runtime.v8";

/// How long a worker waits after a fault before it starts a new machine, in
/// milliseconds. Requests fail meanwhile; Envoy's default is a second.
const RELOAD_MS: i32 = 100;

/// What the filter does; one module does all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Root {
    /// Decides about HTTP requests that arrive.
    Http,
    /// Decides about TCP connections that arrive.
    Tcp,
    /// Chooses the backends of the workload's own HTTP requests.
    Splits,
}

impl Root {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Http, Self::Tcp, Self::Splits];

    /// The name by which the module knows it.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Tcp => "tcp",
            Self::Splits => "splits",
        }
    }

    /// The name of the filter in a listener, of its discovered resource, and of its
    /// virtual machine: a fault in one must not stop the others.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "smi-http",
            Self::Tcp => "smi-tcp",
            Self::Splits => "smi-splits",
        }
    }

    pub(super) const fn message(self) -> &'static str {
        match self {
            Self::Http | Self::Splits => "envoy.extensions.filters.http.wasm.v3.Wasm",
            Self::Tcp => "envoy.extensions.filters.network.wasm.v3.Wasm",
        }
    }
}

/// The filter with its configuration.
#[derive(Clone, Copy, Debug)]
pub struct Plugin<'a> {
    /// What it does.
    pub root: Root,
    /// The Wasm file, as Envoy finds it.
    pub filter: &'a str,
    /// What it is configured with.
    pub configuration: Configuration<'a>,
}

impl Plugin<'_> {
    /// The filter in a list of filters, with its configuration inside.
    #[must_use]
    pub fn inline(&self) -> Value {
        json!({ "name": self.root.name(), "typed_config": self.json() })
    }

    /// The filter in a list of filters, with its configuration in a discovery file in
    /// `folder`, as Envoy finds it. Until a good configuration is there, and if the
    /// first one is bad, there is no policy.
    #[must_use]
    pub fn discovered(&self, folder: &str) -> Value {
        discovery::plugin(self.root, folder, self.filter)
    }

    /// Envoy's message for it.
    pub(super) fn json(&self) -> Value {
        json!({
            "@type": type_url(self.root.message()),
            "config": {
                "name": self.root.name(),
                "root_id": self.root.id(),
                "vm_config": {
                    "vm_id": self.root.name(),
                    "runtime": RUNTIME,
                    "code": { "local": { "filename": self.filter } },
                },
                "configuration": {
                    "@type": type_url("google.protobuf.BytesValue"),
                    "value": STANDARD.encode(self.configuration.bytes(self.root)),
                },
                "failure_policy": "FAIL_RELOAD",
                "reload_config": { "backoff": { "base_interval": format!("0.{RELOAD_MS}s") } },
            },
        })
    }

    /// The same message in binary form.
    pub(super) fn message(&self) -> wire::Any {
        let value = self.configuration.bytes(self.root);
        let configuration =
            wire::Any::of("google.protobuf.BytesValue", &wire::BytesValue { value });
        let local = wire::DataSource { filename: self.filter.to_owned() };
        let base_interval = wire::Duration { seconds: 0, nanos: RELOAD_MS * 1_000_000 };
        let backoff = wire::BackoffStrategy { base_interval: Some(base_interval) };
        let config = wire::PluginConfig {
            name: self.root.name().to_owned(),
            root_id: self.root.id().to_owned(),
            vm_config: Some(wire::VmConfig {
                vm_id: self.root.name().to_owned(),
                runtime: RUNTIME.to_owned(),
                code: Some(wire::AsyncDataSource { local: Some(local) }),
            }),
            configuration: Some(configuration),
            failure_policy: wire::FailurePolicy::FailReload.into(),
            reload_config: Some(wire::ReloadConfig { backoff: Some(backoff) }),
        };
        wire::Any::of(self.root.message(), &wire::Wasm { config: Some(config) })
    }
}
