//! The decision: a walk through a diagram, at most one step for each level.

use crate::normalise;
use crate::path::{self, Judged};
use crate::request::{Destination, Protocol, Request};
use crate::section::automata::Automaton;
use crate::section::levels::Attribute;
use crate::section::nodes::{Nodes, is_node, node, verdict};
use crate::table::{Parts, Table};
use crate::verdict::{Denial, Reason, Verdict};

impl<B: AsRef<[u8]>> Table<B> {
    /// Decides about a request or connection.
    ///
    /// Total: every request gets a verdict, and whatever cannot be judged is
    /// denied. Nothing is allocated. The cost depends on the length of the
    /// request and on how many attributes rules look at, not on their number.
    pub fn decide(&self, request: &Request<'_>) -> Verdict {
        let denied = |reason| Verdict::Denied(Denial { reason, nearest: None });
        match Facts::of(self.as_bytes(), &self.parts, request) {
            // INVARIANT: verification checked every step below; if one were
            // missing all the same, the answer would be a denial.
            Ok(facts) => facts.walk(self.parts.access).unwrap_or(denied(Reason::NoPolicy)),
            Err(reason) => denied(reason),
        }
    }
}

/// A request whose parts can be judged, before a table.
pub(crate) struct Facts<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) parts: &'a Parts,
    pub(crate) request: &'a Request<'a>,
    pub(crate) destination: &'a [u8],
    /// What the bytes are, as far as rules are concerned.
    pub(crate) protocol: Protocol,
    /// The path without its query; of a request that has none, empty.
    pub(crate) path: Judged<'a>,
    /// The class of the path, when the table has one automaton for paths.
    pub(crate) path_class: Option<u16>,
    pub(crate) peer: u32,
    pub(crate) service: u32,
    /// Where the walk starts.
    pub(crate) start: u32,
}

impl<'a> Facts<'a> {
    fn of(bytes: &'a [u8], parts: &'a Parts, request: &'a Request<'a>) -> Result<Self, Reason> {
        let scope = parts.scope.of(bytes);
        let destination = match request.destination {
            Destination::OfTable if scope.is_empty() => return Err(Reason::MalformedRequest),
            Destination::OfTable => scope,
            Destination::Workload(identity) => identity,
        };
        // In a large table each look-up waits for memory. So what is known to be
        // needed is begun early, and waits while something else is worked on.
        let identity = request.peer.unwrap_or_default();
        let peer = parts.peers.class(bytes, identity);
        let start = behind_peer(bytes, parts, peer);
        let protocol = request.protocol;
        let path = match protocol {
            Protocol::Tcp | Protocol::Udp => Judged::default(),
            Protocol::Http => judged_path(request)?,
        };
        if identity.is_empty() {
            return Err(Reason::MissingPeer);
        }
        // Nobody needs the path of a stranger.
        let paths = parts.paths.filter(|_| protocol == Protocol::Http && is_node(start));
        let path_class = paths.map(|paths| class_of_path(paths.of(bytes), path));
        // Names of the table are well-formed: verification saw to that.
        if peer == 0 && !parts.identities.admits(identity) {
            return Err(Reason::MalformedPeer);
        }
        // A table for the mesh looks the destination up in its diagram.
        if matches!(request.destination, Destination::Workload(_))
            && !scope.is_empty()
            && destination != scope
            && parts.destinations.class(bytes, destination) == 0
        {
            return Err(Reason::Destination);
        }
        let service = 0;
        Ok(Self {
            bytes,
            parts,
            request,
            destination,
            protocol,
            path,
            path_class,
            peer,
            service,
            start,
        })
    }

    /// Walks from the start to a leaf; `None` cannot happen in a verified table.
    pub(crate) fn walk(&self, nodes: Nodes) -> Option<Verdict> {
        let words = nodes.words(self.bytes);
        let mut reference = self.start;
        // Every node is on a later level than the one before.
        while is_node(reference) {
            let node = node(words, reference)?;
            let level = self.parts.levels.get(self.bytes, node.level())?;
            reference = node.next(self.class(level));
        }
        verdict(reference)
    }

