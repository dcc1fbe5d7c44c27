//! Random requests, of which many are what some rule wants.

use decision_table::plan::{Automaton, Plan};
use decision_table::{Destination, Headers, Protocol, Reason, Request, path};

use crate::plans::{ALPHABET, Random, identity};

/// A text that an automaton may well like.
fn text(random: &mut Random, automaton: &Automaton) -> Vec<u8> {
    let mut text = Vec::new();
    let mut at = automaton.start;
    for _ in 0..random.below(30) {
        let edges = &automaton.states[at as usize].edges;
        if edges.is_empty() {
            break;
        }
        let edge = edges[random.below(edges.len())];
        let fits = |byte: &u8| (edge.first..=edge.last).contains(byte);
        let bytes: Vec<u8> = ALPHABET.iter().chain(b"/").copied().filter(fits).collect();
        if bytes.is_empty() {
            break;
        }
        text.push(random.byte(&bytes));
        at = edge.to;
    }
    match random.below(12) {
        0 => text.push(random.byte(ALPHABET)),
        1 => drop(text.pop()),
        2 => text.extend("é".as_bytes()),
        3 => text.push(0xc3),
        4 if !text.is_empty() => {
            let at = random.below(text.len());
            text[at] = random.byte(ALPHABET);
        }
        _ => {}
    }
    text
}

/// A request in the words of this file.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) protocol: Protocol,
    pub(super) peer: Option<Vec<u8>>,
    pub(super) destination: Option<Vec<u8>>,
    pub(super) port: Option<u16>,
    pub(super) method: Option<Vec<u8>>,
    pub(super) path: Option<Vec<u8>>,
    pub(super) authority: Option<Vec<u8>>,
    pub(super) headers: Vec<(&'static str, Vec<u8>)>,
}

impl Question {
    pub(super) fn of(random: &mut Random, plan: &Plan) -> Self {
        fn name(random: &mut Random, names: &[(String, u32)]) -> Vec<u8> {
            match random.below(names.len() + 1) {
                0 => identity(99).into_bytes(),
                at => names[at - 1].0.clone().into_bytes(),
            }
        }
        let some = |random: &mut Random| random.below(20) > 0;
        let mut peer = name(random, &plan.peers);
        match random.below(30) {
            0 => peer.push(b','),
            1 => peer.clear(),
            _ => {}
        }
        let mut host = text(random, &plan.automata[1]);
        if random.below(3) == 0 {
            host.extend(b":8080");
        }
        let headers = (0..random.below(4)).map(|_| {
            let name = ["x-one", "X-Two", "X-ONE", "x-three"][random.below(4)];
            (name, text(random, &plan.automata[2]))
        });
        Self {
            headers: headers.collect(),
            protocol: [
                Protocol::Http,
                Protocol::Http,
                Protocol::Http,
                Protocol::Tcp,
                Protocol::Udp,
            ][random.below(5)],
            peer: some(random).then_some(peer),
            destination: (random.below(3) > 0).then(|| name(random, &plan.destinations)),
            port: some(random).then(|| 78 + random.number(50) as u16),
            method: some(random).then(|| match random.below(12) {
                0 => Vec::new(),
                _ => name(random, &plan.methods),
            }),
            path: some(random).then(|| {
                let of = [0, 3][random.below(2)];
                text(random, &plan.automata[of])
            }),
            authority: some(random).then_some(host),
        }
    }

    pub(super) fn request(&self) -> Request<'_> {
        let destination = self.destination.as_deref();
        Request {
            protocol: self.protocol,
            peer: self.peer.as_deref(),
            destination: destination.map_or(Destination::OfTable, Destination::Workload),
            port: self.port,
            method: self.method.as_deref(),
            path: self.path.as_deref(),
            authority: self.authority.as_deref(),
            headers: self,
        }
    }

    pub(super) fn path(&self) -> Result<&[u8], Reason> {
        let method = self.method.as_ref().filter(|method| !method.is_empty());
        let (Some(_), Some(target)) = (method, &self.path) else {
            return Err(Reason::MalformedRequest);
        };
        path::canonical(target).ok_or(Reason::NonCanonicalPath)
    }
}

impl Headers for Question {
    fn visit(&self, name: &[u8], visit: &mut dyn FnMut(&[u8])) {
        self.headers.as_slice().visit(name, visit);
    }
}
