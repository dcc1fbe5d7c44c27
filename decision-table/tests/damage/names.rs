//! Names, ports, and what levels look at.

use crate::taken::{changed, get, kind, set, with_word};

#[test]
fn names_stand_where_they_are_looked_for() {
    use kind::{METHODS, PEERS, SCOPE};
    assert_eq!(changed(SCOPE, |it| it[0] = b','), "scope: it is not an identity");
    assert_eq!(with_word(PEERS, 0, 0), "peers: it has no buckets");
    assert_eq!(with_word(PEERS, 0, u32::MAX), "peers: it has no buckets");
    assert_eq!(with_word(PEERS, 0, 1000), "peers: it ends too early");
    // Peers: one bucket, its start and end, records of 8 bytes and 26 with padding.
    assert_eq!((get(PEERS, 0), get(PEERS, 1), get(PEERS, 2)), (1, 0, 72));
    assert_eq!(with_word(PEERS, 1, 73), "peers: the buckets are not in order");
    assert_eq!(with_word(PEERS, 2, 76), "peers: the buckets are not in order");
    assert_eq!(with_word(PEERS, 1, 36), "peers: the buckets do not follow each other");
    assert_eq!(with_word(PEERS, 2, 36), "peers: there are bytes behind its end");
    assert_eq!(with_word(PEERS, 2, 71), "peers: a name is cut off");
    let place = "peers: a name is in the wrong place";
    let (first, second) = (12 + 8 + 25, 12 + 36 + 8 + 25);
    assert_eq!(changed(PEERS, |it| it.swap(first, second)), place);
    assert_eq!(changed(PEERS, |it| it[second] = b'a'), place, "twice");
    assert_eq!(changed(PEERS, |it| it[second] = b','), place);
    assert_eq!(changed(PEERS, |it| it[first] = b','), "peers: a name could not be asked for");
    let class = "peers: a name has no class, or bytes behind it";
    assert_eq!(with_word(PEERS, 3, 0), class);
    assert_eq!(changed(PEERS, |it| it[first + 1] = 1), class);
    assert_eq!(changed(PEERS, |it| it[second + 2] = 1), class);
    let not_text = changed(kind::METHODS, |it| {
        let at = it.windows(3).position(|name| name == b"GET").unwrap();
        it[at] = 0xff;
    });
    assert!(not_text.starts_with("methods: a name "), "{not_text}");
    // Six buckets: all names in the last one.
    let all = get(METHODS, 7);
    for bucket in 1..6 {
        let moved = changed(METHODS, |it| {
            for start in 1..=bucket {
                set(it, start * 4, 0);
            }
            for start in bucket + 1..=6 {
                set(it, start * 4, all);
            }
        });
        assert_eq!(moved, "methods: a name is in the wrong place");
    }
}

#[test]
fn ports_ascend() {
    use kind::PORTS;
    let order = "ports: they are not in ascending order";
    assert_eq!(changed(PORTS, |it| it.swap(4, 6)), order);
    assert_eq!(changed(PORTS, |it| it[6] = 80), order, "twice");
    assert_eq!(changed(PORTS, |it| it.push(0)), "ports: there are bytes behind its end");
    assert_eq!(with_word(PORTS, 0, 4), "ports: it ends too early");
}

#[test]
fn levels_look_at_something() {
    use kind::LEVELS;
    assert_eq!(with_word(LEVELS, 1, 9), "levels: one looks at something unknown");
    for level in [1, 2, 3] {
        let automaton = 1 + level * 4 + 1;
        assert_eq!(with_word(LEVELS, automaton, 1), "fine");
        let missing = "levels: one needs an automaton that is not there";
        assert_eq!(with_word(LEVELS, automaton, 2), missing);
    }
    assert_eq!(with_word(LEVELS, 2, 2), "fine", "peers need no automaton");
    let header = 1 + 2 * 4;
    let unknown = "levels: one looks at something unknown";
    assert_eq!(with_word(LEVELS, header + 2, 1), unknown, "its name is not there");
    assert_eq!(with_word(LEVELS, header + 3, 2), unknown, "its name is too long");
    let name = "levels: one has no name of a header in lower case";
    assert_eq!(with_word(LEVELS, header + 3, 0), name);
    assert_eq!(changed(LEVELS, |it| *it.last_mut().unwrap() = b'X'), name);
    assert_eq!(changed(LEVELS, |it| *it.last_mut().unwrap() = b'-'), "fine");
    assert_eq!(with_word(LEVELS, 0, 5), "levels: it ends too early");
}
