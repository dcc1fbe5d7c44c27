//! Slots, rows and meets.

use decision_table::plan::{Automaton, Plan, State};

use crate::sample::plan;
use crate::taken::{Taken, changed, get, kind, problem, set, taken, with_word};

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
    for columns in [0, 257, u32::MAX] {
        let problem = with_word(AUTOMATA, header + 2, columns);
        assert_eq!(problem, "automata: rows and columns do not fit", "{columns}");
    }
    let problem = with_word(AUTOMATA, header + 1, 0);
    assert_eq!(problem, "automata: rows and columns do not fit", "columns without rows");
    let classes = |classes| with_word(AUTOMATA, header + 4, classes);
    assert_eq!(classes((1 << 16) + 1), "automata: there are too many classes");
    assert_eq!(classes(1 << 16), "fine");
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

/// A plan can be wrong, too: what leads to a state that is not there is refused.
#[test]
fn states_that_are_not_there_are_refused() {
    for (state, problem_of) in [(2, "a slot is malformed"), (4, "a row leads nowhere")] {
        let mut plan = plan();
        plan.automata[0].states[state].edges[0].to = 99;
        assert_eq!(problem(plan.write().unwrap()), format!("automata: {problem_of}"));
    }
}
