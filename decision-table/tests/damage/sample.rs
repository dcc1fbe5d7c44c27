//! A table that has something in every section.

use decision_table::plan::{
    Automaton, Backend, Diagram, Edge, Level, Next, Node, Plan, Rule, Share, State,
};
use decision_table::{Denial, Reason, RuleId, Verdict};

fn leaf(rule: u32) -> Next {
    Next::Leaf(Verdict::Allowed(RuleId(rule)))
}

fn denied(nearest: Option<u32>) -> Next {
    let nearest = nearest.map(RuleId);
    Next::Leaf(Verdict::Denied(Denial { reason: Reason::Header, nearest }))
}

fn edge(first: u8, last: u8, to: u32) -> Edge {
    Edge { first, last, to }
}

/// Slots: dead (0), `/` (1), ranges `a` and `c` with a continuation (2 and 3),
/// three ranges with one (4 and 5), rest (6); one row.
fn automaton() -> Automaton {
    let state = |class, edges: Vec<Edge>| State { class, edges };
    let row = (b'a'..=b'h').map(|byte| edge(byte, byte, u32::from(byte % 2) + 4)).collect();
    Automaton {
        states: vec![
            State::default(),
            state(0, vec![edge(b'/', b'/', 2)]),
            state(1, vec![edge(b'a', b'a', 3), edge(b'c', b'c', 4)]),
            state(2, vec![edge(b'a', b'b', 4), edge(b'd', b'd', 5), edge(b'f', b'f', 3)]),
            state(2, row),
            state(3, vec![edge(0, u8::MAX, 5)]),
        ],
        start: 1,
        classes: 4,
        meets: vec![[1, 2, 3], [1, 3, 2], [2, 3, 1]],
    }
}

pub(super) fn plan() -> Plan {
    let identity = |name: &str| format!("spiffe://mesh/ns/shop/sa/{name}");
    let node = |level, otherwise, edges| Node { level, otherwise, edges };
    let backend = |service: &str, weight, target_port| Backend {
        service: service.to_owned(),
        weight,
        target_port,
    };
    let rule = |line| Rule {
        target: "shop/t".to_owned(),
        route: "shop/g#é".to_owned(),
        file: "a.yaml".to_owned(),
        line,
    };
    let method = |name: &str, class| (name.to_owned(), class);
    Plan {
        workload: Some(identity("shop")),
        destinations: vec![(identity("shop"), 1)],
        peers: vec![(identity("a"), 1), (identity("b"), 2)],
        methods: ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"]
            .into_iter()
            .zip(1..)
            .map(|(name, class)| method(name, class))
            .collect(),
        services: vec![("shop/web".to_owned(), 1)],
        ports: vec![80, 81, 443],
        levels: vec![Level::Peer, Level::Path(0), Level::Header("x".to_owned(), 0), Level::Host(0)],
        automata: vec![automaton(), automaton()],
        access: Diagram {
            root: Next::Node(0),
            nodes: vec![
                node(0, denied(None), vec![(1, Next::Node(1)), (2, leaf(0))]),
                node(1, denied(Some(1)), vec![(1, leaf(1)), (3, leaf(0))]),
            ],
        },
        splits: Diagram {
            root: Next::Node(0),
            nodes: vec![node(1, denied(None), vec![(1, leaf(0)), (2, leaf(1))])],
        },
        shares: vec![
            Share {
                split: "shop/one".to_owned(),
                backends: vec![backend("shop/v1", 1, None), backend("shop/v2", 2, Some(u16::MAX))],
            },
            Share {
                split: "shop/é".to_owned(),
                backends: vec![backend("shop/v2", 0, None), backend("shop/v1", u32::MAX, None)],
            },
        ],
        rules: vec![rule(3), rule(5)],
        ..Plan::default()
    }
}
