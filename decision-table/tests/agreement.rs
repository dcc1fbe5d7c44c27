//! Tables against their plans: random plans are written and verified, and must
//! answer random requests as a naive reader of the plan does.
#![cfg(feature = "alloc")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail like tests"
)]

use decision_table::plan::{
    Automaton, Backend, Diagram, Edge, Level, Next, Node, Plan, Share, State,
};
use decision_table::{
    Denial, Destination, Draw, Headers, IdentityForm, Protocol, Reason, Request, RuleId, Table,
    Verdict, normalise, path,
};

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ (number >> 31)
    }

    /// From 0 to below `end`.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    fn number(&mut self, end: usize) -> u32 {
        u32::try_from(self.below(end)).unwrap()
    }

    fn byte(&mut self, alphabet: &[u8]) -> u8 {
        alphabet[self.below(alphabet.len())]
    }
}

/// What names and texts are made of.
const ALPHABET: &[u8] = b"abcdefgh0123456789-_";
const CLASSES: u32 = 5;

fn automaton(random: &mut Random) -> Automaton {
    let count = 4 + random.below(24);
    let mut states = vec![State::default()];
    for own in 1..count {
        let to = |random: &mut Random| random.number(count);
        let edge = |first, last, to| Edge { first, last, to };
        let next = u32::try_from((own + 1) % count).unwrap();
        let edges = match random.below(9) {
            0 => Vec::new(),
            1 => vec![edge(0, u8::MAX, u32::try_from(own).unwrap())],
            2 => vec![edge(0, u8::MAX, to(random))],
            3 => vec![edge(0, b'c', next), edge(b'd', b'd', to(random)), edge(b'e', u8::MAX, next)],
            4 => (b'a'..=b'h').map(|byte| edge(byte, byte, to(random))).collect(),
            5 => vec![edge(b'0', b'4', to(random)), edge(b'5', b'9', own.try_into().unwrap())],
            6 => vec![
                edge(b'-', b'-', to(random)),
                edge(b'0', b'9', to(random)),
                edge(b'a', b'd', to(random)),
            ],
            _ => {
                let byte = random.byte(ALPHABET);
                vec![edge(byte, byte, next)]
            }
        };
        states.push(State { class: random.number(CLASSES as usize).try_into().unwrap(), edges });
    }
    // Every text begins with a slash, as paths do; then a chain to compare bytes by.
    let mut to = 0;
    for byte in b"hgfedcba".iter().skip(random.below(9)) {
        states.push(State { class: 0, edges: vec![Edge { first: *byte, last: *byte, to }] });
        to = u32::try_from(states.len() - 1).unwrap();
    }
    let behind = if to == 0 { 1 } else { to };
    states.push(State { class: 4, edges: vec![Edge { first: b'/', last: b'/', to: behind }] });
    // The chain goes on with the random states.
    if let Some(state) = states.get_mut(count).filter(|_| to != 0) {
        state.edges[0].to = 1;
    }
    let start = u32::try_from(states.len() - 1).unwrap();
    let meets = vec![[1, 2, 3], [1, 4, 2], [2, 3, 3], [3, 4, 1]];
    Automaton { states, start, classes: CLASSES, meets }
}

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

fn identity(number: usize) -> String {
    format!("spiffe://mesh/ns/n{}/sa/account-{number}", number % 3)
}

fn names(count: usize, name: impl Fn(usize) -> String) -> Vec<(String, u32)> {
    (0..count).map(|number| (name(number), u32::try_from(number % 5).unwrap() + 1)).collect()
}

fn diagram(random: &mut Random, levels: usize, leaf: &dyn Fn(&mut Random) -> Next) -> Diagram {
    let mut nodes: Vec<Node> = Vec::new();
    let mut of_level: Vec<u32> = (0..levels * 3).map(|_| random.number(levels)).collect();
    // From the last level to the first, so that there is something to lead to.
    of_level.sort_unstable_by(|a, b| b.cmp(a));
    for level in of_level {
        let later: Vec<u32> = (0..)
            .zip(&nodes)
            .filter(|(_, node)| node.level > level)
            .map(|(index, _)| index)
            .collect();
        let next = |random: &mut Random| match later.len() {
            0 => leaf(random),
            _ if random.below(5) == 0 => leaf(random),
            count => Next::Node(later[random.below(count)]),
        };
        let mut edges = Vec::new();
        for class in 0..8 {
            if random.below(3) > 0 {
                edges.push((class, next(random)));
            }
        }
        let otherwise = next(random);
        nodes.push(Node { level, otherwise, edges });
    }
    let root = Next::Node(u32::try_from(nodes.len() - 1).unwrap());
    Diagram { root, nodes }
}