    /// The class of the request's attribute; 0 stands for whatever no rule names.
    fn class(&self, level: Attribute<'_>) -> u32 {
        let (bytes, parts) = (self.bytes, self.parts);
        // Compilers ask for the protocol first. What a table asks all the same of
        // something that is no request is not there.
        if self.protocol != Protocol::Http && is_of_requests(level) {
            return 0;
        }
        let automaton = |index| parts.automata.get(bytes, index);
        match level {
            Attribute::Protocol => match self.protocol {
                Protocol::Http => 1,
                Protocol::Tcp => 2,
                Protocol::Udp => 3,
            },
            Attribute::Destination => parts.destinations.class(bytes, self.destination),
            Attribute::Peer => self.peer,
            Attribute::Service => self.service,
            Attribute::Port => self.request.port.map_or(0, |port| parts.ports.class(bytes, port)),
            Attribute::Method => {
                self.request.method.map_or(0, |method| parts.methods.class(bytes, method))
            }
            Attribute::Path(index) => self
                .path_class
                .or_else(|| Some(class_of_path(automaton(index)?, self.path)))
                .map_or(0, u32::from),
            Attribute::Host(index) => automaton(index).map_or(0, |dfa| self.host_class(dfa)),
            Attribute::Header(name, index) => {
                automaton(index).map_or(0, |dfa| self.header_class(name, dfa))
            }
        }
    }

    #[inline(never)]
    fn host_class(&self, dfa: Automaton<'_>) -> u32 {
        let host = self.request.authority.and_then(normalise::host);
        host.map_or(0, |host| class_of_text(dfa, host).into())
    }

    /// A condition holds when the header is there and every value fulfils it: a
    /// client must not pass by sending a second, harmless value.
    #[inline(never)]
    fn header_class(&self, name: &[u8], dfa: Automaton<'_>) -> u32 {
        let mut class: Option<u16> = None;
        self.request.headers.visit(name, &mut |value| {
            let of_value = class_of_text(dfa, value);
            class = Some(class.map_or(of_value, |others| dfa.meet(others, of_value)));
        });
        class.unwrap_or(0).into()
    }
}

/// Where a peer of this class leads: the first step of nearly every walk, in a table
/// for one workload.
fn behind_peer(bytes: &[u8], parts: &Parts, peer: u32) -> u32 {
    let root = parts.access.root();
    let node = if is_node(root) { node(parts.access.words(bytes), root) } else { None };
    match node {
        Some(node) if parts.levels.get(bytes, node.level()) == Some(Attribute::Peer) => {
            node.next(peer)
        }
        _ => root,
    }
}

const fn is_of_requests(level: Attribute<'_>) -> bool {
    matches!(
        level,
        Attribute::Path(_) | Attribute::Method | Attribute::Host(_) | Attribute::Header(..)
    )
}

fn class_of_path(dfa: Automaton<'_>, Judged { path, is_ascii }: Judged<'_>) -> u16 {
    if is_ascii { dfa.class(path) } else { class_of_text(dfa, path) }
}

/// Patterns describe characters: bytes that are none match no pattern, and so the
/// automata can take it that a text is UTF-8.
fn class_of_text(dfa: Automaton<'_>, text: &[u8]) -> u16 {
    if text.is_ascii() || core::str::from_utf8(text).is_ok() { dfa.class(text) } else { 0 }
}

/// The path of an HTTP request that can be judged.
pub(crate) fn judged_path<'a>(request: &Request<'a>) -> Result<Judged<'a>, Reason> {
    let method = request.method.filter(|method| !method.is_empty());
    let (Some(_), Some(target)) = (method, request.path) else {
        return Err(Reason::MalformedRequest);
    };
    path::judge(target).ok_or(Reason::NonCanonicalPath)
}
