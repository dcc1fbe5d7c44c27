//! From what the proxy knows about a request to the question for the table.

use decision_table::{Destination, Headers, Protocol, Request, Table};
use proxy_wasm::types::Bytes;

use crate::host::{Host, HostError};

/// The first URI in the certificate that the peer presented. The connection is
/// the only source of identity: a header says whatever its sender likes.
const PEER: [&str; 2] = ["connection", "uri_san_peer_certificate"];
/// The first URI in the certificate of this proxy.
const WORKLOAD: [&str; 2] = ["connection", "uri_san_local_certificate"];
/// The port on which the request arrived.
const PORT: [&str; 2] = ["destination", "port"];

/// Everything that a decision can depend on, as the proxy gave it.
///
/// Each part costs a host call that copies, more than the decision itself, so
/// only what the table can ask for is read.
pub(crate) struct Attributes {
    headers: HeaderList,
    peer: Option<Bytes>,
    workload: Option<Bytes>,
    port: Option<u16>,
}

impl Attributes {
    /// Reads what `table` needs to know about the current request.
    pub(crate) fn read(host: &impl Host, table: &Table<Vec<u8>>) -> Result<Self, HostError> {
        let headers = host.request_headers()?;
        if headers.is_empty() {
            let call = "proxy_get_header_map_pairs";
            return Err(HostError::Answer { call, problem: "returned no headers" });
        }
        let for_mesh = table.workload().is_none();
        Ok(Self {
            headers: HeaderList(headers),
            peer: text(host, &PEER)?,
            workload: if for_mesh { text(host, &WORKLOAD)? } else { None },
            port: if table.uses_ports() { port(host)? } else { None },
        })
    }

    /// The question for the table.
    pub(crate) fn request(&self) -> Request<'_> {
        Request {
            protocol: Protocol::Http,
            peer: self.peer.as_deref(),
            // Without an identity of this proxy's own the question is for the
            // workload of the table, which a table for a whole mesh denies.
            destination: self
                .workload
                .as_deref()
                .map_or(Destination::OfTable, Destination::Workload),
            port: self.port,
            method: self.headers.pseudo(":method"),
            path: self.headers.pseudo(":path"),
            authority: self.headers.pseudo(":authority"),
            headers: &self.headers,
        }
    }
}

/// All headers of a request in their order, pseudo headers included.
struct HeaderList(Vec<(String, Bytes)>);

impl HeaderList {
    /// The value of a pseudo header that was sent once. HTTP forbids to repeat
    /// them; of a request that does it all the same we cannot know which value
    /// the application will see, so it counts as missing.
    fn pseudo(&self, name: &str) -> Option<&[u8]> {
        let mut values = self.0.iter().filter(|(candidate, _)| candidate == name);
        let (_, value) = values.next()?;
        values.next().is_none().then_some(value)
    }
}

impl Headers for HeaderList {
    fn visit(&self, name: &[u8], visit: &mut dyn FnMut(&[u8])) {
        self.0.as_slice().visit(name, visit);
    }
}

/// A property that is text; the proxy may give an empty one where it has none.
fn text(host: &impl Host, path: &[&str]) -> Result<Option<Bytes>, HostError> {
    Ok(host.property(path)?.filter(|value| !value.is_empty()))
}

/// The port property, which is a little-endian `i64`.
fn port(host: &impl Host) -> Result<Option<u16>, HostError> {
    let Some(bytes) = host.property(&PORT)? else { return Ok(None) };
    let number = bytes.as_array().map(|bytes| i64::from_le_bytes(*bytes));
    let port = number.and_then(|number| u16::try_from(number).ok());
    let call = "proxy_get_property";
    port.map(Some).ok_or(HostError::Answer { call, problem: "returned something else than a port" })
}
