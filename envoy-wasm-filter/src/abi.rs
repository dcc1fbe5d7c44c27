//! The one function of the proxy-wasm ABI that the SDK does not offer in full.
//!
//! The SDK's `send_http_response` always leaves the response code details empty,
//! and they are what tells an operator, in the access log, why a request failed.

use crate::host::HostError;

/// Leaves it to the proxy to choose a gRPC status from the HTTP status when the
/// request was a gRPC call.
const GRPC_STATUS_BY_PROXY: i32 = -1;

#[expect(unsafe_code, reason = "the only way to declare a host function")]
#[link(wasm_import_module = "env")]
unsafe extern "C" {
    // Safe: the host copies the given ranges after checking that they lie in the
    // memory of the VM, and writes nothing.
    safe fn proxy_send_local_response(
        status: u32,
        details: *const u8,
        details_length: usize,
        body: *const u8,
        body_length: usize,
        headers: *const u8,
        headers_length: usize,
        grpc_status: i32,
    ) -> u32;
}

/// Ends the request with a reply from the proxy itself.
///
/// No headers are given: the proxy sends a body as `text/plain` by itself, and a
/// content type of ours would meet the one that it sets for gRPC.
pub(crate) fn send_local_response(status: u16, details: &str, body: &str) -> Result<(), HostError> {
    let headers = b"";
    let answer = proxy_send_local_response(
        status.into(),
        details.as_ptr(),
        details.len(),
        body.as_ptr(),
        body.len(),
        headers.as_ptr(),
        headers.len(),
        GRPC_STATUS_BY_PROXY,
    );
    match answer {
        0 => Ok(()),
        status => Err(HostError::Status { call: "proxy_send_local_response", status }),
    }
}
