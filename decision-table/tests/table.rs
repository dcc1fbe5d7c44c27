//! A small table made by hand: what it decides, and what damage does to it.
#![cfg(feature = "alloc")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use decision_table::plan::{
    Automaton, Backend, Diagram, Edge, Level, Next, Node, Plan, Rule, Share, State,
};
use decision_table::{
    Attribute, Denial, Destination, Dialect, Draw, FormatError, IdentityForm, Protocol, Reason,
    Request, RuleId, Table, Verdict,
};

const WORKLOAD: &str = "spiffe://mesh/ns/shop/sa/shop";
const CALLER: &str = "spiffe://mesh/ns/shop/sa/caller";

fn denied(reason: Reason, nearest: Option<u32>) -> Verdict {
    Verdict::Denied(Denial { reason, nearest: nearest.map(RuleId) })
}

fn edge(byte: u8, to: u32) -> Edge {
    Edge { first: byte, last: byte, to }
}

/// `/a` is class 1, `/ab` class 2, every other text class 0.
fn automaton() -> Automaton {
    let state = |class, edges: &[Edge]| State { class, edges: edges.to_vec() };
    Automaton {
        states: vec![
            State::default(),
            state(0, &[edge(b'/', 2)]),
            state(0, &[edge(b'a', 3)]),
            state(1, &[edge(b'b', 4)]),
            state(2, &[]),
        ],
        start: 1,
        classes: 4,
        meets: vec![[1, 2, 3]],
    }
}

/// The caller may ask for `/a`, and for `/ab` with all values of `x` being `/a` or `/ab`.
fn plan() -> Plan {
    let leaf = Next::Leaf;
    let allowed = |rule| leaf(Verdict::Allowed(RuleId(rule)));
    let node = |level, otherwise, edges| Node { level, otherwise, edges };
    let rule = |route: &str, line| Rule {
        target: "shop/t".into(),
        route: route.into(),
        file: "a.yaml".into(),
        line,
    };
    Plan {
        dialect: Dialect::Osm,
        identities: IdentityForm::Spiffe,
        workload: Some(WORKLOAD.to_owned()),
        destinations: vec![(WORKLOAD.to_owned(), 1)],
        peers: vec![(CALLER.to_owned(), 1)],
        services: vec![("shop/web".to_owned(), 1)],
        methods: vec![("GET".to_owned(), 1)],
        ports: vec![80, 8080],
        levels: vec![
            Level::Destination,
            Level::Peer,
            Level::Service,
            Level::Protocol,
            Level::Path(0),
            Level::Header("x".to_owned(), 0),
        ],
        automata: vec![automaton()],
        access: Diagram {
            root: Next::Node(0),
            nodes: vec![
                node(0, leaf(denied(Reason::Destination, None)), vec![(1, Next::Node(1))]),
                node(1, leaf(denied(Reason::Peer, Some(0))), vec![(1, Next::Node(2))]),
                node(
                    4,
                    leaf(denied(Reason::Path, Some(0))),
                    vec![(1, allowed(0)), (2, Next::Node(3))],
                ),
                node(
                    5,
                    leaf(denied(Reason::Header, Some(1))),
                    vec![(1, allowed(1)), (2, allowed(1)), (3, allowed(1))],
                ),
            ],
        },
        // `/a` goes to one half; what is not HTTP too, to another port.
        splits: Diagram {
            root: Next::Node(0),
            nodes: vec![
                node(2, leaf(denied(Reason::Destination, None)), vec![(1, Next::Node(1))]),
                node(3, allowed(1), vec![(1, Next::Node(2))]),
                node(4, leaf(denied(Reason::Path, None)), vec![(1, allowed(0))]),
            ],
        },
        shares: vec![
            share(&[("shop/v1", 3, None), ("shop/v2", 1, None)]),
            share(&[("shop/v1", 1, Some(81))]),
        ],
        rules: vec![rule("shop/g#a", 3), rule("shop/g#b", 5)],
    }
}

