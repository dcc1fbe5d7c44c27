//! What compiling costs, from YAML to tables: `cargo xtask bench compile`.
//!
//! A mesh of many workloads, ten TrafficTargets for each, as many HTTPRouteGroups.
//! Times contain the counting allocator, which tells the memory.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a benchmark reads the clock; without its input it has failed"
)]

use std::cell::{Cell, RefCell};
use std::hint::black_box;
use std::time::Instant;

use bench_workload::{BenchSettings, Condition, DESTINATION, Policies, Shape, note};
use criterion::{BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main};
use peak_alloc::PeakAlloc;
use policy_compiler::{Options, PolicySet, Scope, Tables, compile, resolve, spiffe_id};
use smi_model::{Limits, canonical::Bundle, source::SourceMap};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const TARGETS: [usize; 3] = [100, 1_000, 10_000];
const TARGETS_PER_WORKLOAD: usize = 10;
/// Rules for one workload: a typical one, and a large one.
const RULES: [usize; 2] = [20, 1_000];

fn benchmarks(criterion: &mut Criterion) {
    let mut bench = Bench { criterion, settings: BenchSettings::from_environment() };
    for targets in bench.settings.sizes(&TARGETS) {
        of_mesh(&mut bench, *targets);
    }
    for rules in RULES {
        of_workload(&mut bench, rules);
    }
}

fn of_mesh(bench: &mut Bench<'_>, targets: usize) {
    let mesh = || Policies::of_mesh(targets, TARGETS_PER_WORKLOAD);
    let sources = mesh().sources();
    let understood = bench.measure("mesh", "read", targets, || read(&sources), |_| None);
    let policies = bench.measure("mesh", "resolve", targets, || look_up(&understood), |_| None);
    assert_eq!(policies.rule_count(), targets, "all rules are understood");
    let tables = || workload_tables(&policies, &sources);
    bench.measure("mesh", "all workload tables", targets, tables, |bytes| Some(*bytes));
    let table = || compile(&policies, &sources, Scope::Mesh).value.expect("within the limits");
    bench.measure("mesh", "one mesh table", targets, table, |bytes| Some(bytes.len()));
    after_one_change(bench, targets, &[sources, mesh().with_a_change().sources()]);
}

/// From documents of which one has changed to the tables of two workloads that are
/// others now. Only the changed file has to be read again; how long that takes
/// depends on how the documents are spread over files, and is left out.
fn after_one_change(bench: &mut Bench<'_>, targets: usize, versions: &[SourceMap; 2]) {
    let understood = versions.each_ref().map(read);
    let tables = RefCell::new(Tables::default());
    let turn = Cell::new(0);
    let update = || {
        let version = turn.replace(1 - turn.get());
        let version = versions.iter().zip(&understood).nth(version);
        let (sources, understood) = version.expect("there are two");
        let policies = look_up(understood);
        tables.borrow_mut().update(&policies, sources).value.len()
    };
    update();
    assert_eq!(update(), 2, "two workloads have other rules");
    bench.measure("mesh", "after one changed document", targets, update, |_| None);
}

/// From resolved policies to the table of one workload.
fn of_workload(bench: &mut Bench<'_>, rules: usize) {
    let sources = Policies::new(Shape::Expressions, rules, Condition::None).sources();
    let policies = look_up(&read(&sources));
    let workload = spiffe_id("cluster.local", "app", DESTINATION);
    let table = || compile(&policies, &sources, Scope::Workload(&workload)).value;
    let bytes = |table: &Option<Vec<u8>>| table.as_ref().map(Vec::len);
    bench.measure("workload", "table", rules, table, bytes);
}

fn read(sources: &SourceMap) -> Bundle {
    smi_model::read(sources, &Limits::default()).value
}

fn look_up(understood: &Bundle) -> PolicySet {
    resolve(understood, &Options::default()).value
}

/// Compiles a table for each workload, and tells how large they are together.
fn workload_tables(policies: &PolicySet, sources: &SourceMap) -> usize {
    let table = |workload| compile(policies, sources, Scope::Workload(workload)).value;
    policies.workloads().map(|workload| table(workload).expect("within the limits").len()).sum()
}

struct Bench<'a> {
    criterion: &'a mut Criterion,
    settings: BenchSettings,
}

impl Bench<'_> {
    /// Measures memory and size in one run. A step that takes long is not repeated:
    /// that run is its time as well.
    fn measure<T>(
        &mut self,
        group: &str,
        case: &str,
        size: usize,
        step: impl Fn() -> T,
        table_bytes: impl Fn(&T) -> Option<usize>,
    ) -> T {
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let start = Instant::now();
        let result = step();
        let elapsed = start.elapsed();
        let beyond = |bytes: usize| bytes.saturating_sub(before) as f64;
        let mut figures = vec![
            ("peak_bytes", beyond(MEMORY.peak_usage())),
            ("kept_bytes", beyond(MEMORY.current_usage())),
        ];
        if let Some(bytes) = table_bytes(&result) {
            figures.push(("table_bytes", bytes as f64));
            figures.push(("bytes_per_rule", bytes as f64 / size as f64));
        }
        let is_long = elapsed > self.settings.longest_repeated();
        if is_long {
            figures.push(("median_ns", elapsed.as_secs_f64() * 1e9));
        } else {
            let mut group = self.criterion.benchmark_group(group);
            group.sample_size(10).sampling_mode(SamplingMode::Flat);
            let id = BenchmarkId::new(case, size);
            group.bench_function(id, |bencher| bencher.iter(|| black_box(step())));
            group.finish();
        }
        note(group, case, size, &figures, is_long.then_some("a single run"));
        result
    }
}

criterion_group!(benches, benchmarks);
criterion_main!(benches);
