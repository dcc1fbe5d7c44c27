//! From what the proxy knows about a request or connection to the question for the
//! table.

use decision_table::{Destination, NoHeaders, Protocol, Request};
use proxy_wasm::types::Bytes;

use crate::headers::{HeaderBlock, Pseudo};
use crate::host::{Host, HostError};
use crate::settings::{OwnedTable, Policy};

/// The first URI in the certificate that the peer presented. The connection is
/// the only source of identity: a header says whatever its sender likes.
const PEER: &[u8] = b"connection\0uri_san_peer_certificate";
/// All URIs in that certificate, joined by commas, where the listener says them before
/// anything else. A valid one has just one, and several make no identity: nobody knows
/// whom an authority meant that wrote two.
const PEER_NAMES: &[u8] = b"filter_state\0smi.peer_names";
/// The first URI in the certificate of this proxy.
const WORKLOAD: &[u8] = b"connection\0uri_san_local_certificate";
/// The port on which the request arrived.
const PORT: &[u8] = b"destination\0port";

/// Everything that a decision can depend on, as the proxy gave it.
///
/// Each part costs a host call that copies, more than the decision itself, so
/// only what the tables can ask for is read.
pub(crate) struct Attributes {
    headers: Option<HeaderBlock>,
    connection: Connection,
}

/// What is known of every connection.
#[derive(Default)]
struct Connection {
    peer: Option<Bytes>,
    workload: Option<Bytes>,
    port: Option<u16>,
}

impl Attributes {
    /// Reads what a policy needs to know about the current request.
    pub(crate) fn of_request(host: &impl Host, policy: &Policy) -> Result<Self, HostError> {
        let headers = Some(headers(host)?);
        Ok(Self { headers, connection: Connection::read(host, policy)? })
    }

    /// Reads what a policy needs to know about the current connection.
    pub(crate) fn of_connection(host: &impl Host, policy: &Policy) -> Result<Self, HostError> {
        Ok(Self { headers: None, connection: Connection::read(host, policy)? })
    }

    /// Who is calling.
    pub(crate) fn peer(&self) -> Option<&[u8]> {
        self.connection.peer.as_deref()
    }

    /// The question for a table.
    pub(crate) fn request(&self, table: &OwnedTable) -> Request<'_> {
        let pseudo = self.headers.as_ref().map_or_else(Pseudo::default, HeaderBlock::pseudo);
        Request {
            protocol: if self.headers.is_some() { Protocol::Http } else { Protocol::Tcp },
            peer: self.peer(),
            // A table for a mesh is asked about the workload of this proxy; without an
            // identity of its own there is none, and the table denies.
            destination: match &self.connection.workload {
                Some(workload) if table.workload().is_none() => Destination::Workload(workload),
                _ => Destination::OfTable,
            },
            port: self.connection.port,
            method: pseudo.method,
            path: pseudo.path,
            authority: pseudo.authority,
            headers: match &self.headers {
                Some(headers) => headers,
                None => &NoHeaders,
            },
        }
    }
}

impl Connection {
    fn read(host: &impl Host, policy: &Policy) -> Result<Self, HostError> {
        Ok(Self {
            peer: match text(host, PEER_NAMES)? {
                None => text(host, PEER)?,
                all => all,
            },
            workload: if policy.is_for_mesh { text(host, WORKLOAD)? } else { None },
            port: match policy.port {
                None if policy.uses_ports => port(host)?,
                stated => stated,
            },
        })
    }
}

/// The headers of the current request.
pub(crate) fn headers(host: &impl Host) -> Result<HeaderBlock, HostError> {
    let call = "proxy_get_header_map_pairs";
    let wrong = HostError::Answer { call, problem: "returned no headers" };
    HeaderBlock::read(host.request_headers()?).ok_or(wrong)
}

/// A property that is text; the proxy may give an empty one where it has none.
fn text(host: &impl Host, path: &'static [u8]) -> Result<Option<Bytes>, HostError> {
    Ok(host.property(path)?.filter(|value| !value.is_empty()))
}

/// The port property, which is a little-endian `i64`.
fn port(host: &impl Host) -> Result<Option<u16>, HostError> {
    let Some(bytes) = host.property(PORT)? else { return Ok(None) };
    let number = bytes.as_array().map(|bytes| i64::from_le_bytes(*bytes));
    let port = number.and_then(|number| u16::try_from(number).ok());
    let call = "proxy_get_property";
    port.map(Some).ok_or(HostError::Answer { call, problem: "returned something else than a port" })
}