const REASONS: [Reason; 7] = [
    Reason::Destination,
    Reason::Peer,
    Reason::Port,
    Reason::Path,
    Reason::Method,
    Reason::Host,
    Reason::Header,
];

fn verdict(random: &mut Random) -> Next {
    let rule = RuleId(random.number(1000));
    let nearest = (random.below(2) == 0).then_some(rule);
    let reason = REASONS[random.below(REASONS.len())];
    Next::Leaf(if random.below(3) == 0 {
        Verdict::Denied(Denial { reason, nearest })
    } else {
        Verdict::Allowed(rule)
    })
}

const SHARES: usize = 3;

fn share(random: &mut Random) -> Next {
    Next::Leaf(if random.below(4) == 0 {
        Verdict::Denied(Denial { reason: Reason::Destination, nearest: None })
    } else {
        Verdict::Allowed(RuleId(random.number(SHARES)))
    })
}

fn plan(random: &mut Random) -> Plan {
    let few = [0, 1, 4, 5, 12];
    let mut count = || few[random.below(few.len())];
    let destinations = names(count(), identity);
    let peers = names(count(), |number| identity(number + 1));
    let services = names(count(), |number| format!("shop/web-{number}"));
    let methods = names(count(), |number| ["GET", "PUT"][number % 2].repeat(number / 2 + 1));
    let ports = (0..u16::try_from(count()).unwrap()).map(|port| port * 3 + 80).collect();
    let several_paths = random.below(2) == 0;
    let mut levels = vec![
        Level::Destination,
        Level::Service,
        Level::Peer,
        Level::Protocol,
        Level::Port,
        Level::Path(0),
        Level::Method,
        Level::Host(1),
        Level::Header("x-one".to_owned(), 2),
        Level::Header("x-two".to_owned(), 2),
    ];
    if several_paths {
        levels.insert(6, Level::Path(3));
    }
    let weights = |random: &mut Random| {
        let backends = (0..=random.below(3)).map(|number| Backend {
            service: format!("shop/v{number}"),
            weight: random.number(4) + u32::from(number == 0),
            target_port: (random.below(2) == 0).then(|| random.number(65_535).max(1) as u16),
        });
        Share { split: "shop/canary".to_owned(), backends: backends.collect() }
    };
    let workload = (random.below(2) == 0).then(|| identity(0));
    Plan {
        identities: IdentityForm::ALL[0],
        workload,
        destinations,
        peers,
        services,
        methods,
        ports,
        automata: (0..4).map(|_| automaton(random)).collect(),
        access: diagram(random, levels.len(), &verdict),
        splits: diagram(random, levels.len(), &share),
        shares: (0..SHARES).map(|_| weights(random)).collect(),
        levels,
        ..Plan::default()
    }
}

