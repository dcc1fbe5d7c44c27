//! The proxy around the filter: what Envoy does, as far as the filter needs it.
//!
//! All other host functions trap, so that a test fails when the filter begins to use
//! one. What Envoy answers to each call is known from Envoy itself, where the
//! end-to-end tests run the same module.

#![expect(clippy::expect_used, reason = "a broken premise is a failed test")]

use conformance::engine::header_block;
use wasmi::{AsContextMut, Caller, Error, ExternType, Linker, Memory};

use super::vm::{MODULE, Proxy, Reply};

/// The number of the map of a request's headers.
const REQUEST_HEADERS: u32 = 0;
/// Statuses of the ABI.
const OK: u32 = 0;
const NOT_FOUND: u32 = 1;

/// Where something lies in the memory of the VM.
type Address = u32;

/// The host functions.
pub(super) fn linker() -> Linker<Proxy> {
    let mut linker = Linker::new(MODULE.engine());
    define(&mut linker).expect("each function is defined once");
    // INVARIANT: `define` came first, and a second definition is refused.
    for import in MODULE.imports() {
        if let ExternType::Func(ty) = import.ty() {
            let name = import.name().to_owned();
            let trap = move |_: Caller<'_, Proxy>, _: &[_], _: &mut [_]| {
                Err(Error::new(format!("the filter called `{name}`")))
            };
            linker.func_new(import.module(), import.name(), ty.clone(), trap).ok();
        }
    }
    linker
}

#[rustfmt::skip]
fn define(linker: &mut Linker<Proxy>) -> Result<(), wasmi::errors::LinkerError> {
    linker.func_wrap("env", "proxy_log", log)?;
    linker.func_wrap("env", "proxy_get_log_level", get_log_level)?;
    linker.func_wrap("env", "proxy_get_buffer_bytes", get_buffer_bytes)?;
    linker.func_wrap("env", "proxy_get_header_map_pairs", get_header_map_pairs)?;
    linker.func_wrap("env", "proxy_get_property", get_property)?;
    linker.func_wrap("env", "proxy_set_property", set_property)?;
    linker.func_wrap("env", "proxy_replace_header_map_value", replace_header)?;
    linker.func_wrap("env", "proxy_remove_header_map_value", remove_header)?;
    linker.func_wrap("env", "proxy_close_stream", close_stream)?;
    linker.func_wrap("wasi_snapshot_preview1", "random_get", random_get)?;
    linker.func_wrap("env", "proxy_get_current_time_nanoseconds", get_current_time)?;
    linker.func_wrap("env", "proxy_send_local_response", send_local_response)?;
    linker.func_wrap("env", "proxy_define_metric", define_metric)?;
    linker.func_wrap("env", "proxy_increment_metric", increment_metric)?;
    linker.func_wrap("env", "proxy_record_metric", record_metric)?;
    Ok(())
}

fn log(caller: Caller<'_, Proxy>, _level: u32, at: Address, length: u32) -> Result<u32, Error> {
    let mut caller = caller;
    let message = text(&caller, at, length)?;
    caller.data_mut().log.push(message);
    Ok(OK)
}

fn get_log_level(mut caller: Caller<'_, Proxy>, level_at: Address) -> Result<u32, Error> {
    const TRACE: u32 = 0;
    write(&mut caller, level_at, &TRACE.to_le_bytes())?;
    Ok(OK)
}

fn get_buffer_bytes(
    mut caller: Caller<'_, Proxy>,
    buffer: u32,
    start: u32,
    most: u32,
    data_at: Address,
    length_at: Address,
) -> Result<u32, Error> {
    const PLUGIN_CONFIGURATION: u32 = 7;
    if (buffer, start) != (PLUGIN_CONFIGURATION, 0) {
        return Err(Error::new("the filter asked for another buffer than its configuration"));
    }
    let configuration = &caller.data().configuration;
    let bytes = configuration.iter().copied().take(most as usize).collect();
    give(&mut caller, Some(bytes), data_at, length_at)
}

fn get_header_map_pairs(
    mut caller: Caller<'_, Proxy>,
    map: u32,
    data_at: Address,
    length_at: Address,
) -> Result<u32, Error> {
    if map != REQUEST_HEADERS {
        return Err(Error::new("the filter asked for other headers than the request's"));
    }
    let pairs = header_block(&caller.data().request.headers);
    give(&mut caller, Some(pairs), data_at, length_at)
}

fn get_property(
    mut caller: Caller<'_, Proxy>,
    path_at: Address,
    path_length: u32,
    data_at: Address,
    length_at: Address,
) -> Result<u32, Error> {
    let path = text(&caller, path_at, path_length)?.replace('\0', ".");
    let value = match path.as_str() {
        "plugin_root_id" => Some(caller.data().root_id.clone().into_bytes()),
        _ => caller.data().request.properties.get(path.as_str()).cloned(),
    };
    give(&mut caller, value, data_at, length_at)
}

fn set_property(
    mut caller: Caller<'_, Proxy>,
    path_at: Address,
    path_length: u32,
    value_at: Address,
    value_length: u32,
) -> Result<u32, Error> {
    let note = (text(&caller, path_at, path_length)?, text(&caller, value_at, value_length)?);
    caller.data_mut().notes.push(note);
    Ok(OK)
}

fn remove_header(
    mut caller: Caller<'_, Proxy>,
    map: u32,
    name_at: Address,
    name_length: u32,
) -> Result<u32, Error> {
    let name = text(&caller, name_at, name_length)?;
    without_header(&mut caller, map, &name)?;
    Ok(OK)
}

