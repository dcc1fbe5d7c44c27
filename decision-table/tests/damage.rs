//! Contradictions behind a valid checksum: for everything that verification looks
//! at, bytes that are wrong in just that.
#![cfg(feature = "alloc")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail like tests"
)]

use decision_table::plan::{
    Automaton, Backend, Diagram, Edge, Level, Next, Node, Plan, Rule, Share, State,
};
use decision_table::{Denial, FormatError, Reason, RuleId, Table, Verdict};

const DIRECTORY: usize = 56;

/// A table taken apart: what stands in front of the directory, and the sections.
struct Taken {
    header: Vec<u8>,
    sections: Vec<(u32, Vec<u8>)>,
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn set(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

impl Taken {
    fn from(bytes: &[u8]) -> Self {
        let entry = |index: usize| {
            let at = DIRECTORY + index * 12;
            let [kind, offset, length] = [0, 4, 8].map(|field| word(bytes, at + field));
            (kind, bytes[offset as usize..][..length as usize].to_vec())
        };
        let count = word(bytes, 52) as usize;
        Self { header: bytes[..52].to_vec(), sections: (0..count).map(entry).collect() }
    }

    fn section(&mut self, kind: u32) -> &mut Vec<u8> {
        &mut self.sections.iter_mut().find(|(of, _)| *of == kind).unwrap().1
    }

    fn bytes(&self) -> Vec<u8> {
        let mut out = self.header.clone();
        out.extend(u32::try_from(self.sections.len()).unwrap().to_le_bytes());
        let mut offset = DIRECTORY + self.sections.len() * 12;
        for (kind, section) in &self.sections {
            for value in [*kind as usize, offset, section.len()] {
                out.extend(u32::try_from(value).unwrap().to_le_bytes());
            }
            offset += section.len().next_multiple_of(4);
        }
        for (_, section) in &self.sections {
            out.extend(section);
            out.resize(out.len().next_multiple_of(4), 0);
        }
        sealed(out)
    }
}

/// With a length and a checksum that fit.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap();
    set(&mut bytes, 12, length);
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[..16]);
    hasher.update(&bytes[20..]);
    let checksum = hasher.finalize();
    set(&mut bytes, 16, checksum);
    bytes
}

mod kind {
    pub(super) const SCOPE: u32 = 1;
    pub(super) const PEERS: u32 = 3;
    pub(super) const METHODS: u32 = 5;
    pub(super) const PORTS: u32 = 6;
    pub(super) const LEVELS: u32 = 7;
    pub(super) const AUTOMATA: u32 = 8;
    pub(super) const ACCESS: u32 = 9;
    pub(super) const SPLITS: u32 = 10;
    pub(super) const SHARES: u32 = 11;
    pub(super) const PROVENANCE: u32 = 12;
}

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

