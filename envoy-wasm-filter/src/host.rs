//! What the filter asks of the proxy that it runs in.

use std::error::Error;
use std::fmt;

use proxy_wasm::types::{Bytes, LogLevel, MetricType};

/// The proxy, as far as the filter needs it. Requests, properties and connections
/// are those of the callback that the proxy is waiting for.
///
/// A call that fails makes the filter deny.
pub trait Host {
    /// The configuration of the plugin, which has `length` bytes.
    fn configuration(&self, length: usize) -> Result<Bytes, HostError>;
    /// All headers of the request in their order, pseudo headers included, and a
    /// header as often as it was sent, in the form of the ABI.
    fn request_headers(&self) -> Result<Bytes, HostError>;
    /// Puts one header in place of all of this name.
    fn set_request_header(&self, name: &str, value: &[u8]) -> Result<(), HostError>;
    /// Removes all headers of this name.
    fn remove_request_header(&self, name: &str) -> Result<(), HostError>;
    /// A property, when there is one. The parts of its path are divided by zero bytes.
    fn property(&self, path: &'static [u8]) -> Result<Option<Bytes>, HostError>;
    /// Notes something about the request, for access logs.
    fn note(&self, name: &'static str, value: &str);
    /// Ends the request with a reply.
    fn send_local_response(&self, status: u16, details: &str, body: &str) -> Result<(), HostError>;
    /// The metric of this name, made when it does not exist yet.
    fn define_metric(&self, kind: MetricType, name: &str) -> Result<MetricId, HostError>;
    /// Adds one to a counter.
    fn increment(&self, counter: MetricId);
    /// Sets a gauge, or adds a value to a histogram.
    fn record(&self, metric: MetricId, value: u64);
    /// Nanoseconds since 1970; 0 when nobody knows.
    fn now(&self) -> u64;
    /// A random number.
    fn random(&self) -> Result<u64, HostError>;
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
