//! The host functions of the proxy-wasm ABI that the filter calls for requests.
//!
//! The SDK has them too, but it copies every header into strings of its own, puts a
//! property's path together anew for each call, leaves the details of a local
//! response empty, and panics on statuses that it does not foresee. A request costs
//! the proxy little more than these calls, so they are made here as they are.

#![expect(
    unsafe_code,
    reason = "the only way to declare host functions and to take what they give"
)]

use std::ptr::null_mut;

use proxy_wasm::types::{Bytes, MapType, StreamType};

use crate::host::HostError;

/// Leaves it to the proxy to choose a gRPC status from the HTTP status when the
/// request was a gRPC call.
const GRPC_STATUS_BY_PROXY: i32 = -1;
/// Statuses of the ABI.
const OK: u32 = 0;
const NOT_FOUND: u32 = 1;

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
    safe fn proxy_replace_header_map_value(
        map: u32,
        name: *const u8,
        name_length: usize,
        value: *const u8,
        value_length: usize,
    ) -> u32;
    safe fn proxy_remove_header_map_value(map: u32, name: *const u8, name_length: usize) -> u32;
    safe fn proxy_set_property(
        path: *const u8,
        path_length: usize,
        value: *const u8,
        value_length: usize,
    ) -> u32;
    safe fn proxy_close_stream(stream: u32) -> u32;

    // Not safe: the host writes where the last pointers lead.
    fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, length: *mut usize) -> u32;
    fn proxy_get_property(
        path: *const u8,
        path_length: usize,
        data: *mut *mut u8,
        length: *mut usize,
    ) -> u32;
    fn proxy_get_current_time_nanoseconds(time: *mut u64) -> u32;
}

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn random_get(data: *mut u8, length: usize) -> u32;
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
    done("proxy_send_local_response", answer)
}

/// All headers of the current request in the ABI's form.
pub(crate) fn request_headers() -> Result<Bytes, HostError> {
    let map = MapType::HttpRequestHeaders as u32;
    // SAFETY: both pointers are to variables of the right type.
    let call =
        |data: &mut _, length: &mut _| unsafe { proxy_get_header_map_pairs(map, data, length) };
    take("proxy_get_header_map_pairs", call).map(Option::unwrap_or_default)
}

/// A property, when there is one. The parts of the path are divided by zero bytes.
pub(crate) fn property(path: &[u8]) -> Result<Option<Bytes>, HostError> {
    // SAFETY: the path is a slice, and both pointers are to variables of the right type.
    let call = |data: &mut _, length: &mut _| unsafe {
        proxy_get_property(path.as_ptr(), path.len(), data, length)
    };
    take("proxy_get_property", call)
}

/// Puts one header in place of all of this name.
pub(crate) fn set_request_header(name: &str, value: &[u8]) -> Result<(), HostError> {
    let map = MapType::HttpRequestHeaders as u32;
    let (name, name_length) = (name.as_ptr(), name.len());
    let answer =
        proxy_replace_header_map_value(map, name, name_length, value.as_ptr(), value.len());
    done("proxy_replace_header_map_value", answer)
}

/// Removes all headers of a name.
pub(crate) fn remove_request_header(name: &str) -> Result<(), HostError> {
    let map = MapType::HttpRequestHeaders as u32;
    let answer = proxy_remove_header_map_value(map, name.as_ptr(), name.len());
    done("proxy_remove_header_map_value", answer)
}

/// Sets a property of the current request or connection.
pub(crate) fn set_property(path: &str, value: &[u8]) -> Result<(), HostError> {
    let answer = proxy_set_property(path.as_ptr(), path.len(), value.as_ptr(), value.len());
    done("proxy_set_property", answer)
}

/// Closes the connection to the client.
pub(crate) fn close_downstream() -> Result<(), HostError> {
    done("proxy_close_stream", proxy_close_stream(StreamType::Downstream as u32))
}

/// Nanoseconds since 1970.
pub(crate) fn now() -> Result<u64, HostError> {
    let mut time = 0;
    // SAFETY: the pointer is to a variable of the right type.
    let answer = unsafe { proxy_get_current_time_nanoseconds(&raw mut time) };
    done("proxy_get_current_time_nanoseconds", answer).map(|()| time)
}

/// A random number, from the machine's own source.
pub(crate) fn random() -> Result<u64, HostError> {
    let mut bytes = [0; 8];
    // SAFETY: the host writes as many bytes as the array has.
    let answer = unsafe { random_get(bytes.as_mut_ptr(), bytes.len()) };
    done("random_get", answer).map(|()| u64::from_le_bytes(bytes))
}

/// What a call gives: the host has it allocated by `malloc`, which the SDK exports,
/// and leaves it to us.
fn take(
    name: &'static str,
    call: impl FnOnce(&mut *mut u8, &mut usize) -> u32,
) -> Result<Option<Bytes>, HostError> {
    let (mut data, mut length) = (null_mut(), 0);
    match call(&mut data, &mut length) {
        OK if data.is_null() => Ok(None),
        // SAFETY: `malloc` gives boxed slices, of which capacity and length are the
        // same, and the host has filled all of it.
        OK => Ok(Some(unsafe { Vec::from_raw_parts(data, length, length) })),
        NOT_FOUND => Ok(None),
        status => Err(HostError::Status { call: name, status }),
    }
}

const fn done(call: &'static str, status: u32) -> Result<(), HostError> {
    match status {
        OK => Ok(()),
        status => Err(HostError::Status { call, status }),
    }
}
