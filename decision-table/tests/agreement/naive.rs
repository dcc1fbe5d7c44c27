//! What a plan says about a request, one step after the other.

use decision_table::plan::{Automaton, Diagram, Level, Next, Plan};
use decision_table::{Denial, Protocol, Reason, RuleId, Verdict, normalise};

use crate::questions::Question;

/// The class of a text, one byte after the other.
fn class_of(automaton: &Automaton, text: &[u8]) -> u16 {
    let mut at = automaton.start;
    for byte in text {
        let edges = &automaton.states[at as usize].edges;
        let edge = edges.iter().find(|edge| (edge.first..=edge.last).contains(byte));
        at = edge.map_or(0, |edge| edge.to);
    }
    if std::str::from_utf8(text).is_err() {
        return 0;
    }
    automaton.states[at as usize].class
}

fn meet(automaton: &Automaton, a: u16, b: u16) -> u16 {
    let listed = automaton.meets.iter().find(|[c, d, _]| [*c, *d] == [a.min(b), a.max(b)]);
    if a == b { a } else { listed.map_or(0, |meet| meet[2]) }
}

fn class_in(names: &[(String, u32)], name: &[u8]) -> u32 {
    names.iter().find(|(of, _)| of.as_bytes() == name).map_or(0, |(_, class)| *class)
}

/// What the plan says about a request, one step after the other.
struct Naive<'a> {
    plan: &'a Plan,
    question: &'a Question,
    http: bool,
    path: &'a [u8],
    peer: u32,
    destination: &'a [u8],
    service: u32,
}

impl Naive<'_> {
    fn walk(&self, diagram: &Diagram) -> Verdict {
        let mut next = diagram.root;
        loop {
            match next {
                Next::Leaf(verdict) => return verdict,
                Next::Node(index) => {
                    let node = &diagram.nodes[index as usize];
                    let class = self.class(&self.plan.levels[node.level as usize]);
                    let edge = node.edges.iter().find(|(of, _)| *of == class);
                    next = edge.map_or(node.otherwise, |(_, next)| *next);
                }
            }
        }
    }

    fn class(&self, level: &Level) -> u32 {
        let (plan, question) = (self.plan, self.question);
        let automaton = |index: &u32| &plan.automata[*index as usize];
        match level {
            // What is no request has nothing of one, whatever it came with.
            Level::Path(_) | Level::Method | Level::Host(_) | Level::Header(..) if !self.http => 0,
            Level::Protocol => match question.protocol {
                Protocol::Http if self.http => 1,
                Protocol::Udp if self.service == 0 => 3,
                _ => 2,
            },
            Level::Destination => class_in(&plan.destinations, self.destination),
            Level::Peer => self.peer,
            Level::Service => self.service,
            Level::Port => {
                let place = plan.ports.iter().position(|port| Some(*port) == question.port);
                place.map_or(0, |place| u32::try_from(place).unwrap() + 1)
            }
            Level::Path(index) => class_of(automaton(index), self.path).into(),
            Level::Method => {
                question.method.as_ref().map_or(0, |method| class_in(&plan.methods, method))
            }
            Level::Host(index) => {
                let host = question.authority.as_deref().and_then(normalise::host);
                host.map_or(0, |host| class_of(automaton(index), host).into())
            }
            Level::Header(name, index) => {
                let values = question.headers.iter();
                let values = values.filter(|(of, _)| of.eq_ignore_ascii_case(name));
                let classes = values.map(|(_, value)| class_of(automaton(index), value));
                classes.reduce(|a, b| meet(automaton(index), a, b)).unwrap_or(0).into()
            }
        }
    }
}

pub(super) fn decide(plan: &Plan, question: &Question) -> Verdict {
    let denied = |reason| Verdict::Denied(Denial { reason, nearest: None });
    let own = plan.workload.as_deref().map(str::as_bytes);
    let Some(destination) = question.destination.as_deref().or(own) else {
        return denied(Reason::MalformedRequest);
    };
    let http = question.protocol == Protocol::Http;
    let path = if http { question.path() } else { Ok(&b""[..]) };
    let path = match path {
        Ok(path) => path,
        Err(reason) => return denied(reason),
    };
    let peer = question.peer.as_deref().unwrap_or_default();
    if peer.is_empty() {
        return denied(Reason::MissingPeer);
    }
    if !plan.identities.admits(peer) {
        return denied(Reason::MalformedPeer);
    }
    let is_own = own.is_none_or(|own| own == destination);
    if !is_own && class_in(&plan.destinations, destination) == 0 {
        return denied(Reason::Destination);
    }
    let peer = class_in(&plan.peers, peer);
    let naive = Naive { plan, question, http, path, peer, destination, service: 0 };
    naive.walk(&plan.access)
}

pub(super) fn chosen(plan: &Plan, question: &Question, root: &str) -> Option<usize> {
    let service = class_in(&plan.services, root.as_bytes());
    let path = if question.protocol == Protocol::Http { question.path().ok() } else { None };
    let naive = Naive {
        plan,
        question,
        http: path.is_some(),
        path: path.unwrap_or_default(),
        peer: 0,
        destination: &[],
        service,
    };
    match naive.walk(&plan.splits) {
        Verdict::Allowed(RuleId(share)) if service != 0 => Some(share as usize),
        _ => None,
    }
}
