//! The load: many connections, each with a certificate of its own, and a different
//! path in every request.
//!
//! Requests come in waves, one on each connection, and a wave begins when the one
//! before has been answered. What the client does for a wave, it does before it sends
//! the first of its bytes, so that the proxy finds work whenever it looks.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use loopback_mesh::certificates::Authority;
use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};

use super::rules::{self, Rules};

/// How long a proxy may take to answer a wave: ten thousand rules, one after another.
const PATIENCE: Duration = Duration::from_secs(60);
/// Connections of each load.
pub(super) const CONNECTIONS: usize = 64;
/// Different paths of each connection.
const ITEMS: usize = 1_000;

/// What callers need to prove who they are.
pub(super) struct Callers<'a> {
    authority: &'a Authority,
    configs: BTreeMap<usize, Arc<ClientConfig>>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// What the caller's own rule admits.
    Own,
    /// What another caller's rule admits.
    Foreign,
}

/// The connections to one server.
pub(super) struct Load {
    rules: Rules,
    connections: Vec<Connection>,
    /// How many requests each connection has sent.
    sent: usize,
}

/// The answers to one request on each connection.
pub(super) struct Wave {
    pub(super) statuses: Vec<u16>,
    /// How long the slowest took.
    pub(super) slowest: Duration,
}

struct Connection {
    socket: TcpStream,
    tls: Option<ClientConnection>,
    caller: usize,
    /// What goes out next, when there is no TLS.
    plain: Vec<u8>,
    received: Vec<u8>,
}

impl<'a> Callers<'a> {
    pub(super) const fn new(authority: &'a Authority) -> Self {
        Self { authority, configs: BTreeMap::new() }
    }

    fn config(&mut self, caller: usize) -> Result<Arc<ClientConfig>> {
        if let Some(known) = self.configs.get(&caller) {
            return Ok(Arc::clone(known));
        }
        let identity = self.authority.issue(&rules::caller(caller))?;
        let mut config = self.authority.client(Some(&identity))?;
        config.resumption = Resumption::disabled();
        let config = Arc::new(config);
        self.configs.insert(caller, Arc::clone(&config));
        Ok(config)
    }
}

impl Load {
    /// Connects callers that are spread evenly over all of them.
    ///
    /// # Errors
    ///
    /// When a connection cannot be made.
    pub(super) fn connect(
        server: SocketAddr,
        callers: Option<&mut Callers<'_>>,
        rules: Rules,
    ) -> Result<Self> {
        let mut callers = callers;
        let mut connections = Vec::new();
        for number in 0..CONNECTIONS {
            let caller = (2 * number + 1) * rules.callers / (2 * CONNECTIONS);
            let config = callers.as_mut().map(|callers| callers.config(caller)).transpose()?;
            connections.push(Connection::open(server, config, caller)?);
        }
        Ok(Self { rules, connections, sent: 0 })
    }

    /// Sends so many waves, of which every answer must have this status.
    ///
    /// # Errors
    ///
    /// When an answer is another one, or none.
    pub(super) fn waves(&mut self, count: usize, wish: Wish, status: u16) -> Result<()> {
        for _ in 0..count {
            let wave = self.wave(wish)?;
            let other = wave.statuses.iter().find(|it| **it != status);
            ensure!(other.is_none(), "status {other:?} instead of {status}");
        }
        Ok(())
    }

    /// Sends a request on every connection and waits for all answers.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub(super) fn wave(&mut self, wish: Wish) -> Result<Wave> {
        for (index, connection) in self.connections.iter_mut().enumerate() {
            // Another item on each connection, and all of them in turn.
            let item = (index * ITEMS / CONNECTIONS + 7 * self.sent) % ITEMS;
            let caller = match wish {
                Wish::Own => connection.caller,
                Wish::Foreign => (connection.caller + self.rules.callers / 2) % self.rules.callers,
            };
            let rule = self.rules.rule(caller, self.sent);
            connection.prepare(request(&rules::path(rule, item)).as_bytes())?;
        }
        self.sent += 1;
        let mut begins = Vec::with_capacity(CONNECTIONS);
        for connection in &mut self.connections {
            begins.push(Instant::now());
            connection.send()?;
        }
        let mut slowest = Duration::ZERO;
        let mut statuses = Vec::with_capacity(CONNECTIONS);
        for (connection, begin) in self.connections.iter_mut().zip(begins) {
            statuses.push(connection.receive()?);
            slowest = slowest.max(begin.elapsed());
        }
        Ok(Wave { statuses, slowest })
    }

    /// Whose the first connection is.
    pub(super) fn first_caller(&self) -> Option<usize> {
        self.connections.first().map(|connection| connection.caller)
    }
}

