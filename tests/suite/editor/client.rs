//! A small editor: the client's side of the Language Server Protocol, over the
//! standard streams of the server.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// After this time, something that a test waits for will not come any more.
const PATIENCE: Duration = Duration::from_secs(60);

/// What `Method not found` is in JSON-RPC.
const METHOD_NOT_FOUND: i32 = -32601;

/// The server and the talk with it.
pub(super) struct Client {
    server: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    /// Everything that came, for the report when something did not.
    received: Vec<Value>,
    settings: Value,
    requests: u64,
    deadline: Instant,
}

impl Client {
    /// Starts the server for a user with these settings.
    pub(super) fn start(program: &Path, path: &OsString, settings: Value) -> Self {
        let mut server = Command::new(program)
            .arg("--stdio")
            .env("PATH", path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let input = server.stdin.take().expect("it is piped");
        let mut output = BufReader::new(server.stdout.take().expect("it is piped"));
        let (sender, messages) = mpsc::channel();
        // A thread of its own, because reading cannot be given up when time is over.
        thread::spawn(move || {
            while let Ok(message) = read_message(&mut output) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let deadline = Instant::now() + PATIENCE;
        let received = Vec::new();
        let mut client =
            Self { server, input, messages, received, settings, requests: 0, deadline };
        client.introduce();
        client
    }

    /// Servers end themselves when the process that they are told of is gone.
    fn introduce(&mut self) {
        let capabilities = json!({
            "workspace": {
                "configuration": true,
                "didChangeConfiguration": {"dynamicRegistration": true},
            },
            "textDocument": {
                "completion": {"completionItem": {"snippetSupport": true}},
                "hover": {"contentFormat": ["markdown", "plaintext"]},
                "publishDiagnostics": {},
            },
        });
        let process = std::process::id();
        self.request(
            "initialize",
            &json!({"processId": process, "rootUri": null, "capabilities": capabilities}),
        );
        self.notify("initialized", &json!({}));
    }

    /// Opens a document.
    pub(super) fn open(&mut self, uri: &str, text: &str) {
        let document = json!({"uri": uri, "languageId": "yaml", "version": 1, "text": text});
        self.notify("textDocument/didOpen", &json!({"textDocument": document}));
    }

    /// The next diagnostics of a document.
    pub(super) fn diagnostics(&mut self, uri: &str) -> Vec<Value> {
        loop {
            let mut message = self.receive(&format!("diagnostics of {uri}"));
            let of_document = message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["uri"] == uri;
            if let (true, Value::Array(all)) =
                (of_document, message["params"]["diagnostics"].take())
            {
                return all;
            }
        }
    }

    /// The result of a request.
    pub(super) fn request(&mut self, method: &str, params: &Value) -> Value {
        self.requests += 1;
        let id = self.requests;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let mut message = self.receive(&format!("the answer to {method}"));
            if message["id"] == id && message["method"].is_null() {
                assert!(message["error"].is_null(), "{method}: {message}");
                return message["result"].take();
            }
        }
    }

    fn notify(&mut self, method: &str, params: &Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len())
            .and_then(|()| self.input.flush())
            .expect("the server reads");
    }

    /// The next message. What the server asks is answered on the way, because it
    /// waits for that.
    fn receive(&mut self, what: &str) -> Value {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let Ok(message) = self.messages.recv_timeout(left) else {
            panic!("no {what}; the server has sent {:#}", Value::from(self.received.clone()));
        };
        self.received.push(message.clone());
        if let (Some(method), false) = (message["method"].as_str(), message["id"].is_null()) {
            let answer = self.answer(method, &message["params"]);
            let (name, content) = match answer {
                Some(result) => ("result", result),
                None => ("error", json!({"code": METHOD_NOT_FOUND, "message": method})),
            };
            self.send(&json!({"jsonrpc": "2.0", "id": message["id"], name: content}));
        }
        message
    }

    fn answer(&self, method: &str, params: &Value) -> Option<Value> {
        match method {
            "workspace/configuration" => {
                let sections = params["items"].as_array().into_iter().flatten();
                let setting = |item: &Value| {
                    let section = item["section"].as_str()?;
                    self.settings.get(section).cloned()
                };
                Some(sections.map(|item| setting(item).unwrap_or_default()).collect())
            }
            "client/registerCapability" | "client/unregisterCapability" => Some(Value::Null),
            _ => None,
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Both fail only when the server has ended already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A head of lines like those of HTTP, and the JSON text that it gives the length of.
fn read_message(output: &mut impl BufRead) -> io::Result<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().map_err(io::Error::other)?;
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut text = vec![0; length];
    output.read_exact(&mut text)?;
    Ok(serde_json::from_slice(&text)?)
}
