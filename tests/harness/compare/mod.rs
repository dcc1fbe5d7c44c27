//! The oracle against every engine, on policies and requests that nobody thought
//! of: as many as one has time for, on all cores.
//!
//! A seed makes a bundle of policies and the requests near it, so that what was
//! found once is found again, whatever the number of threads.

mod tally;

pub use tally::{Difference, Tally};

use std::ops::Range;
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::engine::{self, Compiler, Decision, Enforcer, Engine, Shares};
use crate::generate::{Scenario, SplitRequest, scenario_with};
use crate::request::Request;

/// Requests for each bundle: asking costs little once the policies are compiled,
/// and policies of other shapes find more than further requests for the same.
pub const REQUESTS_PER_BUNDLE: usize = 50;

/// How often a scenario is made smaller at most.
const SHRINKING_STEPS: usize = 1_000;

/// Compares for all seeds, or until `goes_on` has enough of what there is so far.
pub fn compare(
    seeds: Range<u64>,
    threads: usize,
    goes_on: impl Fn(&Tally) -> bool + Sync,
) -> Tally {
    let (next, stopped) = (AtomicU64::new(seeds.start), AtomicBool::new(false));
    let total = Mutex::new(Tally::default());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let strategy = scenario_with(REQUESTS_PER_BUNDLE);
                while !stopped.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    let tally = compare_one(&strategy, seed);
                    let mut total = total.lock().expect("no thread panics while it adds");
                    total.add(tally);
                    stopped.fetch_or(!goes_on(&total), Ordering::Relaxed);
                }
            });
        }
    });
    total.into_inner().expect("no thread has panicked")
}

/// Makes the scenario of a seed, and makes it smaller if the engines differ.
fn compare_one(strategy: &impl Strategy<Value = Scenario>, seed: u64) -> Tally {
    let mut tree = strategy.new_tree(&mut runner(seed)).expect("no scenario is refused");
    let scenario = tree.current();
    let mut tally = Tally { bundles: 1, ..Tally::default() };
    let mut answers = differences(&scenario, &mut tally);
    if answers.is_empty() {
        return tally;
    }
    let mut smallest = scenario;
    let mut steps = 0..SHRINKING_STEPS;
    let mut changed = tree.simplify();
    while changed && steps.next().is_some() {
        let smaller = tree.current();
        let still = differences(&smaller, &mut Tally::default());
        if still.is_empty() {
            changed = tree.complicate();
        } else {
            (smallest, answers) = (smaller, still);
            changed = tree.simplify();
        }
    }
    tally.differences.push(Difference { seed, scenario: smallest, answers });
    tally
}

/// The scenario of a seed.
pub fn scenario_of(strategy: &impl Strategy<Value = Scenario>, seed: u64) -> Scenario {
    strategy.new_tree(&mut runner(seed)).expect("no scenario is refused").current()
}

fn runner(seed: u64) -> TestRunner {
    let mut bytes = [0; 32];
    for (byte, of_seed) in bytes.iter_mut().zip(seed.to_le_bytes()) {
        *byte = of_seed;
    }
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    TestRunner::new_with_rng(Config { failure_persistence: None, ..Config::default() }, rng)
}

/// What engines answer differently, in words, and in `tally` what they answer.
pub fn differences(scenario: &Scenario, tally: &mut Tally) -> Vec<String> {
    let compiler = Rc::new(Compiler::new(&scenario.policies()));
    let engines = engine::all();
    let started: Vec<Started> =
        engines.iter().map(|it| Started { engine: &**it, enforcer: it.start(&compiler) }).collect();
    let mut differences = Vec::new();
    for request in &scenario.requests {
        differences.extend(decisions_differ(&started, request, tally));
    }
    for request in &scenario.split_requests {
        let is_ambiguous = compiler.has_errors() && may_overlap(scenario, request);
        tally.splits += 1;
        differences.extend(shares_differ(&started, request, is_ambiguous));
        differences.extend(are_implausible(&started, request, scenario));
    }
    differences
}

