//! What a sidecar is told, before it is said in Envoy's words.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

/// One sidecar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sidecar {
    /// Shown in logs, traces and `node.id`.
    pub node: String,
    /// Its identity, and whom it trusts.
    pub credentials: Credentials,
    /// The filter as a Wasm file.
    pub filter: String,
    /// The folder of discovery files, as Envoy finds it.
    pub discovery: String,
    /// Where callers of the workload arrive.
    pub inbound: Vec<Inbound>,
    /// Where the workload's own requests go.
    pub outbound: Outbound,
    /// The file of access logs, such as `/dev/stdout`.
    pub access_log: String,
    /// Where Envoy's administration interface listens; `None`: nowhere.
    pub admin: Option<Endpoint>,
    /// Where traces are sent, in Zipkin's format.
    pub zipkin: Option<Endpoint>,
}

/// Where certificates come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// PEM files, read at the start.
    Files {
        /// The workload's certificate with its chain.
        certificate: String,
        /// Its private key.
        key: String,
        /// The trust domains, each with the file of its authorities.
        authorities: Vec<(String, String)>,
    },
    /// Secret discovery, which replaces certificates before they expire.
    Secrets {
        /// Who gives them.
        source: SecretSource,
        /// The name of the certificate with its key.
        certificate: String,
        /// The name of the validation context. It has to hold a SPIFFE validator
        /// with the trust domains.
        authority: String,
    },
}

/// Who gives secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// Files with a discovery response each, which Envoy watches: it takes one secret
    /// from a file.
    Files {
        /// The file with the certificate and its key.
        certificate: String,
        /// The file with the validation context.
        authority: String,
    },
    /// A server at a Unix socket, such as a SPIRE agent.
    Socket(String),
}

/// A port of the workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbound {
    /// What is spoken there.
    pub protocol: Protocol,
    /// Where callers connect. The port is the one that policies speak of.
    pub listen: Endpoint,
    /// Where the application listens.
    pub application: Endpoint,
}

/// What is spoken at a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// HTTP/1.1 and HTTP/2, and so gRPC.
    Http,
    /// Anything else over TCP.
    Tcp,
}

/// Where the workload's own requests go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outbound {
    /// Where the application sends HTTP requests; the Service is named by their host.
    pub http: Option<Endpoint>,
    /// Who chooses the backends of HTTP requests.
    pub splits: Splits,
    /// Where the application connects for anything else, an address for each port of
    /// a Service.
    pub tcp: Vec<OutboundTcp>,
    /// The Services that the workload can reach.
    pub upstreams: Vec<Upstream>,
}

/// Who chooses backends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Splits {
    /// The filter, by the same table that decides about access: all splits.
    #[default]
    Filter,
    /// Envoy's own weighted routing, which costs less than the filter does.
    Native,
}

/// A port of a Service that is no HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboundTcp {
    /// The Service that is called.
    pub service: ServiceName,
    /// Its port.
    pub port: u16,
    /// Where the application connects for it.
    pub listen: Endpoint,
    /// Who gets the connections ([`tcp_backends`](super::tcp_backends)).
    pub backends: Vec<WeightedCluster>,
}

/// A cluster and its part of the traffic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeightedCluster {
    /// The name of the cluster.
    pub name: String,
    /// Its weight relative to the others.
    pub weight: u32,
}

/// A Service, as its callers reach it: by the sidecars of its pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// The Service.
    pub service: ServiceName,
    /// Its port, for TCP; `None`: HTTP, on any port.
    pub port: Option<u16>,
    /// Where it is: an address, or a name that is looked up again and again.
    pub endpoint: Endpoint,
    /// The identities of which the certificate must have one.
    pub identities: Vec<String>,
}

impl Upstream {
    /// The name of its cluster.
    #[must_use]
    pub fn cluster(&self) -> String {
        cluster_name(&self.service, self.port)
    }
}

/// The name of the cluster of a Service: `namespace/service`, or
/// `namespace/service:port` for TCP.
#[must_use]
pub fn cluster_name(service: &ServiceName, port: Option<u16>) -> String {
    match port {
        None => service.to_string(),
        Some(port) => format!("{service}:{port}"),
    }
}

/// A Service, written `namespace/name`.
///
/// ```
/// use policy_compiler::back::envoy::ServiceName;
///
/// let service: ServiceName = "bookstore/bookstore-v1".parse()?;
/// assert_eq!((service.namespace.as_str(), service.name.as_str()), ("bookstore", "bookstore-v1"));
/// assert!("bookstore".parse::<ServiceName>().is_err());
/// # Ok::<(), policy_compiler::back::envoy::NotAService>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServiceName {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl ServiceName {
    /// The Service `name` in `namespace`.
    #[must_use]
    pub fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.to_owned(), name: name.to_owned() }
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// A text that names no Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAService;

impl fmt::Display for NotAService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Service is written `NAMESPACE/NAME`, in lower-case letters, digits and `-`")
    }
}

impl std::error::Error for NotAService {}

impl FromStr for ServiceName {
    type Err = NotAService;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (namespace, name) = text.split_once('/').ok_or(NotAService)?;
        let service = Self::new(namespace, name);
        if is_label(namespace) && is_label(name) { Ok(service) } else { Err(NotAService) }
    }
}

/// What Kubernetes takes for the name of a namespace or a Service.
fn is_label(text: &str) -> bool {
    let valid = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len()) && text.bytes().all(valid)
}

/// A host, or an IP address, with a port.
///
/// ```
/// use policy_compiler::back::envoy::Endpoint;
///
/// let endpoint: Endpoint = "[::1]:8080".parse()?;
/// assert_eq!((endpoint.host.as_str(), endpoint.port), ("::1", 8080));
/// assert!("localhost".parse::<Endpoint>().is_err());
/// # Ok::<(), policy_compiler::back::envoy::NotAnEndpoint>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The host, an IPv6 address without its brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl From<SocketAddr> for Endpoint {
    fn from(address: SocketAddr) -> Self {
        Self { host: address.ip().to_string(), port: address.port() }
    }
}

/// A text that is no endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAnEndpoint;

impl fmt::Display for NotAnEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("write `HOST:PORT`, or `[ADDRESS]:PORT` for IPv6")
    }
}

impl std::error::Error for NotAnEndpoint {}

impl FromStr for Endpoint {
    type Err = NotAnEndpoint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(address.into());
        }
        let (host, port) = text.rsplit_once(':').ok_or(NotAnEndpoint)?;
        let valid = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        let is_host = !host.is_empty() && host.bytes().all(valid);
        let port = port.parse().map_err(|_| NotAnEndpoint)?;
        if is_host { Ok(Self { host: host.to_owned(), port }) } else { Err(NotAnEndpoint) }
    }
}
