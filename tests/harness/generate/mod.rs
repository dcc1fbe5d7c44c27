//! Policies and requests that nobody thought of.
//!
//! A [`Bundle`] is a handful of objects over a small vocabulary, so that targets
//! overlap, references dangle and ports collide all the time; it becomes YAML
//! text, because that is where every engine starts. A recipe says how to
//! make a request *near* a bundle: take one of its rules, follow it, and then
//! perhaps step aside. Requests that are made up without looking at the policies
//! are denied nearly always and prove little. A [`Scenario`] has both.
//! [`many_targets`] is for measurements.

mod bundle;
mod change;
mod many;
mod pattern;
mod recipe;
mod scenario;
mod split;
mod yaml;

pub use bundle::Bundle;
pub use many::many_targets;
pub use recipe::SplitRequest;
pub use scenario::{Scenario, scenario, scenario_with};

use proptest::test_runner::Config;

/// As many cases as `PROPTEST_CASES` says, 256 by default, and time enough to
/// make a failing scenario small.
#[must_use]
pub fn config() -> Config {
    Config { max_shrink_iters: 10_000, max_shrink_time: 60_000, ..Config::default() }
}