/// An engine with the policies of a scenario.
struct Started<'a> {
    engine: &'a dyn Engine,
    enforcer: Box<dyn Enforcer>,
}

fn decisions_differ(
    started: &[Started<'_>],
    request: &Request,
    tally: &mut Tally,
) -> Option<String> {
    let asked = started.iter().filter(|it| it.engine.understands(request));
    let decisions: Vec<(&str, Decision)> =
        asked.map(|it| (it.engine.name(), it.enforcer.decide(request))).collect();
    let with_reason = |decision: &&Decision| !matches!(decision, Decision::Deny(None));
    if let Some(decision) = decisions.iter().map(|(_, decision)| decision).find(with_reason) {
        tally.count(decision);
    }
    let agree = |(_, one): &(&str, Decision)| decisions.iter().all(|(_, it)| one.agrees_with(it));
    let answers = || decisions.iter().map(|(name, decision)| format!("{name}: {decision}"));
    (!decisions.iter().all(agree)).then(|| in_words(request, answers().collect()))
}

/// Whether engines that can be asked send the request elsewhere than the oracle.
fn shares_differ(
    started: &[Started<'_>],
    request: &SplitRequest,
    is_ambiguous: bool,
) -> Option<String> {
    let asked = started.iter().filter(|it| it.engine.understands(&request.request));
    let shares: Vec<(&str, Shares)> =
        asked.filter_map(|it| Some((it.engine.name(), it.shares(request)?))).collect();
    let agree = shares.windows(2).all(|pair| matches!(pair, [(_, a), (_, b)] if a == b));
    let answers = || shares.iter().map(|(name, shares)| format!("{name}: {shares}"));
    (!agree && !is_ambiguous).then(|| in_words(request, answers().collect()))
}

/// Whether two splits of a root have conditions. If these overlap, none of the
/// splits applies, which nobody can tell who looks at one request at a time.
fn may_overlap(scenario: &Scenario, request: &SplitRequest) -> bool {
    let splits = scenario.bundle.splits.iter();
    let of_root = splits.filter(|it| it.is_of(request.namespace, request.service));
    of_root.filter(|it| it.groups.is_some()).count() > 1
}

/// Whether a Service gets requests that is neither the root nor a backend of any
/// of its splits.
fn are_implausible(
    started: &[Started<'_>],
    request: &SplitRequest,
    scenario: &Scenario,
) -> Option<String> {
    let splits = scenario.bundle.splits.iter();
    let of_root = splits.filter(|it| it.is_of(request.namespace, request.service));
    let backends = of_root.flat_map(|it| &it.backends).map(|it| it.service.name);
    let possible: Vec<&str> = backends.chain([request.service]).collect();
    let answers = started.iter().filter_map(|it| Some((it.engine.name(), it.shares(request)?)));
    let strange = answers.filter(|(_, it)| !it.services().all(|name| possible.contains(&name)));
    let answers: Vec<String> = strange.map(|(name, shares)| format!("{name}: {shares}")).collect();
    (!answers.is_empty()).then(|| in_words(request, answers))
}

fn in_words(request: &impl std::fmt::Debug, answers: Vec<String>) -> String {
    format!("{request:?}\n{}", answers.join("\n"))
}

impl Started<'_> {
    fn shares(&self, request: &SplitRequest) -> Option<Shares> {
        let SplitRequest { namespace, service, request } = request;
        self.enforcer.shares(namespace, service, request).map(Shares::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_the_same_scenario_for_every_thread() {
        let scenario = |seed| {
            let strategy = scenario_with(REQUESTS_PER_BUNDLE);
            format!("{:?}", strategy.new_tree(&mut runner(seed)).unwrap().current())
        };
        assert_eq!(scenario(7), scenario(7));
        assert_ne!(scenario(7), scenario(8));
    }

    #[test]
    fn it_stops_when_enough_was_seen() {
        let tally = compare(0..1_000_000, 2, |tally| tally.bundles < 3);
        assert!((3..6).contains(&tally.bundles), "{tally}");
        assert_eq!(tally.pairs, tally.bundles * REQUESTS_PER_BUNDLE as u64);
    }
}
