//! An application that serves everything and remembers what it was asked: so that
//! what a sidecar lets through is seen as the application sees it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::Result;

/// It trusts what it gets, as applications do: no framework refuses anything here.
pub(super) struct Recorder {
    pub(super) address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Recorder {
    pub(super) fn start() -> Result<Self> {
        let heads = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&heads);
        let address = listen(move |connection| _ = serve(connection, &shared))?;
        Ok(Self { address, heads })
    }

    /// What arrived since the last look: request lines with their headers, of which the
    /// names are in lower case.
    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.heads.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A server on a free port that does this with each connection, until the process ends.
pub(super) fn listen(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let serve = Arc::clone(&serve);
            thread::spawn(move || serve(connection));
        }
    });
    Ok(address)
}

/// Method and target of a recorded request.
pub(super) fn line(head: &str) -> &str {
    let line = head.lines().next().unwrap_or_default();
    line.strip_suffix(" HTTP/1.1").unwrap_or(line)
}

fn serve(connection: TcpStream, heads: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(connection);
    loop {
        let head = read_head(&mut reader)?;
        let is_upgrade = head.contains("\nupgrade: ");
        let is_head = head.starts_with("HEAD ");
        skip_body(&mut reader, &head)?;
        heads.lock().unwrap_or_else(PoisonError::into_inner).push(head);
        let answer = match (is_upgrade, is_head) {
            (true, _) => {
                "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\n\
                 upgrade: websocket\r\n\r\n"
            }
            (_, true) => "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n",
            _ => "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok\n",
        };
        reader.get_mut().write_all(answer.as_bytes()).ok()?;
        if is_upgrade {
            return None;
        }
    }
}

/// Request line and headers; `None` at the end of the connection.
fn read_head(reader: &mut impl BufRead) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        (reader.read_until(b'\n', &mut head).ok()? > 0).then_some(())?;
    }
    Some(String::from_utf8_lossy(&head).into_owned())
}

fn skip_body(reader: &mut impl BufRead, head: &str) -> Option<()> {
    let value = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
    if value("transfer-encoding: ").is_some() {
        while chunk(reader)? > 0 {}
        // Trailers, up to an empty line.
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            if line.trim().is_empty() {
                return Some(());
            }
        }
    }
    let length = value("content-length: ").map_or(Some(0), |length| length.parse().ok())?;
    skip(reader, length)
}

/// Skips a chunk, and says how long it was.
fn chunk(reader: &mut impl BufRead) -> Option<u64> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let length = u64::from_str_radix(line.trim(), 16).ok()?;
    let end = if length > 0 { 2 } else { 0 };
    skip(reader, length + end)?;
    Some(length)
}

fn skip(reader: &mut impl BufRead, length: u64) -> Option<()> {
    let skipped = std::io::copy(&mut reader.take(length), &mut std::io::sink()).ok()?;
    (skipped == length).then_some(())
}
