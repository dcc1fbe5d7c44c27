//! Random plans, small enough that random requests reach most of them.

use decision_table::plan::{
    Automaton, Backend, Diagram, Edge, Level, Next, Node, Plan, Share, State,
};
use decision_table::{Denial, IdentityForm, Reason, RuleId, Verdict};

/// SplitMix64: small, and the same everywhere.
pub(super) struct Random(pub(super) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ (number >> 31)
    }

    /// From 0 to below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    pub(super) fn number(&mut self, end: usize) -> u32 {
        u32::try_from(self.below(end)).unwrap()
    }

    pub(super) fn byte(&mut self, alphabet: &[u8]) -> u8 {
        alphabet[self.below(alphabet.len())]
    }
}

/// What names and texts are made of.
pub(super) const ALPHABET: &[u8] = b"abcdefgh0123456789-_";
pub(super) const CLASSES: u32 = 5;

fn automaton(random: &mut Random) -> Automaton {
    let count = 4 + random.below(24);
    let mut states = vec![State::default()];
    for own in 1..count {
        let to = |random: &mut Random| random.number(count);
        let edge = |first, last, to| Edge { first, last, to };
        let next = u32::try_from((own + 1) % count).unwrap();
        let edges = match random.below(10) {
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
            // Bytes that stay, but for a few.
            7 => {
                let own = u32::try_from(own).unwrap();
                vec![
                    edge(0, b'b', own),
                    edge(b'c', b'c', to(random)),
                    edge(b'd', b'd', own),
                    edge(b'e', b'e', next),
                    edge(b'f', u8::MAX, own),
                ]
            }
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

pub(super) fn identity(number: usize) -> String {
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

pub(super) fn plan(random: &mut Random) -> Plan {
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
