//! What hosts rely on besides verdicts: words in options and logs, modes, keys.
#![cfg(feature = "alloc")]

use std::fmt::{Debug, Display};
use std::str::FromStr;

use decision_table::plan::{Backend, Diagram, Next, Plan, Rule, Share, TooLarge, with_provenance};
use decision_table::{
    Denial, Destination, Dialect, Draw, IdentityForm, Mode, NoHeaders, Protocol, Reason, Request,
    RuleId, Table, Verdict,
};

fn reads_back<T: Copy + Debug + Display + FromStr + PartialEq>(all: &[T], names: &[&str]) {
    let written: Vec<String> = all.iter().map(ToString::to_string).collect();
    assert_eq!(written, names);
    for (one, name) in all.iter().zip(names) {
        assert_eq!(name.parse().ok(), Some(*one));
        assert!(name.to_uppercase().parse::<T>().is_err());
    }
    assert!("".parse::<T>().is_err());
}

#[test]
fn names_in_options_can_be_read_again() {
    reads_back(&Dialect::ALL, &["spec", "osm", "traefik", "nginx"]);
    reads_back(&Mode::ALL, &["enforce", "audit", "permissive"]);
    reads_back(&IdentityForm::ALL, &["spiffe", "service-name"]);
}

#[test]
fn reasons_have_stable_codes() {
    let codes = Reason::ALL.map(Reason::code);
    let stable = [
        "no_policy",
        "malformed_request",
        "non_canonical_path",
        "missing_peer",
        "malformed_peer",
        "destination_not_covered",
        "peer_not_allowed",
        "port_not_allowed",
        "path_not_allowed",
        "method_not_allowed",
        "host_not_allowed",
        "header_not_allowed",
    ];
    assert_eq!(codes, stable);
}

#[test]
fn only_enforcing_stops_what_is_denied() {
    let allowed = Verdict::Allowed(RuleId(0));
    let denied = Verdict::Denied(Denial { reason: Reason::Peer, nearest: None });
    for (mode, admits_denied, decides) in
        [(Mode::Enforce, false, true), (Mode::Audit, true, true), (Mode::Permissive, true, false)]
    {
        assert!(mode.admits(allowed), "{mode}");
        assert_eq!((mode.admits(denied), mode.decides()), (admits_denied, decides), "{mode}");
    }
}

const TCP: Request<'_> = Request {
    protocol: Protocol::Tcp,
    peer: None,
    destination: Destination::OfTable,
    port: None,
    method: None,
    path: None,
    authority: None,
    headers: &NoHeaders,
};

#[test]
fn a_table_knows_how_identities_are_written() {
    for (identities, peer, other) in [
        (IdentityForm::Spiffe, "spiffe://mesh/ns/a/sa/b", "b.a.mesh"),
        (IdentityForm::ServiceName, "b.a.mesh", "spiffe://mesh/ns/a/sa/b"),
    ] {
        let root = Next::Leaf(Verdict::Allowed(RuleId(3)));
        let access = Diagram { root, nodes: Vec::new() };
        let workload = Some(peer.to_owned());
        let plan = Plan { identities, workload, access, ..Plan::default() };
        let table = Table::from_bytes(plan.write().unwrap()).unwrap();
        assert_eq!(table.identities(), identities);
        let ask = |peer: &str| table.decide(&Request { peer: Some(peer.as_bytes()), ..TCP });
        assert_eq!(ask(peer), Verdict::Allowed(RuleId(3)));
        let malformed = Denial { reason: Reason::MalformedPeer, nearest: None };
        assert_eq!(ask(other), Verdict::Denied(malformed));
    }
}

/// Requests for `shop/web` are shared among 2^40 points, of which one is special: the
/// one to which this number leads.
fn one_of_many(number: u64) -> Plan {
    let point = number >> 24;
    let mut backends = Vec::new();
    let mut add = |name: &str, mut points: u64| {
        while points > 0 {
            let weight = u32::try_from(points).unwrap_or(u32::MAX);
            backends.push(Backend { service: format!("shop/{name}"), weight, target_port: None });
            points -= u64::from(weight);
        }
    };
    add("before", point);
    add("here", 1);
    add("behind", (1 << 40) - 1 - point);
    Plan {
        services: vec![("shop/web".to_owned(), 1)],
        splits: Diagram { root: Next::Leaf(Verdict::Allowed(RuleId(0))), nodes: Vec::new() },
        shares: vec![Share { split: "shop/canary".to_owned(), backends }],
        ..Plan::default()
    }
}

/// Sessions stay where they are when this library is replaced by a later one, or
/// by another reader. The numbers are those of the format's description, computed
/// by other means.
#[test]
fn keys_lead_where_the_format_says() {
    for (key, number) in [
        ("", 0x3d16_d410_f7ac_e151_u64),
        ("alice", 0xa6d4_77de_34f4_229b),
        ("bob", 0x98a3_4375_5b3f_6afb),
        ("carol", 0x089c_a09a_3f2a_7de6),
        ("dave", 0x23dd_9eeb_de99_7ee1),
        ("session-1", 0x7aca_f875_e0dd_870d),
        ("session-2", 0x39e0_1792_e506_1227),
        ("7b0a1c2e-8a41-4b7e-9d0f-2f6c1b9d3e55", 0x4c29_4813_2c86_4930),
        // Of one, two and half a block of the hash, and a byte more.
        ("sixteen-bytes-ok", 0x51d0_225f_2cc7_46d2),
        ("seventeen-bytes-0", 0xafa8_0d29_925e_ab15),
        ("0123456789abcdef0123456789abcdef", 0xa36a_6727_2840_5d54),
        ("12345678", 0xcd2c_0e31_5ff7_a27c),
        ("123456789", 0x06f6_d9e6_bba7_b039),
    ] {
        let table = Table::from_bytes(one_of_many(number).write().unwrap()).unwrap();
        for draw in [Draw::Key(key.as_bytes()), Draw::Random(number)] {
            let chosen = table.choose_backend(b"shop/web", &TCP, draw);
            assert_eq!(chosen.map(|it| it.service), Some("shop/here"), "{key}");
        }
    }
}

#[test]
fn rules_get_other_places_and_keep_what_they_decide() -> Result<(), TooLarge> {
    let rule = |line| Rule {
        target: "shop/t".to_owned(),
        route: "shop/r".to_owned(),
        file: "a.yaml".to_owned(),
        line,
    };
    let plan = Plan { rules: vec![rule(1), rule(2)], ..one_of_many(0) };
    let table = Table::from_bytes(plan.write()?).unwrap();
    let moved = with_provenance(&table, &[rule(7), rule(8)])?;
    assert_eq!(moved, Plan { rules: vec![rule(7), rule(8)], ..plan.clone() }.write()?);
    let without = with_provenance(&table, &[])?;
    assert_eq!(without, Plan { rules: Vec::new(), ..plan }.write()?);
    let named = |bytes| Table::from_bytes(bytes).unwrap().named_rules();
    assert_eq!((named(moved), named(without)), (2, 0));
    Ok(())
}
