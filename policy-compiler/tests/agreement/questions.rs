//! Questions that are near enough to the policies for about every answer.

use decision_table::{Destination, Headers, Protocol, Request};
use policy_compiler::Options;

#[derive(Debug)]
pub(super) struct Question {
    pub(super) protocol: Protocol,
    pub(super) peer: Option<String>,
    pub(super) port: Option<u16>,
    pub(super) method: Option<&'static str>,
    pub(super) path: Option<&'static str>,
    pub(super) host: Option<&'static str>,
    pub(super) headers: &'static [(&'static str, &'static str)],
}

const PEERS: [(&str, &str); 8] = [
    ("town", "reader"),
    ("shop", "reader"),
    ("shop", "keeper"),
    ("shop", "raw"),
    ("shop", "twin"),
    ("shop", "guest"),
    ("shop", "visitor"),
    ("shop", "nobody"),
];
const PROTOCOLS: [Protocol; 6] =
    [Protocol::Http, Protocol::Http, Protocol::Http, Protocol::Http, Protocol::Tcp, Protocol::Udp];
const PORTS: [Option<u16>; 8] =
    [None, Some(80), Some(8080), Some(8080), Some(9090), Some(5432), Some(53), Some(5353)];
const METHODS: [Option<&str>; 11] = [
    Some("GET"),
    Some("GET"),
    Some("HEAD"),
    Some("POST"),
    Some("PUT"),
    Some("PATCH"),
    Some("DELETE"),
    Some("OPTIONS"),
    Some("PURGE"),
    Some("get"),
    None,
];
const PATHS: [Option<&str>; 12] = [
    Some("/"),
    Some("/books"),
    Some("/books/17"),
    Some("/books/17/title"),
    Some("/booksellers"),
    Some("/open"),
    Some("/open/é?query"),
    Some("/hosted"),
    Some("/all/one"),
    Some("/all/one/two"),
    Some("/all//one"),
    None,
];
const HOSTS: [Option<&str>; 6] = [
    None,
    Some("books.example"),
    Some("Books.Example:8080"),
    Some("other.example"),
    Some("books-example"),
    Some("a,b"),
];
const HEADERS: [&[(&str, &str)]; 7] = [
    &[],
    &[("x-tag", "aa")],
    &[("X-Tag", "a"), ("x-user", "ann")],
    &[("x-tag", "b"), ("x-user", "bob")],
    &[("x-user", "ann")],
    &[("x-tag", "a"), ("x-tag", "b"), ("x-user", "ann")],
    &[("x-tag", "c"), ("x-user", "4")],
];

impl Question {
    /// One of all combinations.
    pub(super) fn of(seed: u32, options: &Options) -> Self {
        let mut random = u64::from(seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut below = |end: usize| {
            random = (random ^ (random >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            random ^= random >> 32;
            usize::try_from(random % end as u64).unwrap()
        };
        let (namespace, account) = PEERS[below(PEERS.len())];
        let domain = &options.trust_domains[below(options.trust_domains.len())];
        let peer = match below(20) {
            0 => None,
            1 => Some("spiffe://abroad/guest".to_owned()),
            _ => Some(options.identity_form.identity(domain, namespace, account)),
        };
        Self {
            // Some peer has no name of this form.
            peer: peer.filter(|peer| options.identity_form.admits(peer.as_bytes())),
            protocol: PROTOCOLS[below(PROTOCOLS.len())],
            port: PORTS[below(PORTS.len())],
            method: METHODS[below(METHODS.len())],
            path: PATHS[below(PATHS.len())],
            host: HOSTS[below(HOSTS.len())],
            headers: HEADERS[below(HEADERS.len())],
        }
    }

    pub(super) fn request<'a>(&'a self, destination: &'a str) -> Request<'a> {
        Request {
            protocol: self.protocol,
            peer: self.peer.as_deref().map(str::as_bytes),
            destination: Destination::Workload(destination.as_bytes()),
            port: self.port,
            method: self.method.map(str::as_bytes),
            path: self.path.map(str::as_bytes),
            authority: self.host.map(str::as_bytes),
            headers: self,
        }
    }

    /// Whether it is HTTP and lacks what every request has.
    pub(super) fn is_malformed(&self) -> bool {
        self.protocol == Protocol::Http && (self.method.is_none() || self.path.is_none())
    }
}

impl Headers for Question {
    fn visit(&self, name: &[u8], visit: &mut dyn FnMut(&[u8])) {
        self.headers.visit(name, visit);
    }
}
