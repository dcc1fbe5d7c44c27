//! Configuration of [Envoy](https://www.envoyproxy.io), and of what configures Envoy.
//!
//! Settings go in, JSON or bytes come out; nothing here reads or writes a file.
//!
//! - [`bootstrap`] is all that the sidecar of one workload is told at its start:
//!   mutual TLS, the filter in its listeners, where the application's own requests go.
//! - [`Plugin`] is the filter with its configuration. It has a place in a listener
//!   ([`Plugin::inline`]) and is delivered by a discovery file ([`Discovery`]),
//!   so that a policy changes without a restart.
//! - [`Configuration`] is what the filter is configured with: a table and how it is
//!   enforced.
//! - [`routes`] says splits in Envoy's own words. What these cannot express is found
//!   ([`Findings`](smi_model::diagnostic::Findings)), and never left out in silence.
//! - [`istio_wasm_plugin`] and [`envoy_extension_policy`] are for those whose control
//!   plane configures Envoy.
//!
//! # What a sidecar promises
//!
//! - Peers are known by certificates alone, which a SPIFFE validator has checked: the
//!   first name is of a trust domain that is listed. The validator does not mind more
//!   names, but the filter does: it is told all of them, and denies who has several.
//! - Paths are brought into canonical form before anything looks at them.
//! - The filter never fails open: until there is a good configuration it denies
//!   everything, a bad one leaves the one before in force, and after a fault requests
//!   fail until a new machine is up.
//! - Logs have no query strings and no header values.

mod bootstrap;
mod clusters;
mod configuration;
mod control_plane;
mod discovery;
mod inbound;
mod observe;
mod outbound;
mod plugin;
mod settings;
mod splits;
mod tls;
mod wire;

pub use bootstrap::bootstrap;
pub use configuration::Configuration;
pub use control_plane::{Target, WasmCode, envoy_extension_policy, istio_wasm_plugin};
pub use discovery::Discovery;
pub use plugin::{Plugin, Root};
pub use settings::{
    Credentials, Endpoint, Inbound, NotAService, NotAnEndpoint, Outbound, OutboundTcp, Protocol,
    SecretSource, ServiceName, Sidecar, Splits, Upstream, WeightedCluster, cluster_name,
};
pub use splits::{Calls, routes, tcp_backends};

use serde_json::Value;

/// The header in which the filter says to which Service a request goes.
const BACKEND_HEADER: &str = "x-smi-backend";

/// Where the filter finds all names of a peer, joined by commas, if a listener says them.
const PEER_NAMES: &str = "smi.peer_names";

/// The type of a message as JSON and Any name it.
fn type_url(name: &str) -> String {
    format!("type.googleapis.com/{name}")
}

/// Sets a field of an object.
fn set(object: &mut Value, name: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(name.to_owned(), value);
    }
}

#[cfg(test)]
mod tests;
