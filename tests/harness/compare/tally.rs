//! What came out of a comparison.

use std::collections::BTreeMap;
use std::fmt;

use crate::engine::Decision;
use crate::generate::Scenario;

/// How much was compared, and what was answered.
#[derive(Debug, Default)]
pub struct Tally {
    /// Bundles of policies.
    pub bundles: u64,
    /// Pairs of a bundle and a request.
    pub pairs: u64,
    /// Questions where the requests for a Service go.
    pub splits: u64,
    /// How often requests were allowed, and denied for which reason.
    pub answers: BTreeMap<String, u64>,
    /// Where engines differ.
    pub differences: Vec<Difference>,
}

/// A scenario for which engines give different answers.
#[derive(Debug)]
pub struct Difference {
    /// What it was made from.
    pub seed: u64,
    /// The scenario, as small as it could be made.
    pub scenario: Scenario,
    /// The requests that are answered differently, with all answers.
    pub answers: Vec<String>,
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.bundles += other.bundles;
        self.pairs += other.pairs;
        self.splits += other.splits;
        for (answer, count) in other.answers {
            *self.answers.entry(answer).or_default() += count;
        }
        self.differences.extend(other.differences);
    }

    pub(super) fn count(&mut self, decision: &Decision) {
        self.pairs += 1;
        *self.answers.entry(decision.to_string()).or_default() += 1;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bundles, pairs, splits, .. } = self;
        writeln!(f, "{pairs} requests to {bundles} bundles, and {splits} questions about splits")?;
        for (answer, count) in &self.answers {
            writeln!(f, "{count:>12}  {answer}")?;
        }
        writeln!(f, "{:>12}  differences", self.differences.len())?;
        self.differences.iter().try_for_each(|difference| difference.fmt(f))
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, scenario, .. } = self;
        writeln!(f, "\nseed {seed}, dialect {}\n{}", scenario.dialect, scenario.bundle.yaml())?;
        self.answers.iter().try_for_each(|answer| writeln!(f, "{answer}"))
    }
}