fn plan() -> Plan {
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

fn taken() -> Taken {
    Taken::from(&plan().write().unwrap())
}

/// What verification says about bytes.
fn problem(bytes: Vec<u8>) -> String {
    match Table::from_bytes(bytes) {
        Ok(_) => "fine".to_owned(),
        Err(FormatError::Malformed { section, problem }) => format!("{section}: {problem}"),
        Err(other) => format!("{other:?}"),
    }
}

/// What it says about a table of which a section was changed.
fn changed(kind: u32, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut taken = taken();
    change(taken.section(kind));
    problem(taken.bytes())
}

/// What it says when a word of a section has another value.
fn with_word(kind: u32, index: usize, value: u32) -> String {
    changed(kind, |section| set(section, index * 4, value))
}

fn get(kind: u32, index: usize) -> u32 {
    word(taken().section(kind), index * 4)
}

#[test]
fn a_table_can_be_taken_apart_and_put_together() {
    let bytes = plan().write().unwrap();
    assert_eq!(Taken::from(&bytes).bytes(), bytes);
    assert_eq!(problem(bytes), "fine");
}

#[test]
fn the_frame_is_checked() {
    let bytes = plan().write().unwrap();
    let change = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = bytes.clone();
        change(&mut bytes);
        problem(sealed(bytes))
    };
    assert_eq!(change(&|it| it[0] = 0), "NotATable");
    assert_eq!(change(&|it| it[8] = 2), "UnsupportedVersion(2)");
    assert_eq!(change(&|it| it[9] = 1), "UnsupportedVersion(257)");
    assert_eq!(change(&|it| it[10] = 4), "header: the dialect is unknown");
    assert_eq!(change(&|it| it[11] = 2), "header: the form of identities is unknown");
    let mut longer = bytes.clone();
    longer.push(0);
    let length = bytes.len();
    assert_eq!(problem(longer), format!("Length {{ declared: {length}, actual: {} }}", length + 1));
    let mut flipped = bytes.clone();
    flipped[length - 1] ^= 1;
    assert_eq!(problem(flipped), "Checksum");
    assert_eq!(problem(bytes[..11].to_vec()), "header: it ends too early");

    let entry = |index: usize, field: usize| DIRECTORY + index * 12 + field * 4;
    assert_eq!(change(&|it| set(it, 52, 13)), "header: it has too many sections");
    let order = "header: a section is unknown or out of order";
    assert_eq!(change(&|it| set(it, entry(11, 0), 13)), order);
    assert_eq!(change(&|it| set(it, entry(1, 0), 1)), order);
    let place = "header: a section is not where it should be";
    assert_eq!(change(&|it| set(it, entry(0, 1), 8)), place);
    let last = word(&bytes, entry(11, 2));
    let too_long = "header: a section is longer than the table";
    assert_eq!(change(&|it| set(it, entry(11, 2), last + 4)), too_long);
    let behind = "header: there are bytes behind the last section";
    assert_eq!(change(&|it| set(it, entry(11, 2), last - 4)), behind);
    let mut absent = taken();
    absent.sections.remove(5);
    assert_eq!(problem(absent.bytes()), "ports: it ends too early");
    absent = taken();
    absent.sections.pop();
    assert_eq!(problem(absent.bytes()), "fine", "without provenance");
}

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
    assert_eq!(with_word(LEVELS, 0, 5), "levels: it ends too early");
}

/// The byte of the first automaton, and words of its header.
const FIRST: usize = 4 + 3 * 4;
const SLOTS: usize = FIRST + 6 * 4;
const SLOT: usize = 16;
const ROW: u32 = 1 << 31;

#[test]
fn automata_stand_where_they_should() {
    use kind::AUTOMATA;
    assert_eq!(with_word(AUTOMATA, 0, u32::MAX), "automata: a count is too large");
    let (length, all) = (get(AUTOMATA, 2), get(AUTOMATA, 3));
    let place = "automata: one is not where it should be";
    assert_eq!(with_word(AUTOMATA, 1, 4), place);
    assert_eq!(with_word(AUTOMATA, 3, all + 4), place);
    assert_eq!(with_word(AUTOMATA, 3, length - 1), place);
    assert_eq!(with_word(AUTOMATA, 3, all - 4), "automata: it ends too early");
    let behind = "automata: there are bytes behind its end";
    assert_eq!(changed(AUTOMATA, |it| it.extend([0; 4])), behind);
    let header = FIRST / 4;
    assert_eq!(with_word(AUTOMATA, header + 2, u32::MAX), "automata: a count is too large");
    assert_eq!(with_word(AUTOMATA, header + 1, u32::MAX), "automata: a count is too large");
    for count in [0, 1, 5] {
        let more = get(AUTOMATA, header + count) + 100;
        assert_eq!(with_word(AUTOMATA, header + count, more), "automata: it ends too early");
    }
}