fn share(backends: &[(&str, u32, Option<u16>)]) -> Share {
    let backends = backends.iter().map(|(service, weight, target_port)| Backend {
        service: (*service).to_owned(),
        weight: *weight,
        target_port: *target_port,
    });
    Share { split: "shop/canary".to_owned(), backends: backends.collect() }
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
    assert_eq!((table.named_rules(), table.nodes()), (2, (4, 3)));
    assert_eq!(table.identities(), IdentityForm::Spiffe);
    assert!(!table.uses_ports());
    assert_eq!(table.levels().nth(5), Some(Attribute::Header(b"x", 0)));
    let sizes: usize = table.sections().map(|(_, length)| length.next_multiple_of(4)).sum();
    let header = 56 + 12 * table.sections().count();
    assert_eq!(header + sizes, table.as_bytes().len());
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
    assert_eq!(broken(|plan| plan.access.root = Next::Node(9)), "access");
    assert_eq!(broken(|plan| plan.access.nodes[3].otherwise = Next::Node(0)), "access");
    assert_eq!(broken(|plan| plan.access.nodes[3].level = 6), "access");
    assert_eq!(broken(|plan| plan.access.nodes[3].edges.reverse()), "access");
    assert_eq!(broken(|plan| plan.splits.nodes[2].edges[0].1 = allowed(2)), "splits");
    assert_eq!(broken(|plan| plan.shares[0] = share(&[("a", 0, None)])), "shares");
    assert_eq!(broken(|plan| plan.levels[4] = Level::Path(1)), "levels");
    assert_eq!(broken(|plan| plan.ports.reverse()), "ports");
    assert_eq!(broken(|plan| plan.peers[0].0 = "caller".to_owned()), "peers");
    assert_eq!(broken(|plan| plan.workload = Some("caller".to_owned())), "scope");
    assert_eq!(broken(|plan| plan.automata[0].start = 5), "automata");
    assert_eq!(broken(|plan| plan.automata[0].states[1].edges[0].to = 5), "automata");
    assert_eq!(broken(|plan| plan.automata[0].states[4].class = 4), "automata");
    assert_eq!(broken(|plan| plan.automata[0].meets[0] = [2, 1, 3]), "automata");
}

fn allowed(rule: u32) -> Next {
    Next::Leaf(Verdict::Allowed(RuleId(rule)))
}

#[test]
fn splits_share_requests_by_weight() {
    let table = Table::from_bytes(plan().write().unwrap()).unwrap();
    let headers: &[(&str, &str)] = &[];
    let of_a = request("/a", &headers);
    let chosen = |request: &Request<'_>, number| {
        let backend = table.choose_backend(b"shop/web", request, Draw::Random(number));
        backend.map(|backend| backend.service)
    };
    assert_eq!(chosen(&of_a, 0), Some("shop/v1"));
    assert_eq!(chosen(&of_a, (u64::MAX / 4) * 3), Some("shop/v1"));
    assert_eq!(chosen(&of_a, (u64::MAX / 4) * 3 + 3), Some("shop/v2"));
    assert_eq!(chosen(&of_a, u64::MAX), Some("shop/v2"));
    assert_eq!(chosen(&request("/b", &headers), 0), None, "no condition holds");
    assert_eq!(table.choose_backend(b"shop/v1", &of_a, Draw::Random(0)), None, "no root");
    let share = table.share(b"shop/web", &of_a).unwrap();
    assert_eq!((share.split(), share.total(), share.backends().count()), ("shop/canary", 4, 2));
}

#[test]
fn paths_that_cannot_be_judged_fulfil_no_condition_of_a_split() {
    let table = Table::from_bytes(plan().write().unwrap()).unwrap();
    let headers: &[(&str, &str)] = &[];
    let port = |request: Request<'_>| {
        let backend = table.choose_backend(b"shop/web", &request, Draw::Random(0));
        backend.map(|backend| backend.target_port)
    };
    let of_a = request("/a", &headers);
    assert_eq!(port(Request { path: Some(b"/b/../a"), ..of_a }), Some(Some(81)));
    assert_eq!(port(Request { path: None, ..of_a }), Some(Some(81)));
    assert_eq!(port(Request { protocol: Protocol::Tcp, ..of_a }), Some(Some(81)));
}

#[test]
fn keys_are_spread_by_weight_and_stay_where_they_are() {
    let table = Table::from_bytes(plan().write().unwrap()).unwrap();
    let headers: &[(&str, &str)] = &[];
    let of_a = request("/a", &headers);
    let to_v1 = |user: &u32| {
        let user = format!("user-{user}");
        let choose = || table.choose_backend(b"shop/web", &of_a, Draw::Key(user.as_bytes()));
        assert_eq!(choose(), choose());
        choose().unwrap().service == "shop/v1"
    };
    let share = (0..10_000).filter(to_v1).count();
    // Four standard deviations of 10,000 draws with probability 3/4.
    assert!((7_327..=7_673).contains(&share), "{share} of 10,000 went to three quarters");
}

