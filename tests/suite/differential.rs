//! Oracle and tables agree on policies and requests that nobody thought of.

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::thread;

use conformance::compare::{REQUESTS_PER_BUNDLE, compare};
use decision_table::Reason;

/// Pairs of policies and requests. `cargo xtask soak` compares more of them.
const PAIRS: u64 = 200_000;

#[test]
fn all_engines_agree() {
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let bundles = PAIRS.div_ceil(REQUESTS_PER_BUNDLE as u64);
    let tally = compare(0..bundles, threads, |tally| tally.differences.is_empty());
    assert!(tally.differences.is_empty(), "{tally}");
    writeln!(io::stderr(), "{tally}").ok();
    assert!(tally.pairs >= PAIRS, "only {} pairs were compared", tally.pairs);
    // Agreement proves little when all that is asked is denied for the same reason.
    let allowed = tally.answers["allow"];
    assert!(allowed * 5 > tally.pairs, "of {} requests hardly any is allowed", tally.pairs);
    for reason in Reason::ALL.into_iter().filter(|reason| *reason != Reason::NoPolicy) {
        let answer = format!("deny: {}", reason.code());
        assert!(tally.answers.contains_key(&answer), "{reason} never occurs");
    }
}