#[test]
fn slots_are_of_a_known_kind_and_lead_on() {
    use kind::AUTOMATA;
    let header = FIRST / 4;
    assert_eq!([0, 1, 2].map(|word| get(AUTOMATA, header + word)), [7, 1, 3]);
    let kinds: Vec<u8> =
        (0..7).map(|slot| taken().section(AUTOMATA)[SLOTS + slot * SLOT]).collect();
    let [literal, ranges, more, rest] = [1, 2, 3, 4];
    assert_eq!(kinds, [0, literal, ranges, more, ranges, more, rest]);

    let starts = |at| with_word(AUTOMATA, header + 3, at);
    assert_eq!(["fine"; 4], [0, 1, 6, ROW].map(starts).as_slice());
    let nowhere = "automata: the start state does not exist";
    assert_eq!([nowhere; 4], [3, 7, ROW + 1, ROW + 2].map(starts).as_slice());

    let slot = |slot: usize, at: usize, bytes: &[u8]| {
        let at = SLOTS + slot * SLOT + at;
        changed(AUTOMATA, |it| it[at..at + bytes.len()].copy_from_slice(bytes))
    };
    let malformed = "automata: a slot is malformed";
    for (number, at, bytes) in [
        (0, 0, &[9][..]),
        (0, 1, &[1]),
        (0, 15, &[1]),
        (1, 0, &[0]),
        (1, 0, &[9]),
        (1, 1, &[0]),
        (1, 1, &[9]),
        (1, 2, &[4]),
        (1, 3, &[1]),
        (1, 4, &[3]),
        (1, 4, &[7]),
        (2, 2, &[4]),
        (2, 4, &[7]),
        // The target of the first range, then of the one in the continuation.
        (2, 10, &[7, 0, 0, 0]),
        (3, 6, &[7, 0, 0, 0]),
        (3, 6, &[3, 0, 0, 0]),
        // Another kind of continuation, and something in place of what is unused.
        (3, 0, &[literal]),
        (3, 10, &[1]),
        (3, 11, &[1]),
        (3, 12, &[1]),
        // Ranges that end before they begin, overlap, or are out of order.
        (2, 8, b"ba"),
        (2, 8, b"ac"),
        (2, 8, b"dd"),
        (5, 4, b"bd"),
        (5, 10, b"df"),
        (5, 12, &[7, 0, 0, 0]),
        (6, 2, &[4]),
    ] {
        assert_eq!(slot(number, at, bytes), malformed, "slot {number}, {bytes:?} at {at}");
    }
    for (number, at, bytes) in [
        (1, 1, &[8][..]),
        (1, 2, &[3]),
        (1, 4, &[6, 0, 0, 0]),
        (2, 8, b"ab"),
        (5, 4, b"ce"),
        (2, 10, &[6, 0, 0, 0]),
    ] {
        assert_eq!(slot(number, at, bytes), "fine", "slot {number}, {bytes:?} at {at}");
    }
    assert_eq!(slot(6, 0, &[ranges, 2]), "automata: a slot is cut off");
    assert_eq!(slot(2, 1, &[0]), malformed, "no range");
    let malformed_or_cut = slot(4, 1, &[1]);
    assert_eq!(malformed_or_cut, malformed, "a continuation of nothing");
}