/// Literals longer than a slot, ranges, rows, loops, and texts that end anywhere.
#[test]
fn automata_of_all_shapes_are_walked() {
    let state = |class, edges: &[(u8, u8, u32)]| State {
        class,
        edges: edges.iter().map(|&(first, last, to)| Edge { first, last, to }).collect(),
    };
    // `/abcdefghijkl` then: `-` and anything (3), `/` and no further slash (2), a
    // vowel and digits (1).
    let mut states = vec![State::default()];
    for (at, byte) in (2..).zip(*b"/abcdefghijkl") {
        states.push(state(0, &[(byte, byte, at)]));
    }
    let (branch, digits, segment, rest) = (14, 15, 16, 17);
    states.push(state(
        0,
        &[
            (b'-', b'-', rest),
            (b'/', b'/', segment),
            (b'a', b'a', digits),
            (b'e', b'e', digits),
            (b'i', b'i', digits),
        ],
    ));
    states.push(state(1, &[(b'0', b'9', digits)]));
    states.push(state(2, &[(0, b'.', segment), (b'0', 255, segment)]));
    states.push(state(3, &[(0, 255, rest)]));
    assert_eq!(states.len(), 18);
    assert_eq!(states[branch as usize].edges.len(), 5);
    let allowed = (1..=3).map(|class| (class, allowed(u32::from(class == 3) * 2))).collect();
    let otherwise = Next::Leaf(denied(Reason::Path, None));
    let access =
        Diagram { root: Next::Node(0), nodes: vec![Node { level: 4, otherwise, edges: allowed }] };
    let automaton = Automaton { states, start: 1, classes: 4, meets: Vec::new() };
    let plan = Plan { automata: vec![automaton], access, ..plan() };
    let table = Table::from_bytes(plan.write().unwrap()).unwrap();
    let headers: &[(&str, &str)] = &[];
    let rule = |path: &str| match table.decide(&request(path, &headers)) {
        Verdict::Allowed(RuleId(rule)) => Some(rule),
        Verdict::Denied(_) => None,
    };
    for (path, expected) in [
        ("/abcdefghijkl-", Some(2)),
        ("/abcdefghijkl-any/thing/longer/than/a/slot/é", Some(2)),
        ("/abcdefghijkl/", Some(0)),
        ("/abcdefghijkl/one-segment", Some(0)),
        ("/abcdefghijkl/one/more", None),
        ("/abcdefghijkla", Some(0)),
        ("/abcdefghijkli0123456789", Some(0)),
        ("/abcdefghijkli0123456789x", None),
        ("/abcdefghijklo", None),
        ("/abcdefghijkl", None),
        ("/abcdefghijk", None),
        ("/abcdefg", None),
        ("/abcdefgX", None),
        ("/abcdefgXijkl-", None),
        ("/a", None),
        ("/", None),
    ] {
        assert_eq!(rule(path), expected, "{path}");
    }
    let shape = table.automata().next().unwrap();
    assert_eq!((shape.slots, shape.rows), (6, 1));
}

#[test]
fn what_does_not_fit_into_a_word_is_too_large() {
    let allowed = |rule| Next::Leaf(Verdict::Allowed(RuleId(rule)));
    let denied = |rule| Next::Leaf(denied(Reason::Path, Some(rule)));
    let node =
        |level, class| Node { level, otherwise: allowed(0), edges: vec![(class, allowed(0))] };
    let fits = |root, nodes| Plan { access: Diagram { root, nodes }, ..plan() }.write().is_ok();
    assert!(fits(allowed(Plan::MOST_RULES - 1), vec![]));
    assert!(!fits(allowed(Plan::MOST_RULES), vec![]));
    assert!(!fits(denied(Plan::MOST_RULES), vec![]));
    assert!(fits(Next::Node(0), vec![node((1 << 30) - 1, (1 << 30) - 1)]));
    assert!(!fits(Next::Node(0), vec![node(1 << 30, 1)]));
    assert!(!fits(Next::Node(0), vec![node(0, 1 << 30)]));
}

/// A plan is somebody's program: its mistakes become tables that are refused, or
/// decide something else, but never stop the writer.
#[test]
fn edges_out_of_order_do_no_harm() {
    let backwards = vec![edge(b'b', 1), edge(0, 1), edge(b'a', 7), edge(u8::MAX, 1), edge(0, 1)];
    let state = State { class: 0, edges: backwards };
    let mut plan = plan();
    plan.automata = vec![Automaton { states: vec![State::default(), state], ..automaton() }];
    let bytes = plan.write().unwrap();
    assert!(Table::from_bytes(bytes).is_err(), "an edge leads to a state that is not there");
}