impl Connection {
    fn open(server: SocketAddr, config: Option<Arc<ClientConfig>>, caller: usize) -> Result<Self> {
        let mut socket = TcpStream::connect(server)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let mut tls = None;
        if let Some(config) = config {
            let name = ServerName::try_from(rules::server().host())?;
            let mut connection = ClientConnection::new(config, name)?;
            while connection.is_handshaking() {
                connection.complete_io(&mut socket).context("no handshake")?;
            }
            tls = Some(connection);
        }
        Ok(Self { socket, tls, caller, plain: Vec::new(), received: Vec::new() })
    }

    /// Does all that can be done before the first byte is sent.
    fn prepare(&mut self, request: &[u8]) -> Result<()> {
        match &mut self.tls {
            Some(tls) => tls.writer().write_all(request)?,
            None => self.plain.extend_from_slice(request),
        }
        Ok(())
    }

    fn send(&mut self) -> Result<()> {
        match &mut self.tls {
            Some(tls) => {
                while tls.wants_write() {
                    tls.write_tls(&mut self.socket)?;
                }
            }
            None => self.socket.write_all(&self.plain)?,
        }
        self.plain.clear();
        Ok(())
    }

    /// Reads one whole response, of which the status is enough.
    fn receive(&mut self) -> Result<u16> {
        self.received.clear();
        loop {
            if let Some(status) = status_of_whole(&self.received)? {
                return Ok(status);
            }
            self.read()?;
        }
    }

    fn read(&mut self) -> Result<()> {
        let mut bytes = [0; 4096];
        let Some(tls) = &mut self.tls else {
            let length = self.socket.read(&mut bytes)?;
            ensure!(length > 0, "the connection ended");
            self.received.extend(bytes.iter().take(length));
            return Ok(());
        };
        ensure!(tls.read_tls(&mut self.socket)? > 0, "the connection ended");
        tls.process_new_packets()?;
        loop {
            match tls.reader().read(&mut bytes) {
                Ok(0) => bail!("the connection ended"),
                Ok(length) => self.received.extend(bytes.iter().take(length)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// The headers of an ordinary client.
fn request(path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\n\
         host: server.app\r\n\
         user-agent: Mozilla/5.0 (X11; Linux x86_64) bench/1.0\r\n\
         accept: application/json\r\n\
         accept-encoding: gzip, deflate, br\r\n\
         accept-language: en-GB,en;q=0.7\r\n\
         cache-control: no-cache\r\n\
         traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\
         x-tenant: 4f1c9a7e\r\n\
         cookie: session=0123456789abcdef0123456789abcdef\r\n\
         \r\n"
    )
}

/// The status, once the response is there with its body.
fn status_of_whole(response: &[u8]) -> Result<Option<u16>> {
    let Some(end) = response.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    let (head, body) = response.split_at(end + 4);
    let head = std::str::from_utf8(head).context("no HTTP")?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.context("no content-length")?.parse()?;
    if body.len() < length {
        return Ok(None);
    }
    let status = head.split(' ').nth(1).context("no status")?;
    Ok(Some(status.parse()?))
}

#[cfg(test)]
mod tests {
    use super::status_of_whole;

    #[test]
    fn a_response_is_read_to_its_end() {
        let response = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\nserver: envoy\r\n\r\nno";
        assert_eq!(status_of_whole(response).unwrap(), Some(403));
        for length in 0..response.len() {
            assert_eq!(status_of_whole(&response[..length]).unwrap(), None, "{length}");
        }
    }
}