#[test]
fn rows_columns_and_meets_are_in_range() {
    use kind::AUTOMATA;
    let header = FIRST / 4;
    let columns = SLOTS + 7 * SLOT;
    let rows = columns + 256;
    let meets = rows + 4 * 4;
    let byte = |at: usize, value: u8| changed(AUTOMATA, |it| it[at] = value);
    assert_eq!(byte(columns, 2), "fine");
    assert_eq!(byte(columns, 3), "automata: a byte has no column");
    assert_eq!(byte(columns + 255, 3), "automata: a byte has no column");
    assert_eq!(byte(rows, 3), "fine");
    assert_eq!(byte(rows, 4), "automata: a row leads nowhere");
    for target in 1..=3 {
        let leads = |to| with_word(AUTOMATA, rows / 4 + target, to);
        assert_eq!(["fine"; 3], [0, 6, ROW].map(leads).as_slice());
        assert_eq!(["automata: a row leads nowhere"; 3], [3, 7, ROW + 1].map(leads).as_slice());
    }
    let range = "automata: a meet is out of range";
    assert_eq!(byte(meets, 2), range, "it is alike");
    assert_eq!(byte(meets, 3), range);
    assert_eq!(byte(meets + 2, 4), range);
    assert_eq!(byte(meets + 4, 4), range);
    assert_eq!(byte(meets + 4, 0), "fine");
    let order = "automata: the meets are not in order";
    assert_eq!(byte(meets + 2, 3), order, "twice");
    assert_eq!(byte(meets + 12, 1), order, "twice");
    // No row, and so no columns: the start has to be a slot.
    let plain = Automaton {
        states: vec![State::default(), State { class: 1, edges: Vec::new() }],
        start: 1,
        classes: 4,
        meets: Vec::new(),
    };
    let plan = Plan { automata: vec![plain], ..plan() };
    let mut taken = Taken::from(&plan.write().unwrap());
    assert_eq!(problem(taken.bytes()), "fine");
    let start = (header - 1) * 4 + 3 * 4;
    set(taken.section(AUTOMATA), start, ROW);
    assert_eq!(problem(taken.bytes()), "automata: the start state does not exist");
}

/// Words of the nodes: root; head, count, otherwise, two edges; the same again.
#[test]
fn nodes_lead_on() {
    use kind::{ACCESS, SPLITS};
    const LEAF: u32 = 1 << 31;
    const HEAD: u32 = 3 << 30;
    assert_eq!(get(ACCESS, 1), HEAD);
    assert_eq!(get(ACCESS, 8), HEAD | 1);
    assert_eq!(changed(ACCESS, |it| it.push(0)), "access: it ends within a word");
    let root = "access: the root leads nowhere";
    let wrong = [1, 2, 14, 1 << 30, LEAF | (8 << 27), HEAD, HEAD | 1, LEAF | ((1 << 27) - 1)];
    for wrong in wrong {
        assert_eq!(with_word(ACCESS, 0, wrong), root, "{wrong:x}");
    }
    for fine in [7, LEAF, LEAF | (7 << 27), LEAF | (1 << 27) | ((1 << 27) - 1)] {
        assert_eq!(with_word(ACCESS, 0, fine), "fine", "{fine:x}");
    }
    // Behind the nodes, where none leads to: half a node, none, and one without its edge.
    let appended = |words: &[u32]| {
        changed(ACCESS, |it| it.extend(words.iter().flat_map(|word| word.to_le_bytes())))
    };
    for words in [&[HEAD, 0][..], &[0, 0, LEAF], &[LEAF, 0, LEAF], &[HEAD, 1, LEAF, 0]] {
        assert_eq!(appended(words), "access: one is cut off", "{words:x?}");
    }
    assert_eq!(appended(&[HEAD, 0, LEAF]), "fine");
    assert_eq!(with_word(ACCESS, 8, HEAD | 3), "fine");
    assert_eq!(with_word(ACCESS, 8, HEAD | 4), "access: one looks at a level that does not exist");
    let order = "access: the edges of one are not in order";
    for wrong in [3, 4, LEAF | 1, HEAD | 1] {
        assert_eq!(with_word(ACCESS, 11, wrong), order, "{wrong:x}");
    }
    let nowhere = "access: an edge leads nowhere or back";
    for edge in [10, 12, 14] {
        for wrong in [0, 7, 1, 100, HEAD, LEAF | ((1 << 27) - 1)] {
            assert_eq!(with_word(ACCESS, edge, wrong), nowhere, "{edge}: {wrong:x}");
        }
    }
    assert_eq!(with_word(ACCESS, 3, 7), "fine");

    let share = |to| with_word(SPLITS, 5, to);
    assert_eq!(share(LEAF | 1), "fine");
    assert_eq!(share(LEAF | 2), "splits: an edge leads nowhere or back");
    assert_eq!(share(LEAF | (1 << 27)), "splits: an edge leads nowhere or back", "a nearest rule");
    assert_eq!(share(LEAF | (1 << 27) | ((1 << 27) - 1)), "fine");
}

