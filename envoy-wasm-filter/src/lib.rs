//! The proxy-wasm filter that enforces a decision table inside stock Envoy.
//!
//! Compiled for `wasm32-unknown-unknown`, this crate is a plugin for Envoy's HTTP
//! Wasm filter. Its configuration is the bytes of a table (a `BytesValue`), its
//! answer to each request is to let it pass or to reply 403:
//!
//! ```yaml
//! name: smi
//! typed_config:
//!   "@type": type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm
//!   config:
//!     configuration:
//!       "@type": type.googleapis.com/google.protobuf.BytesValue
//!       value: iVNNSQ0KGgo…          # base64 of what `smi compile` wrote
//!     vm_config:
//!       runtime: envoy.wasm.runtime.v8
//!       code: { local: { filename: envoy_wasm_filter.wasm } }
//!     failure_policy: FAIL_RELOAD
//! ```
//!
//! # What it promises
//!
//! - **It fails closed.** No table, a request that cannot be read, a host call
//!   that fails: the request is denied and counted. A panic stops the VM, for
//!   which Envoy answers 503 unless somebody configures `FAIL_OPEN`.
//! - **A table is all or nothing.** Configuration that does not verify is refused,
//!   and Envoy keeps the previous one in force. A request is decided by the table
//!   that was in force when it began.
//! - **The peer is who its certificate says**, never what a header says.
//! - **Replies, logs and metrics tell the reason and no more**: no identities and
//!   no rule names to the client, no header values and no queries to anybody.
//!
//! # What an operator sees
//!
//! | where | what |
//! |---|---|
//! | reply | status 403, body `access denied by mesh policy (<reason>)` |
//! | access log | `%RESPONSE_CODE_DETAILS%` is `smi_denied:<reason>` |
//! | counters | `smi_filter.allowed`, `smi_filter.denied.<reason>`, `smi_filter.errors` |
//! | gauge | `smi_filter.table_id`: the first four bytes of the digest of the table accepted last, 0 for none |
//! | log | each configuration at info or error; denials at debug, with the nearest rule |
//!
//! A reason is the [code](decision_table::Reason::code) of a
//! [`Reason`](decision_table::Reason).
//!
//! # The tour
//!
//! The core knows no proxy: a [`Vm`] holds a plugin for each configuration
//! (`plugin.rs`: settings, tables, counters) and is told of requests and
//! connections; all of it asks everything of the small trait [`Host`], so that tests
//! run it natively. Around it is a thin shell: `proxy.rs` implements the trait by
//! host calls, `abi.rs` makes those that a request needs without the SDK, and
//! `entry.rs` is what the proxy calls.

#[cfg(target_arch = "wasm32")]
mod abi;
#[cfg(target_arch = "wasm32")]
mod entry;
mod headers;
mod host;
mod metrics;
mod plugin;
#[cfg(target_arch = "wasm32")]
mod proxy;
mod request;
mod respond;
mod series;
mod settings;
mod sorted;
mod splits;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod throttle;
mod vm;

pub use host::{Host, HostError, MetricId};
pub use proxy_wasm::types::{Action, LogLevel, MetricType};
pub use vm::{Flow, Vm};
