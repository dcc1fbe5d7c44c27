//! Tables against their plans: random plans are written and verified, and must
//! answer random requests as a naive reader of the plan does.
#![cfg(feature = "alloc")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail like tests"
)]

mod naive;
mod plans;
mod questions;

use decision_table::plan::{Automaton, Backend, Diagram, Edge, Level, Next, Node, Plan, State};
use decision_table::{
    Denial, Destination, Draw, Protocol, Reason, Request, RuleId, Table, Verdict,
};

use naive::{chosen, decide};
use plans::{CLASSES, Random, identity, plan};
use questions::Question;

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

/// A table that allows, by the rule of its class, what its automaton knows of the
/// header `x`.
fn of_header(automaton: Automaton) -> Table<Vec<u8>> {
    let allowed = |class| (class, Next::Leaf(Verdict::Allowed(RuleId(class))));
    let otherwise = Next::Leaf(Verdict::Denied(Denial { reason: Reason::Header, nearest: None }));
    let nodes =
        vec![Node { level: 0, otherwise, edges: (1..automaton.classes).map(allowed).collect() }];
    let plan = Plan {
        workload: Some(identity(0)),
        levels: vec![Level::Header("x".to_owned(), 0)],
        automata: vec![automaton],
        access: Diagram { root: Next::Node(0), nodes },
        ..Plan::default()
    };
    Table::from_bytes(plan.write().unwrap()).unwrap()
}

fn class_by(table: &Table<Vec<u8>>, value: &[u8]) -> u32 {
    let peer = identity(1);
    let verdict = table.decide(&Request {
        protocol: Protocol::Http,
        peer: Some(peer.as_bytes()),
        destination: Destination::OfTable,
        port: None,
        method: Some(b"GET"),
        path: Some(b"/"),
        authority: None,
        headers: &[("x", value)],
    });
    match verdict {
        Verdict::Allowed(RuleId(class)) => class,
        Verdict::Denied(_) => 0,
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
    let table = of_header(Automaton { states, start: 1, classes: 257, meets: Vec::new() });
    let shape = table.automata().next().unwrap();
    assert_eq!((shape.rows, shape.columns, shape.slots), (1, 256, 257));
    for byte in 0..0x80_u8 {
        assert_eq!(class_by(&table, &[byte]), u32::from(byte) + 1);
    }
}

/// A row whose edges begin behind the first byte, and end in front of the last.
#[test]
fn bytes_outside_the_edges_of_a_row_are_dead() {
    let end = |class| State { class, edges: Vec::new() };
    let row = (1..=4).map(|byte| Edge { first: byte, last: byte, to: u32::from(byte) + 1 });
    let mut states = vec![State::default(), State { class: 0, edges: row.collect() }];
    states.extend((1..=4).map(end));
    let table = of_header(Automaton { states, start: 1, classes: 5, meets: Vec::new() });
    assert_eq!(table.automata().next().unwrap().rows, 1);
    let classes: Vec<u32> = (0..=6).map(|byte| class_by(&table, &[byte])).collect();
    assert_eq!(classes, [0, 1, 2, 3, 4, 0, 0]);
}

/// However an automaton's edges are cut, the same bytes lead to the same places.
#[test]
fn edges_next_to_each_other_are_one_range() {
    let edges = (b'a'..=b'h').map(|byte| Edge { first: byte, last: byte, to: 2 }).collect();
    let states =
        vec![State::default(), State { class: 0, edges }, State { class: 1, edges: Vec::new() }];
    let automaton = Automaton { states, start: 1, classes: 2, meets: Vec::new() };
    let plan = Plan { automata: vec![automaton], ..Plan::default() };
    let table = Table::from_bytes(plan.write().unwrap()).unwrap();
    let shape = table.automata().next().unwrap();
    assert_eq!((shape.slots, shape.rows), (3, 0));
}
