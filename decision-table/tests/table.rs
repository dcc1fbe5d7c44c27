//! A small table made by hand: what it decides, and what damage does to it.
#![cfg(feature = "alloc")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail like tests"
)]

use decision_table::plan::{Automaton, Level, Next, Node, Plan, Rule};
use decision_table::{
    Denial, Destination, Dialect, FormatError, Protocol, Reason, Request, RuleId, Table, Verdict,
};

const WORKLOAD: &str = "spiffe://mesh/ns/shop/sa/shop";
const CALLER: &str = "spiffe://mesh/ns/shop/sa/caller";

fn denied(reason: Reason, nearest: Option<u32>) -> Verdict {
    Verdict::Denied(Denial { reason, nearest: nearest.map(RuleId) })
}

/// `/a` is class 1, `/ab` class 2, every other text class 0.
fn automaton() -> Automaton {
    let mut column = [0; 256];
    column[usize::from(b'/')] = 1;
    column[usize::from(b'a')] = 2;
    column[usize::from(b'b')] = 3;
    let row = |slash, a, b| [0, slash, a, b];
    Automaton {
        column,
        columns: 4,
        start: 1,
        transitions: [row(0, 0, 0), row(2, 0, 0), row(0, 3, 0), row(0, 0, 4), row(0, 0, 0)]
            .concat(),
        accepts: vec![0, 0, 0, 1, 2],
        classes: 4,
        meets: vec![[1, 2, 3]],
    }
}

/// The caller may ask for `/a`, and for `/ab` with all values of `x` being `/a` or `/ab`.
fn plan() -> Plan {
    let leaf = Next::Leaf;
    Plan {
        dialect: Dialect::Osm,
        workload: Some(WORKLOAD.to_owned()),
        destinations: vec![(WORKLOAD.to_owned(), 1)],
        peers: vec![(CALLER.to_owned(), 1)],
        methods: vec![("GET".to_owned(), 1)],
        ports: vec![80, 8080],
        levels: vec![
            Level::Destination,
            Level::Peer,
            Level::Path(0),
            Level::Header("x".to_owned(), 0),
        ],
        automata: vec![automaton()],
        root: Next::Node(0),
        nodes: vec![
            Node {
                level: 0,
                otherwise: leaf(denied(Reason::Destination, None)),
                edges: vec![(1, Next::Node(1))],
            },
            Node {
                level: 1,
                otherwise: leaf(denied(Reason::Peer, Some(0))),
                edges: vec![(1, Next::Node(2))],
            },
            Node {
                level: 2,
                otherwise: leaf(denied(Reason::Path, Some(0))),
                edges: vec![(1, leaf(Verdict::Allowed(RuleId(0)))), (2, Next::Node(3))],
            },
            Node {
                level: 3,
                otherwise: leaf(denied(Reason::Header, Some(1))),
                edges: vec![
                    (1, leaf(Verdict::Allowed(RuleId(1)))),
                    (2, leaf(Verdict::Allowed(RuleId(1)))),
                    (3, leaf(Verdict::Allowed(RuleId(1)))),
                ],
            },
        ],
        rules: vec![
            Rule {
                target: "shop/t".into(),
                route: "shop/g#a".into(),
                file: "a.yaml".into(),
                line: 3,
            },
            Rule {
                target: "shop/t".into(),
                route: "shop/g#b".into(),
                file: "a.yaml".into(),
                line: 5,
            },
        ],
    }
}

fn request<'a>(path: &'a str, headers: &'a &'a [(&'a str, &'a str)]) -> Request<'a> {
    Request {
        protocol: Protocol::Http,
        peer: Some(CALLER.as_bytes()),
        destination: Destination::OfTable,
        port: None,
        method: Some(b"GET"),
        path: Some(path.as_bytes()),
        authority: None,
        headers,
    }
}

fn decide(path: &str, headers: &[(&str, &str)]) -> Verdict {
    let table = Table::from_bytes(plan().write().unwrap()).unwrap();
    table.decide(&request(path, &headers))
}

#[test]
fn paths_and_headers_decide() {
    assert_eq!(decide("/a", &[]), Verdict::Allowed(RuleId(0)));
    assert_eq!(decide("/a?query", &[]), Verdict::Allowed(RuleId(0)));
    assert_eq!(decide("/b", &[]), denied(Reason::Path, Some(0)));
    assert_eq!(decide("/ab", &[]), denied(Reason::Header, Some(1)));
    assert_eq!(decide("/ab", &[("X", "/a")]), Verdict::Allowed(RuleId(1)));
    assert_eq!(decide("/a/../a", &[]), denied(Reason::NonCanonicalPath, None));
}

#[test]
fn every_value_of_a_header_counts() {
    assert_eq!(decide("/ab", &[("x", "/a"), ("x", "/a")]), Verdict::Allowed(RuleId(1)));
    assert_eq!(decide("/ab", &[("x", "/a"), ("x", "/ab")]), Verdict::Allowed(RuleId(1)));
    assert_eq!(decide("/ab", &[("x", "/a"), ("x", "no")]), denied(Reason::Header, Some(1)));
    assert_eq!(decide("/ab", &[("x", "no"), ("x", "/a")]), denied(Reason::Header, Some(1)));
}

