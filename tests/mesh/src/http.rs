//! Plain HTTP/1.1 on loopback: applications to their sidecar, and us to Envoy's
//! admin interface.

use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::Duration;

use anyhow::{Context, Result};
use ureq::Agent;
use ureq::http::{Request, header::HOST};

/// Connections are kept and shared, as an application would.
static AGENT: LazyLock<Agent> = LazyLock::new(|| {
    Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(10)))
        .build()
        .into()
});

/// A response, read to its end.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The body as text.
    pub body: String,
}

/// A request of an application to a host of the mesh.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The method.
    pub method: &'a str,
    /// The `Host` header.
    pub host: &'a str,
    /// Path and query.
    pub path: &'a str,
    /// More headers.
    pub headers: &'a [(&'a str, &'a str)],
}

/// Sends `call` to the outbound listener of the caller's own sidecar.
///
/// # Errors
///
/// When there is no HTTP response at all; every status is a response.
pub fn call(sidecar: SocketAddr, call: Call<'_>) -> Result<Response> {
    let mut request = Request::builder()
        .method(call.method)
        .uri(format!("http://{sidecar}{}", call.path))
        .header(HOST, call.host);
    for (name, value) in call.headers {
        request = request.header(*name, *value);
    }
    let mut response = AGENT
        .run(request.body(())?)
        .with_context(|| format!("{} {} at {}", call.method, call.path, call.host))?;
    let status = response.status().as_u16();
    Ok(Response { status, body: response.body_mut().read_to_string()? })
}

/// Asks an admin interface.
///
/// # Errors
///
/// When there is no HTTP response at all; every status is a response.
pub fn get(server: SocketAddr, path: &str) -> Result<Response> {
    call(server, Call { method: "GET", host: "localhost", path, headers: &[] })
}
