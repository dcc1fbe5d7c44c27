//! The proxy-wasm filter that enforces a decision table inside stock Envoy.
//!
//! `cargo xtask filter` makes one module of it, `target/filter/smi-filter.wasm`, for
//! Envoy's HTTP and network Wasm filters. Which of its three plugins runs is a matter
//! of `root_id`:
//!
//! | `root_id` | where | what it does |
//! |---|---|---|
//! | none, or `http` | inbound, HTTP filter | lets a request pass, or replies 403 |
//! | `tcp` | inbound, network filter | lets a connection pass, or closes it |
//! | `splits` | outbound, HTTP filter | names the Service that gets the request |
//!
//! ```yaml
//! name: smi
//! typed_config:
//!   "@type": type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm
//!   config:
//!     name: smi-http
//!     root_id: http
//!     configuration:
//!       "@type": type.googleapis.com/google.protobuf.BytesValue
//!       value: iVNNSQ0KGgo…          # base64 of what `smi compile` wrote
//!     vm_config:
//!       vm_id: smi-http              # of its own for each plugin
//!       runtime: envoy.wasm.runtime.v8
//!       code: { local: { filename: smi-filter.wasm } }
//!     failure_policy: FAIL_RELOAD
//! ```
//!
//! `smi envoy` writes all of this. A plugin must have a name, or a `vm_id`, that no
//! other one has: of plugins that share both, only some that were configured last are
//! kept (32, or 8 MB of configurations), and the requests of others are denied.
//!
//! # Configuration
//!
//! Nothing: everything is denied. The bytes of a table: it is enforced. Or settings:
//! one line of JSON, and behind its end the bytes of the table.
//!
//! | setting | meaning |
//! |---|---|
//! | `mode` | `enforce`; `audit`: decides, counts and logs, and lets everything pass; `permissive`: asks nothing |
//! | `table`, `shadow` | tables in base64, where only text can be carried |
//! | `has_shadow` | a shadow table follows the table: what it would decide otherwise is counted and logged |
//! | `port` | the port of the workload that the listener stands for, when the listener has another one |
//! | `log_allowed` | access logs are told about allowed requests too |
//! | `split_key` | the header whose value keeps requests with the same backend of a split |
//! | `namespace` | the namespace of Services that are called by their name alone, instead of the workload's |
//!
//! # What it promises
//!
//! - **It fails closed.** No table, a request that cannot be read, a host call
//!   that fails: the request is denied and counted. A panic stops the VM, for
//!   which Envoy answers 503 unless somebody configures `FAIL_OPEN`.
//! - **A table is all or nothing.** Configuration that does not verify is refused,
//!   and Envoy keeps the previous one in force. A request is decided by the table
//!   that was in force when it began.
//! - **The peer is who its certificate says**, never what a header says. Who has several
//!   names there is denied, provided that the listener keeps `%DOWNSTREAM_PEER_URI_SAN%`
//!   in the filter state `smi.peer_names`, as `smi envoy` writes it; otherwise the first
//!   name counts.
//! - **A connection is not decided about before its handshake**: the first data from
//!   either side is held until the peer is known, a server's greeting too, provided
//!   that `tcp_proxy` connects upstream `ON_DOWNSTREAM_TLS_HANDSHAKE`.
//! - **Replies tell the reason and no more**: no identities and no rule names to the
//!   client, no header values and no queries to anybody.
//!
//! # What an operator sees
//!
//! Names of metrics begin with `smi_filter`, `smi_tcp` or `smi_splits`, one for each
//! plugin; `/stats` has them below `wasmcustom`, Prometheus with `_` for each dot.
//!
//! | where | what |
//! |---|---|
//! | reply | status 403, body `access denied by mesh policy (<reason>)`; gRPC status 7 for a gRPC call |
//! | response details | `smi_denied:<reason>` (`%RESPONSE_CODE_DETAILS%`) |
//! | filter state | `wasm.smi_verdict`: `denied:<reason>`, `audited:<reason>`, or `allowed`; `wasm.smi_rule`: the rule, or the nearest one |
//! | counters | `.allowed`, `.denied.<reason>`, `.audited.<reason>`, `.errors`, `.shadow.newly_allowed`, `.shadow.newly_denied` |
//! | counters with labels | `smi_requests` and `smi_connections`, with verdict, reason, source, destination and rule: at most 1,000 series in each worker |
//! | gauges | `.table_id`, `.shadow_table_id`: the first four bytes of the digest of the table accepted last, 0 for none; `.mode`; `.configured_seconds`: when that was, since 1970 |
//! | histogram | `.decide_ns`: every 64th decision, in nanoseconds |
//! | log | each configuration at info or error; denials and differences at warning, with the nearest rule: at most five lines a second in each worker |
//!
//! A reason is the [code](decision_table::Reason::code) of a
//! [`Reason`](decision_table::Reason).
//!
//! # Splits
//!
//! The plugin sets the request header `x-smi-backend` to `namespace/service`: the
//! backend of a split, or the Service that was called; a client's own is replaced.
//! A route with `cluster_header: x-smi-backend` does the rest. What is called by no
//! name of a Service (`name`, `name.namespace`, `….svc`, `….svc.<domain>`) gets no
//! such header.
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
