//! The decision: a walk through the diagram, at most one step for each level.

use crate::normalise;
use crate::path;
use crate::request::{Destination, Protocol, Request};
use crate::section::automata::Automaton;
use crate::section::levels::Attribute;
use crate::section::nodes::Next;
use crate::table::{Sections, Table};
use crate::verdict::{Denial, Reason, Verdict};

impl<B: AsRef<[u8]>> Table<B> {
    /// Decides about a request or connection.
    ///
    /// Total: every request gets a verdict, and whatever cannot be judged is
    /// denied. Nothing is allocated. The cost depends on the length of the
    /// request and on how many attributes rules look at, not on their number.
    pub fn decide(&self, request: &Request<'_>) -> Verdict {
        match self.walk(request) {
            Ok(verdict) => verdict,
            Err(reason) => Verdict::Denied(Denial { reason, nearest: None }),
        }
    }

    fn walk(&self, request: &Request<'_>) -> Result<Verdict, Reason> {
        let facts = Facts::of(request, self.scope())?;
        // INVARIANT: verification made the sections and every step below; if a
        // step were missing all the same, the answer would be a denial.
        let sections = self.sections().ok_or(Reason::NoPolicy)?;
        let mut next = sections.nodes.root();
        for _ in 0..=sections.levels.len() {
            match next.ok_or(Reason::NoPolicy)? {
                Next::Leaf(verdict) => return Ok(verdict),
                Next::Node(index) => {
                    let node = sections.nodes.node(index).ok_or(Reason::NoPolicy)?;
                    let level = sections.levels.get(node.level()).ok_or(Reason::NoPolicy)?;
                    next = node.next(facts.class(level, sections));
                }
            }
        }
        Err(Reason::NoPolicy)
    }
}

/// A request whose parts can be judged.
struct Facts<'a> {
    request: &'a Request<'a>,
    peer: &'a [u8],
    destination: &'a [u8],
    path: &'a [u8],
}

impl<'a> Facts<'a> {
    fn of(request: &'a Request<'a>, scope: &'a [u8]) -> Result<Self, Reason> {
        let destination = match request.destination {
            Destination::Workload(identity) => identity,
            Destination::OfTable if scope.is_empty() => return Err(Reason::MalformedRequest),
            Destination::OfTable => scope,
        };
        let path = match request.protocol {
            Protocol::Tcp | Protocol::Udp => &[],
            Protocol::Http => judged_path(request)?,
        };
        let peer = request.peer.filter(|peer| !peer.is_empty()).ok_or(Reason::MissingPeer)?;
        if !normalise::is_spiffe_id(peer) {
            return Err(Reason::MalformedPeer);
        }
        Ok(Self { request, peer, destination, path })
    }

    /// The class of the request's attribute; 0 stands for whatever no rule names.
    fn class(&self, level: Attribute<'_>, sections: Sections<'_>) -> u32 {
        let automaton = |index| sections.automata.get(index);
        match level {
            Attribute::Protocol => match self.request.protocol {
                Protocol::Http => 1,
                Protocol::Tcp => 2,
                Protocol::Udp => 3,
            },
            Attribute::Destination => sections.destinations.class(self.destination),
            Attribute::Peer => sections.peers.class(self.peer),
            Attribute::Port => self.request.port.map_or(0, |port| sections.ports.class(port)),
            Attribute::Method => {
                self.request.method.map_or(0, |method| sections.methods.class(method))
            }
            Attribute::Path(index) => {
                automaton(index).map_or(0, |dfa| dfa.class(self.path.iter().copied()).into())
            }
            Attribute::Host(index) => automaton(index).map_or(0, |dfa| self.host_class(dfa)),
            Attribute::Header(name, index) => {
                automaton(index).map_or(0, |dfa| self.header_class(name, dfa))
            }
        }
    }

    fn host_class(&self, dfa: Automaton<'_>) -> u32 {
        let host = self.request.authority.and_then(normalise::host);
        host.map_or(0, |host| dfa.class(host.iter().map(u8::to_ascii_lowercase)).into())
    }

    /// A condition holds when the header is there and every value fulfils it: a
    /// client must not pass by sending a second, harmless value.
    fn header_class(&self, name: &[u8], dfa: Automaton<'_>) -> u32 {
        let mut class: Option<u16> = None;
        self.request.headers.visit(name, &mut |value| {
            let of_value = dfa.class(value.iter().copied());
            class = Some(class.map_or(of_value, |others| dfa.meet(others, of_value)));
        });
        class.unwrap_or(0).into()
    }
}

fn judged_path<'a>(request: &Request<'a>) -> Result<&'a [u8], Reason> {
    let method = request.method.filter(|method| !method.is_empty());
    let (Some(_), Some(target)) = (method, request.path) else {
        return Err(Reason::MalformedRequest);
    };
    path::canonical(target).ok_or(Reason::NonCanonicalPath)
}
