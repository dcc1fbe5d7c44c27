//! One binary for all tests that bring several parts together. `tests/README.md`
//! lists what they hold.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "when a premise does not hold, the test has failed"
)]
#![expect(clippy::disallowed_methods, reason = "tests read files, clocks and the environment")]

mod architecture;
mod browser;
mod conformance;
mod conversion;
mod differential;
mod documents;
mod e2e;
mod editor;
mod filter;
mod properties;
mod python;
mod re2;
mod reader;
mod schema;
mod shared;
mod truth;
