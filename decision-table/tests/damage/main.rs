//! Contradictions behind a valid checksum: for everything that verification looks
//! at, bytes that are wrong in just that.
#![cfg(feature = "alloc")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail like tests"
)]

mod automata;
mod diagrams;
mod names;
mod sample;
mod taken;

use sample::plan;
use taken::{DIRECTORY, Taken, problem, sealed, set, taken, word};

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
    assert_eq!(change(&|it| it.extend([0; 4])), behind);
    let between = "header: there are bytes between sections";
    assert_ne!(last % 4, 0, "the last section is padded");
    assert_eq!(change(&|it| *it.last_mut().unwrap() = 1), between);
    assert_eq!(change(&|it| set(it, entry(11, 2), last - 4)), between);
    let mut absent = taken();
    absent.sections.remove(5);
    assert_eq!(problem(absent.bytes()), "ports: it ends too early");
    absent = taken();
    absent.sections.pop();
    assert_eq!(problem(absent.bytes()), "fine", "without provenance");
}