/// A request in the words of this file.
#[derive(Debug)]
struct Question {
    protocol: Protocol,
    peer: Option<Vec<u8>>,
    destination: Option<Vec<u8>>,
    port: Option<u16>,
    method: Option<Vec<u8>>,
    path: Option<Vec<u8>>,
    authority: Option<Vec<u8>>,
    headers: Vec<(&'static str, Vec<u8>)>,
}

impl Question {
    fn of(random: &mut Random, plan: &Plan) -> Self {
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

    fn request(&self) -> Request<'_> {
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

    fn path(&self) -> Result<&[u8], Reason> {
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

fn decide(plan: &Plan, question: &Question) -> Verdict {
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

fn chosen(plan: &Plan, question: &Question, root: &str) -> Option<usize> {
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

#[test]
fn tables_answer_as_their_plans_say() {
    let mut random = Random(1);
    let mut allowed = 0;
    for round in 0..300 {
        let plan = plan(&mut random);
        let table = Table::from_bytes(plan.write().unwrap()).unwrap();
        for _ in 0..60 {
            let question = Question::of(&mut random, &plan);
            let verdict = table.decide(&question.request());
            assert_eq!(verdict, decide(&plan, &question), "round {round}: {question:?}");
            allowed += u32::from(verdict.is_allowed());
            let root = format!("shop/web-{}", random.below(6));
            let share = table.share(root.as_bytes(), &question.request());
            let expected = chosen(&plan, &question, &root).map(|index| &plan.shares[index]);
            assert_eq!(share.is_some(), expected.is_some(), "round {round}: {root} {question:?}");
            if let (Some(share), Some(expected)) = (share, expected) {
                let total: u64 = expected.backends.iter().map(|it| u64::from(it.weight)).sum();
                assert_eq!((share.split(), share.total()), (expected.split.as_str(), total));
                let backends = share.backends().map(|it| Backend {
                    service: it.service.to_owned(),
                    weight: it.weight,
                    target_port: it.target_port,
                });
                assert!(backends.eq(expected.backends.iter().cloned()));
                // The middle of each point belongs to whoever owns the point.
                let owners = expected.backends.iter();
                let owners = owners.flat_map(|it| (0..it.weight).map(|_| it.service.as_str()));
                for (point, owner) in (0_u128..).zip(owners) {
                    let number = ((2 * point + 1) << 63) / u128::from(total);
                    let draw = Draw::Random(number.try_into().unwrap());
                    let backend = table.choose_backend(root.as_bytes(), &question.request(), draw);
                    assert_eq!(backend.unwrap().service, owner);
                }
            }
        }
    }
    assert!((1_000..17_000).contains(&allowed), "{allowed} of 18,000 were allowed");
}

#[test]
fn what_a_table_lists_is_what_the_plan_has() {
    let mut random = Random(2);
    for _ in 0..50 {
        let plan = plan(&mut random);
        let table = Table::from_bytes(plan.write().unwrap()).unwrap();
        let sorted = |names: &mut dyn Iterator<Item = (&[u8], u32)>| {
            let mut names: Vec<(String, u32)> = names
                .map(|(name, class)| (String::from_utf8(name.to_vec()).unwrap(), class))
                .collect();
            names.sort();
            names
        };
        let of_plan = |names: &[(String, u32)]| {
            sorted(&mut names.iter().map(|(name, class)| (name.as_bytes(), *class)))
        };
        assert_eq!(sorted(&mut table.destinations()), of_plan(&plan.destinations));
        assert_eq!(sorted(&mut table.peers()), of_plan(&plan.peers));
        assert_eq!(sorted(&mut table.services()), of_plan(&plan.services));
        assert_eq!(sorted(&mut table.methods()), of_plan(&plan.methods));
        assert!(table.ports().eq(plan.ports.iter().copied()));
        assert_eq!(table.shares().count(), plan.shares.len());
        assert_eq!(table.levels().count(), plan.levels.len());
        assert!(table.uses_ports());
        let nodes = [&plan.access, &plan.splits].map(|it| u32::try_from(it.nodes.len()).unwrap());
        assert_eq!(table.nodes(), nodes.into());
        assert_eq!(table.automata().count(), plan.automata.len());
        assert!(table.automata().all(|it| it.classes == CLASSES && it.meets == 4));
        assert_eq!(table.named_rules(), 0);
        assert_eq!(table.workload(), plan.workload.as_deref());
    }
}

/// A state that tells every byte from every other.
#[test]
fn a_row_can_have_a_column_for_each_byte() {
    let byte = |byte: u8| State {
        class: u16::from(byte) + 1,
        edges: vec![Edge { first: byte, last: byte, to: 1 }],
    };
    let row = (0..=u8::MAX).map(|byte| Edge { first: byte, last: byte, to: u32::from(byte) + 2 });
    let mut states = vec![State::default(), State { class: 0, edges: row.collect() }];
    states.extend((0..=u8::MAX).map(byte));
    let automaton = Automaton { states, start: 1, classes: 257, meets: Vec::new() };
    let allowed = |class| (class, Next::Leaf(Verdict::Allowed(RuleId(class))));
    let otherwise = Next::Leaf(Verdict::Denied(Denial { reason: Reason::Header, nearest: None }));
    let nodes = vec![Node { level: 0, otherwise, edges: (1..257).map(allowed).collect() }];
    let plan = Plan {
        workload: Some(identity(0)),
        levels: vec![Level::Header("x".to_owned(), 0)],
        automata: vec![automaton],
        access: Diagram { root: Next::Node(0), nodes },
        ..Plan::default()
    };
    let table = Table::from_bytes(plan.write().unwrap()).unwrap();
    let shape = table.automata().next().unwrap();
    assert_eq!((shape.rows, shape.columns, shape.slots), (1, 256, 257));
    for byte in 0..0x80_u8 {
        let headers = [("x", [byte])];
        let peer = identity(1);
        let request = Request {
            protocol: Protocol::Tcp,
            peer: Some(peer.as_bytes()),
            destination: Destination::OfTable,
            port: None,
            method: None,
            path: None,
            authority: None,
            headers: &headers,
        };
        assert_eq!(table.decide(&request), Verdict::Allowed(RuleId(u32::from(byte) + 1)));
    }
}
