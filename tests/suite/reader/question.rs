//! What the reader in Python and this workspace's own are asked, and our answer,
//! in the JSON that `python/table.py` describes.

use std::path::Path;

use conformance::engine::TRUST_DOMAIN;
use conformance::request::{self, Request};
use decision_table::{Backend, Destination, Draw, Protocol, Table, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A request, and perhaps the Service that it is for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    /// The Service when the question is where the request goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) root: Option<String>,
    /// What chooses among the backends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<String>,
    pub(super) request: Asked,
}

/// A request as tables are asked about it; what it has not is left out.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Asked {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) protocol: Option<Spoken>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) peer: Option<Bytes>,
    /// The workload that is called; without it the one that the table is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) destination: Option<Bytes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) method: Option<Bytes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<Bytes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) authority: Option<Bytes>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) headers: Vec<(Bytes, Bytes)>,
}

/// HTTP unless something else is said.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Spoken {
    Tcp,
    Udp,
}

/// Bytes as a text of which each character is one byte.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Bytes(pub(super) Vec<u8>);

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Bytes> for String {
    fn from(Bytes(bytes): Bytes) -> Self {
        bytes.into_iter().map(char::from).collect()
    }
}

impl TryFrom<String> for Bytes {
    type Error = std::char::TryFromCharError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.chars().map(u8::try_from).collect::<Result<_, _>>().map(Self)
    }
}

impl Asked {
    /// A request of the generators, to the workload of a table or to its own.
    pub(super) fn of(request: &Request, destination: Option<String>) -> Self {
        let bytes = |text: &request::Bytes| Bytes(text.0.clone());
        let header = |(name, value): &(String, request::Bytes)| {
            (Bytes(name.clone().into_bytes()), bytes(value))
        };
        let peer = request.source.as_ref().map(|source| source.spiffe_id(TRUST_DOMAIN));
        Self {
            protocol: match request.protocol {
                request::Protocol::Http => None,
                request::Protocol::Tcp => Some(Spoken::Tcp),
                request::Protocol::Udp => Some(Spoken::Udp),
            },
            peer: peer.map(|peer| Bytes(peer.into_bytes())),
            destination: destination.map(|destination| Bytes(destination.into_bytes())),
            port: request.port,
            method: request.method.as_ref().map(bytes),
            path: request.path.as_ref().map(bytes),
            authority: request.host.as_ref().map(bytes),
            headers: request.headers.iter().map(header).collect(),
        }
    }

    fn request(&self) -> decision_table::Request<'_> {
        let workload = self.destination.as_ref().map(|it| Destination::Workload(it.as_ref()));
        decision_table::Request {
            protocol: match self.protocol {
                None => Protocol::Http,
                Some(Spoken::Tcp) => Protocol::Tcp,
                Some(Spoken::Udp) => Protocol::Udp,
            },
            peer: self.peer.as_ref().map(AsRef::as_ref),
            destination: workload.unwrap_or(Destination::OfTable),
            port: self.port,
            method: self.method.as_ref().map(AsRef::as_ref),
            path: self.path.as_ref().map(AsRef::as_ref),
            authority: self.authority.as_ref().map(AsRef::as_ref),
            headers: self,
        }
    }
}

impl decision_table::Headers for Asked {
    fn visit(&self, name: &[u8], visit: &mut dyn FnMut(&[u8])) {
        decision_table::Headers::visit(self.headers.as_slice(), name, visit);
    }
}

impl Question {
    /// The line for the reader in Python.
    pub(super) fn line(&self, table: &Path) -> String {
        let mut line = serde_json::to_value(self).expect("a question is JSON");
        line["table"] = table.to_str().expect("the folder of tests has a name in UTF-8").into();
        line.to_string()
    }

    /// Our answer.
    pub(super) fn answer<B: AsRef<[u8]>>(&self, table: &Table<B>) -> Value {
        let request = self.request.request();
        let Some(root) = &self.root else { return verdict(table.decide(&request)) };
        let share = table.share(root.as_bytes(), &request);
        let key = self.key.as_deref().unwrap_or_default();
        let chosen = table.choose_backend(root.as_bytes(), &request, Draw::Key(key.as_bytes()));
        match share {
            None => chosen.map_or(Value::Null, |_| "chosen without a share".into()),
            Some(share) => json!({
                "split": share.split(),
                "backends": share.backends().map(backend).collect::<Vec<_>>(),
                "chosen": chosen.map(backend),
            }),
        }
    }
}

fn verdict(verdict: Verdict) -> Value {
    let (reason, rule) = match verdict {
        Verdict::Allowed(rule) => (None, Some(rule)),
        Verdict::Denied(denial) => (Some(denial.reason.code()), denial.nearest),
    };
    json!({"allowed": verdict.is_allowed(), "reason": reason, "rule": rule.map(|rule| rule.0)})
}

fn backend(backend: Backend<'_>) -> Value {
    json!([backend.service, backend.weight, backend.target_port])
}