/// Words of the shares: two counts; offset, length, first backend of each; offset,
/// length, weight, port of each backend; text.
#[test]
fn shares_have_backends_with_weights() {
    use kind::SHARES;
    let (first, second, backends) = (2, 5, 8);
    let malformed = "shares: a share is malformed";
    let end = u32::try_from(taken().section(SHARES).len()).unwrap() - 24 * 4;
    assert_eq!(with_word(SHARES, first, end), malformed);
    assert_eq!(with_word(SHARES, first, end - get(SHARES, first + 1)), "fine");
    assert_eq!(with_word(SHARES, first + 1, end), "fine", "it ends with the text");
    assert_eq!(with_word(SHARES, first + 1, end + 1), malformed);
    assert_eq!(with_word(SHARES, first + 2, 1), malformed);
    assert_eq!(with_word(SHARES, second + 2, 1), "fine");
    assert_eq!(with_word(SHARES, second + 2, 0), "shares: the weights of a share are all zero");
    assert_eq!(with_word(SHARES, second + 2, 5), malformed);
    assert_eq!(with_word(SHARES, second + 1, 6), malformed, "half a character");
    let no_weight = "shares: the weights of a share are all zero";
    assert_eq!(with_word(SHARES, second + 2, 4), no_weight);
    let backend = "shares: a backend is malformed";
    for number in 0..4 {
        let at = backends + number * 4;
        assert_eq!(with_word(SHARES, at, end), backend, "{number}");
        assert_eq!(with_word(SHARES, at + 1, end + 1), backend, "{number}");
        assert_eq!(with_word(SHARES, at + 3, 0xffff), "fine");
        assert_eq!(with_word(SHARES, at + 3, 0x1_0000), backend);
    }
    assert_eq!(with_word(SHARES, backends + 14, 0), no_weight);
    assert_eq!(with_word(SHARES, backends + 2, 0), "fine");
    assert_eq!(changed(SHARES, |it| *it.last_mut().unwrap() = 0xff), "shares: a name is not text");
    assert_eq!(changed(SHARES, |it| it.push(b'x')), "fine");
    assert_eq!(with_word(SHARES, 0, 100), "shares: it ends too early");
    assert_eq!(with_word(SHARES, 1, 100), "shares: it ends too early");
    // One share less; what was the second one is a backend then, or nobody's.
    let fewer = changed(SHARES, |it| {
        it.drain(second * 4..backends * 4);
        set(it, 0, 1);
    });
    assert_eq!(fewer, "splits: an edge leads nowhere or back", "the backends are the first's");
    let none = changed(SHARES, |it| {
        it.drain(first * 4..backends * 4);
        set(it, 0, 0);
    });
    assert_eq!(none, "shares: a backend has no share");
}

/// Words of the provenance: count; offset and length of target, route and file, line.
#[test]
fn names_of_rules_are_text() {
    use kind::PROVENANCE;
    let length = u32::try_from(taken().section(PROVENANCE).len()).unwrap() - (1 + 14) * 4;
    let not_text = "provenance: a name is not text";
    for field in [1, 3, 5, 8, 10, 12] {
        assert_eq!(with_word(PROVENANCE, field, length + 1), not_text, "{field}");
        assert_eq!(with_word(PROVENANCE, field, 0), "fine", "{field}");
        assert_eq!(with_word(PROVENANCE, field + 1, length + 1), not_text, "{field}");
    }
    assert_eq!(with_word(PROVENANCE, 2, length), "fine");
    assert_eq!(with_word(PROVENANCE, 4, 8), not_text, "half a character");
    assert_eq!(with_word(PROVENANCE, 7, u32::MAX), "fine");
    assert_eq!(changed(PROVENANCE, |it| it[(1 + 14) * 4] = 0xff), not_text);
    assert_eq!(with_word(PROVENANCE, 0, 100), "provenance: it ends too early");
}
