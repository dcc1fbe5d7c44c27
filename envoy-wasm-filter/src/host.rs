//! What the filter asks of the proxy that it runs in.

use std::error::Error;
use std::fmt;

use proxy_wasm::hostcalls;
use proxy_wasm::types::{BufferType, Bytes, LogLevel, MapType, MetricType, Status};

use crate::abi;

/// The proxy, as far as the filter needs it.
///
/// A call that fails makes the filter deny.
pub trait Host {
    /// The configuration of the plugin, which has `length` bytes.
    fn configuration(&self, length: usize) -> Result<Bytes, HostError>;
    /// All headers of the current request in their order, pseudo headers first,
    /// and a header as often as it was sent.
    fn request_headers(&self) -> Result<Vec<(String, Bytes)>, HostError>;
    /// A property of the current request or connection, when it has it.
    fn property(&self, path: &[&str]) -> Result<Option<Bytes>, HostError>;
    /// Ends the current request with a reply.
    fn send_local_response(&self, status: u16, details: &str, body: &str) -> Result<(), HostError>;
    /// The metric of this name, made when it does not exist yet.
    fn define_metric(&self, kind: MetricType, name: &str) -> Result<MetricId, HostError>;
    /// Adds one to a counter.
    fn increment(&self, counter: MetricId);
    /// Sets a gauge.
    fn record(&self, gauge: MetricId, value: u64);
    /// Whether messages of this level go anywhere.
    fn logs(&self, level: LogLevel) -> bool;
    /// Writes to the proxy's log.
    fn log(&self, level: LogLevel, message: &str);
}

/// The proxy's number for a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricId(pub u32);

/// A host call that did not do what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostError {
    /// The call returned this status.
    Status {
        /// The function of the ABI.
        call: &'static str,
        /// The status, by the ABI's numbers.
        status: u32,
    },
    /// The call returned something that cannot be right.
    Answer {
        /// The function of the ABI.
        call: &'static str,
        /// What is wrong.
        problem: &'static str,
    },
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status { call, status } => {
                write!(f, "the host call `{call}` failed with status {status}")
            }
            Self::Answer { call, problem } => write!(f, "the host call `{call}` {problem}"),
        }
    }
}

impl Error for HostError {}

/// The proxy that this VM runs in.
///
/// The SDK's host calls panic on the statuses that the ABI does not foresee for
/// them. That ends the VM, and the proxy denies while there is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Proxy;

impl Host for Proxy {
    fn configuration(&self, length: usize) -> Result<Bytes, HostError> {
        hostcalls::get_buffer(BufferType::PluginConfiguration, 0, length)
            .map(Option::unwrap_or_default)
            .map_err(failed("proxy_get_buffer_bytes"))
    }

    fn request_headers(&self) -> Result<Vec<(String, Bytes)>, HostError> {
        // The names become strings, the values do not: HTTP allows only ASCII in
        // names and the proxy's codecs insist on it, but a value can be any bytes.
        hostcalls::get_map_bytes(MapType::HttpRequestHeaders)
            .map_err(failed("proxy_get_header_map_pairs"))
    }

    fn property(&self, path: &[&str]) -> Result<Option<Bytes>, HostError> {
        hostcalls::get_property(path.to_vec()).map_err(failed("proxy_get_property"))
    }

    fn send_local_response(&self, status: u16, details: &str, body: &str) -> Result<(), HostError> {
        abi::send_local_response(status, details, body)
    }

    fn define_metric(&self, kind: MetricType, name: &str) -> Result<MetricId, HostError> {
        hostcalls::define_metric(kind, name).map(MetricId).map_err(failed("proxy_define_metric"))
    }

    fn increment(&self, counter: MetricId) {
        // Nothing can be done about a metric that the proxy does not count, and
        // it must not change a decision.
        hostcalls::increment_metric(counter.0, 1).ok();
    }

    fn record(&self, gauge: MetricId, value: u64) {
        hostcalls::record_metric(gauge.0, value).ok();
    }

    fn logs(&self, level: LogLevel) -> bool {
        hostcalls::get_log_level().is_ok_and(|lowest| level as u32 >= lowest as u32)
    }

    fn log(&self, level: LogLevel, message: &str) {
        hostcalls::log(level, message).ok();
    }
}

fn failed(call: &'static str) -> impl FnOnce(Status) -> HostError {
    move |status| HostError::Status { call, status: status as u32 }
}
