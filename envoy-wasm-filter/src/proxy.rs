//! The proxy that this VM runs in, by host calls.

use proxy_wasm::hostcalls;
use proxy_wasm::types::{BufferType, Bytes, LogLevel, MetricType, Status};

use crate::abi;
use crate::host::{Host, HostError, MetricId};

/// The proxy.
///
/// The SDK's host calls, which are good enough for what is not done for every
/// request, panic on statuses that the ABI does not foresee. That ends the VM, and
/// the proxy denies while there is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Proxy;

impl Host for Proxy {
    fn configuration(&self, length: usize) -> Result<Bytes, HostError> {
        hostcalls::get_buffer(BufferType::PluginConfiguration, 0, length)
            .map(Option::unwrap_or_default)
            .map_err(failed("proxy_get_buffer_bytes"))
    }

    fn request_headers(&self) -> Result<Bytes, HostError> {
        abi::request_headers()
    }

    fn set_request_header(&self, name: &str, value: &[u8]) -> Result<(), HostError> {
        abi::set_request_header(name, value)
    }

    fn remove_request_header(&self, name: &str) -> Result<(), HostError> {
        abi::remove_request_header(name)
    }

    fn property(&self, path: &'static [u8]) -> Result<Option<Bytes>, HostError> {
        abi::property(path)
    }

    fn note(&self, name: &'static str, value: &str) {
        // An access log with a gap must not change a decision.
        abi::set_property(name, value.as_bytes()).ok();
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

    fn record(&self, metric: MetricId, value: u64) {
        hostcalls::record_metric(metric.0, value).ok();
    }

    fn now(&self) -> u64 {
        abi::now().unwrap_or(0)
    }

    fn random(&self) -> Result<u64, HostError> {
        abi::random()
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
