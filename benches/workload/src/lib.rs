//! What benchmarks have in common: policies and requests of any number, made up
//! the same way each time, and a place for what was measured.
//!
//! The benchmarks of this workspace and those that compare with other engines
//! (`benches/compare`) both use it, so that all of them decide about the same.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "for benchmarks, which read clocks; one whose premise does not hold has failed"
)]

mod histogram;
mod notes;
mod policies;
mod random;
mod requests;

pub use histogram::{Percentiles, percentiles};
pub use notes::{BenchSettings, note};
pub use policies::{Condition, DESTINATION, Policies, Rule, Shape};
pub use random::Random;
pub use requests::{Call, Kind, PATH_BYTES, calls, calls_of, fill};
