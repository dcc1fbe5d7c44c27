//! The requests that cases and generators ask about.

use std::fmt;

use serde::Deserialize;

/// A request in the JSON shape of `smi decide --requests`, which the corpus and
/// the generators share.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Who calls; absent for a peer that proved no identity.
    #[serde(default)]
    pub source: Option<Identity>,
    /// Who is called.
    pub destination: Identity,
    /// What is spoken.
    #[serde(default)]
    pub protocol: Protocol,
    /// The HTTP method.
    #[serde(default)]
    pub method: Option<Bytes>,
    /// The HTTP request target, with its query.
    #[serde(default)]
    pub path: Option<Bytes>,
    /// The HTTP authority.
    #[serde(default)]
    pub host: Option<Bytes>,
    /// The port of the destination.
    #[serde(default)]
    pub port: Option<u16>,
    /// All other headers; a repeated one has a list of values.
    #[serde(default, deserialize_with = "headers")]
    pub headers: Vec<(String, Bytes)>,
}

/// A workload's identity.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Identity {
    /// A Kubernetes ServiceAccount.
    ServiceAccount {
        /// Its name.
        service_account: String,
        /// Its namespace.
        namespace: String,
    },
    /// Any SPIFFE ID, well-formed or not.
    Spiffe {
        /// The text in the certificate.
        spiffe_id: String,
    },
}

impl Identity {
    /// The ServiceAccount `namespace/name`.
    #[must_use]
    pub fn service_account(namespace: &str, name: &str) -> Self {
        Self::ServiceAccount { service_account: name.to_owned(), namespace: namespace.to_owned() }
    }

    /// The identity as certificates carry it.
    #[must_use]
    pub fn spiffe_id(&self, trust_domain: &str) -> String {
        match self {
            Self::ServiceAccount { service_account, namespace } => {
                format!("spiffe://{trust_domain}/ns/{namespace}/sa/{service_account}")
            }
            Self::Spiffe { spiffe_id } => spiffe_id.clone(),
        }
    }
}

/// What is spoken on a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// HTTP in any version.
    #[default]
    Http,
    /// TCP without looking into it.
    Tcp,
    /// UDP.
    Udp,
}

/// Bytes from the wire. JSON text cannot hold all of them, so besides a string
/// there is `{"latin1": "/caf\u00e9"}`, where each character is one byte.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Spelling")]
pub struct Bytes(pub Vec<u8>);

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<&str> for Bytes {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Spelling {
    Text(String),
    Latin1 { latin1: String },
}

impl TryFrom<Spelling> for Bytes {
    type Error = std::char::TryFromCharError;

    fn try_from(spelling: Spelling) -> Result<Self, Self::Error> {
        match spelling {
            Spelling::Text(text) => Ok(Self(text.into_bytes())),
            Spelling::Latin1 { latin1 } => {
                latin1.chars().map(u8::try_from).collect::<Result<_, _>>().map(Self)
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Values {
    One(Bytes),
    Several(Vec<Bytes>),
}

fn headers<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<(String, Bytes)>, D::Error> {
    let map = std::collections::BTreeMap::<String, Values>::deserialize(deserializer)?;
    let pairs = map.into_iter().flat_map(|(name, values)| {
        let values = match values {
            Values::One(value) => vec![value],
            Values::Several(values) => values,
        };
        values.into_iter().map(move |value| (name.clone(), value))
    });
    Ok(pairs.collect())
}
