//! A client that speaks to a sidecar's inbound listener itself: TLS with any
//! certificate or none, and any bytes as a request.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use loopback_mesh::Workload;
use loopback_mesh::certificates::{Authority, Identity};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

/// How long a sidecar may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connects anew for every request.
#[derive(Clone)]
pub(super) struct Client {
    address: SocketAddr,
    server: ServerName<'static>,
    config: Arc<ClientConfig>,
}

/// An HTTP/1.1 response.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    /// Status line and headers, in lower case.
    pub(super) head: String,
    pub(super) body: String,
}

impl Client {
    /// A client of the sidecar of `server` at `address`, who trusts `authority` and
    /// presents the certificate of `identity`, or none.
    pub(super) fn new(
        address: SocketAddr,
        server: &Workload,
        authority: &Authority,
        identity: Option<&Identity>,
    ) -> Result<Self> {
        let server = ServerName::try_from(server.host())?;
        Ok(Self { address, server, config: Arc::new(authority.client(identity)?) })
    }

    /// The same client, who offers to speak this protocol.
    pub(super) fn speaking(&self, protocol: &[u8]) -> Self {
        let mut config = ClientConfig::clone(&self.config);
        config.alpn_protocols = vec![protocol.to_vec()];
        Self { config: Arc::new(config), ..self.clone() }
    }

    /// A GET request with the headers that the example's policies ask for.
    pub(super) fn get(&self, path: &str) -> Result<Response> {
        self.send(&request("GET", path, ""))
    }

    /// A connection, of which the handshake begins with the first data.
    pub(super) fn connect(&self) -> Result<StreamOwned<ClientConnection, TcpStream>> {
        let socket = TcpStream::connect(self.address)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let connection = ClientConnection::new(Arc::clone(&self.config), self.server.clone())?;
        Ok(StreamOwned::new(connection, socket))
    }

    /// Sends `request` as it is, and reads the first response. The end of the connection
    /// is not waited for: Envoy leaves it to us for a while when it has denied something.
    ///
    /// # Errors
    ///
    /// When the handshake fails or the answer is not HTTP.
    pub(super) fn send(&self, request: &[u8]) -> Result<Response> {
        Response::parse(&self.read(request, is_whole)?)
    }

    /// Sends `requests` as they are, and reads all that comes up to the end of the
    /// connection.
    ///
    /// # Errors
    ///
    /// When the handshake fails or nothing comes.
    pub(super) fn exchange(&self, requests: &[u8]) -> Result<Vec<u8>> {
        self.read(requests, |_| false)
    }

    /// Sends bytes, and reads until `is_enough` or the end of the connection.
    fn read(&self, requests: &[u8], is_enough: impl Fn(&[u8]) -> bool) -> Result<Vec<u8>> {
        let mut stream = self.connect()?;
        stream.write_all(requests)?;
        let (mut answer, mut piece) = (Vec::new(), [0; 4096]);
        while !is_enough(&answer) {
            match stream.read(&mut piece) {
                Ok(0) => break,
                Ok(length) => answer.extend_from_slice(&piece[..length]),
                // Envoy need not say goodbye in TLS before it closes, and it may close
                // before it has read all that was sent.
                Err(error) if is_end(&error) && !answer.is_empty() => break,
                Err(error) => return Err(error).context("no response"),
            }
        }
        ensure!(!answer.is_empty(), "the connection ended without a response");
        Ok(answer)
    }
}

/// Whether an answer has come with its whole body.
fn is_whole(answer: &[u8]) -> bool {
    Response::parse(answer).is_ok_and(|response| {
        let length = response.header("content-length").map_or(Ok(0), str::parse);
        length.is_ok_and(|length: usize| response.body.len() >= length)
    })
}

fn is_end(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset)
}

/// A connection that stays open from request to request, and is opened anew when it
/// was closed.
pub(super) struct Session {
    client: Client,
    stream: Option<BufReader<StreamOwned<ClientConnection, TcpStream>>>,
}

impl Session {
    pub(super) const fn new(client: Client) -> Self {
        Self { client, stream: None }
    }

    /// Sends a request and reads its response; `head`: one without a body.
    pub(super) fn send(&mut self, request: &[u8], head: bool) -> Result<Response> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => BufReader::new(self.client.connect()?),
        };
        stream.get_mut().write_all(request)?;
        let mut text = String::new();
        while !text.ends_with("\r\n\r\n") {
            ensure!(stream.read_line(&mut text)? > 0, "the connection ended in `{text}`");
        }
        let mut response = Response::parse(text.as_bytes())?;
        let length = response.header("content-length").map_or(Ok(0), str::parse)?;
        ensure!(response.header("transfer-encoding").is_none(), "{response:?}");
        let mut body = vec![0; if head { 0 } else { length }];
        stream.read_exact(&mut body)?;
        response.body = String::from_utf8_lossy(&body).into_owned();
        if response.header("connection") != Some("close") {
            self.stream = Some(stream);
        }
        Ok(response)
    }
}

impl Response {
    /// The value of a header, in lower case.
    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut values = lines.filter(|(known, _)| *known == name).map(|(_, value)| value);
        values.next()
    }

    /// The reason that the filter gives.
    pub(super) fn denial(&self) -> Option<String> {
        let rest = self.body.strip_prefix("access denied by mesh policy (")?;
        Some(rest.strip_suffix(")\n")?.to_owned())
    }

    /// The answer that `bytes` begin with, and what follows its head.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self> {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").context("a response without an end")?;
        let status = head.split(' ').nth(1).context("a response without a status")?;
        Ok(Self { status: status.parse()?, head: head.to_ascii_lowercase(), body: body.to_owned() })
    }
}

/// A request with the headers that the example's policies ask for, and `more`
/// lines, each with its line end. The connection ends with it.
pub(super) fn request(method: &str, path: &str, more: &str) -> Vec<u8> {
    format!(
        "{method} {path} HTTP/1.1\r\n\
         host: bookstore.bookstore\r\n\
         user-agent: book-client/1.0\r\n\
         client-app: bookbuyer\r\n\
         connection: close\r\n\
         {more}\r\n"
    )
    .into_bytes()
}