fn without_header(caller: &mut Caller<'_, Proxy>, map: u32, name: &str) -> Result<(), Error> {
    if map != REQUEST_HEADERS {
        return Err(Error::new("the filter changed other headers than the request's"));
    }
    caller.data_mut().request.headers.retain(|(known, _)| known != name);
    Ok(())
}

fn replace_header(
    mut caller: Caller<'_, Proxy>,
    map: u32,
    name_at: Address,
    name_length: u32,
    value_at: Address,
    value_length: u32,
) -> Result<u32, Error> {
    let value = read(&caller, value_at, value_length)?;
    let name = text(&caller, name_at, name_length)?;
    without_header(&mut caller, map, &name)?;
    caller.data_mut().request.headers.push((name, value));
    Ok(OK)
}

fn close_stream(mut caller: Caller<'_, Proxy>, stream: u32) -> Result<u32, Error> {
    const DOWNSTREAM: u32 = 2;
    if stream != DOWNSTREAM {
        return Err(Error::new("the filter closed something else than the client's connection"));
    }
    caller.data_mut().closed = true;
    Ok(OK)
}

/// Chance has no say in tests.
fn random_get(mut caller: Caller<'_, Proxy>, at: Address, length: u32) -> Result<u32, Error> {
    write(&mut caller, at, &vec![4; length as usize])?;
    Ok(OK)
}

/// Time stands still.
fn get_current_time(mut caller: Caller<'_, Proxy>, time_at: Address) -> Result<u32, Error> {
    write(&mut caller, time_at, &1_700_000_000_000_000_000_u64.to_le_bytes())?;
    Ok(OK)
}

#[expect(clippy::too_many_arguments, reason = "the signature is the ABI's")]
fn send_local_response(
    mut caller: Caller<'_, Proxy>,
    status: u32,
    details_at: Address,
    details_length: u32,
    body_at: Address,
    body_length: u32,
    headers_at: Address,
    headers_length: u32,
    grpc_status: i32,
) -> Result<u32, Error> {
    let reply = Reply {
        status,
        details: text(&caller, details_at, details_length)?,
        body: text(&caller, body_at, body_length)?,
        headers: read(&caller, headers_at, headers_length)?,
        grpc_status,
    };
    caller.data_mut().reply = Some(reply);
    Ok(OK)
}

fn define_metric(
    mut caller: Caller<'_, Proxy>,
    _kind: u32,
    name_at: Address,
    name_length: u32,
    id_at: Address,
) -> Result<u32, Error> {
    let name = text(&caller, name_at, name_length)?;
    let metrics = &mut caller.data_mut().metrics;
    let position = metrics.iter().position(|(known, _)| *known == name);
    let id = position.unwrap_or_else(|| {
        metrics.push((name, 0));
        metrics.len() - 1
    });
    write(&mut caller, id_at, &(id as u32).to_le_bytes())?;
    Ok(OK)
}

fn increment_metric(mut caller: Caller<'_, Proxy>, id: u32, by: i64) -> u32 {
    change(&mut caller, id, |value| value.wrapping_add_signed(by))
}

fn record_metric(mut caller: Caller<'_, Proxy>, id: u32, value: u64) -> u32 {
    change(&mut caller, id, |_| value)
}

fn change(caller: &mut Caller<'_, Proxy>, id: u32, to: impl FnOnce(u64) -> u64) -> u32 {
    let Some((_, value)) = caller.data_mut().metrics.get_mut(id as usize) else {
        return NOT_FOUND;
    };
    *value = to(*value);
    OK
}

/// Puts bytes into memory that the VM allocates, and tells it where.
fn give(
    caller: &mut Caller<'_, Proxy>,
    bytes: Option<Vec<u8>>,
    data_at: Address,
    length_at: Address,
) -> Result<u32, Error> {
    let Some(bytes) = bytes else { return Ok(NOT_FOUND) };
    let length = u32::try_from(bytes.len()).map_err(|_| Error::new("too long for a VM"))?;
    let allocate = caller.get_export("malloc").and_then(wasmi::Extern::into_func);
    let allocate = allocate.ok_or_else(|| Error::new("the filter has no `malloc`"))?;
    let data = allocate.typed::<u32, Address>(&*caller)?.call(caller.as_context_mut(), length)?;
    write(caller, data, &bytes)?;
    write(caller, data_at, &data.to_le_bytes())?;
    write(caller, length_at, &length.to_le_bytes())?;
    Ok(OK)
}

fn memory(caller: &Caller<'_, Proxy>) -> Result<Memory, Error> {
    let memory = caller.get_export("memory").and_then(wasmi::Extern::into_memory);
    memory.ok_or_else(|| Error::new("the filter has no memory"))
}

fn read(caller: &Caller<'_, Proxy>, at: Address, length: u32) -> Result<Vec<u8>, Error> {
    let mut bytes = vec![0; length as usize];
    memory(caller)?.read(caller, at as usize, &mut bytes)?;
    Ok(bytes)
}

fn text(caller: &Caller<'_, Proxy>, at: Address, length: u32) -> Result<String, Error> {
    let bytes = read(caller, at, length)?;
    String::from_utf8(bytes).map_err(|_| Error::new("the filter sent text that is not UTF-8"))
}

fn write(caller: &mut Caller<'_, Proxy>, at: Address, bytes: &[u8]) -> Result<(), Error> {
    memory(caller)?.write(caller.as_context_mut(), at as usize, bytes)?;
    Ok(())
}