#[test]
fn what_cannot_be_judged_is_denied() {
    let table = Table::from_bytes(plan().write().unwrap()).unwrap();
    let headers: &[(&str, &str)] = &[];
    let base = request("/a", &headers);
    let verdict = |request: Request<'_>| table.decide(&request);
    let reason = |reason| denied(reason, None);
    assert_eq!(verdict(Request { peer: None, ..base }), reason(Reason::MissingPeer));
    assert_eq!(verdict(Request { peer: Some(b""), ..base }), reason(Reason::MissingPeer));
    let joined = format!("{CALLER},{CALLER}");
    let joined = Request { peer: Some(joined.as_bytes()), ..base };
    assert_eq!(verdict(joined), reason(Reason::MalformedPeer));
    assert_eq!(verdict(Request { method: None, ..base }), reason(Reason::MalformedRequest));
    assert_eq!(verdict(Request { path: None, ..base }), reason(Reason::MalformedRequest));
    let elsewhere = Destination::Workload(CALLER.as_bytes());
    assert_eq!(verdict(Request { destination: elsewhere, ..base }), reason(Reason::Destination));
}

#[test]
fn a_table_for_a_mesh_needs_a_destination() {
    let table = Table::from_bytes(Plan { workload: None, ..plan() }.write().unwrap()).unwrap();
    let headers: &[(&str, &str)] = &[];
    assert_eq!(table.workload(), None);
    assert_eq!(table.decide(&request("/a", &headers)), denied(Reason::MalformedRequest, None));
    let destination = Destination::Workload(WORKLOAD.as_bytes());
    assert!(table.decide(&Request { destination, ..request("/a", &headers) }).is_allowed());
}

#[test]
fn a_table_says_what_it_is() {
    let table = Table::from_bytes(plan().write().unwrap()).unwrap();
    assert_eq!(table.workload(), Some(WORKLOAD));
    assert_eq!(table.dialect(), Dialect::Osm);
    assert_eq!((table.named_rules(), table.nodes(), table.states()), (2, 4, 5));
    assert!(!table.uses_ports());
    let rule = table.rule(RuleId(1)).unwrap();
    assert_eq!(
        (rule.target, rule.route, rule.file, rule.line),
        ("shop/t", "shop/g#b", "a.yaml", 5)
    );
    assert_eq!(table.rule(RuleId(2)), None);
}

#[test]
fn the_digest_covers_what_decides_and_nothing_else() {
    let digest = |plan: Plan| Table::from_bytes(plan.write().unwrap()).unwrap().digest().to_vec();
    assert_eq!(digest(plan()), digest(Plan { rules: Vec::new(), ..plan() }));
    assert_ne!(digest(plan()), digest(Plan { ports: vec![80], ..plan() }));
    assert_ne!(digest(plan()), digest(Plan { dialect: Dialect::Spec, ..plan() }));
}

#[test]
fn cut_or_damaged_bytes_are_refused() {
    let bytes = plan().write().unwrap();
    for length in 0..bytes.len() {
        assert!(Table::from_bytes(&bytes[..length]).is_err(), "{length} bytes");
    }
    for position in 0..bytes.len() {
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[position] ^= 1 << bit;
            assert!(Table::from_bytes(damaged).is_err(), "bit {bit} of byte {position}");
        }
    }
}

#[test]
fn contradictions_are_found_behind_a_valid_checksum() {
    let broken = |change: fn(&mut Plan)| {
        let mut plan = plan();
        change(&mut plan);
        match Table::from_bytes(plan.write().unwrap()).unwrap_err() {
            FormatError::Malformed { section, .. } => section,
            other => panic!("{other}"),
        }
    };
    assert_eq!(broken(|plan| plan.root = Next::Node(9)), "nodes");
    assert_eq!(broken(|plan| plan.nodes[3].otherwise = Next::Node(0)), "nodes");
    assert_eq!(broken(|plan| plan.nodes[3].level = 4), "nodes");
    assert_eq!(broken(|plan| plan.nodes[3].edges.reverse()), "nodes");
    assert_eq!(broken(|plan| plan.levels[2] = Level::Path(1)), "levels");
    assert_eq!(broken(|plan| plan.ports.reverse()), "ports");
    assert_eq!(broken(|plan| plan.automata[0].start = 5), "automata");
    assert_eq!(broken(|plan| plan.automata[0].transitions[7] = 5), "automata");
    assert_eq!(broken(|plan| plan.automata[0].transitions[0] = 1), "automata");
    assert_eq!(broken(|plan| plan.automata[0].accepts[4] = 4), "automata");
    assert_eq!(broken(|plan| plan.automata[0].column[0] = 4), "automata");
    assert_eq!(broken(|plan| plan.automata[0].meets[0] = [2, 1, 3]), "automata");
}
