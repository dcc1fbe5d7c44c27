//! The same requests, decided by several engines: `cargo xtask bench decide --compare`.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use bench_workload::{
    BenchSettings, Call, Condition, PATH_BYTES, Policies, Shape, calls, note, percentiles,
};
use compare::{Cedar, CompiledTable, Engine, Index, Rego, Scan, Set};
use criterion::{BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const RULES: [usize; 4] = [10, 100, 1_000, 10_000];
/// What an engine may take to decide once about every request.
const PATIENCE: Duration = Duration::from_secs(60);

fn benchmarks(criterion: &mut Criterion) {
    let settings = BenchSettings::from_environment();
    for rules in settings.sizes(&RULES) {
        for (shape, group) in
            [(Shape::Expressions, "each a caller"), (Shape::OneCaller, "one caller")]
        {
            let mut case = Case::new(criterion, settings, shape, group, *rules);
            case.measure::<CompiledTable>();
            case.measure::<Scan>();
            case.measure::<Index>();
            case.measure::<Set>();
            case.measure::<Rego>();
        }
        let mut case = Case::new(criterion, settings, Shape::Prefixes, "prefixes", *rules);
        case.measure::<CompiledTable>();
        case.measure::<Scan>();
        case.measure::<Cedar>();
    }
    let mut case = Case::new(criterion, settings, Shape::Literal, "one literal", 1);
    case.measure::<CompiledTable>();
    case.measure::<Scan>();
    case.measure::<Index>();
    case.measure::<Set>();
    case.measure::<Cedar>();
    case.measure::<Rego>();
}

/// Policies and requests that every engine gets.
struct Case<'a> {
    criterion: &'a mut Criterion,
    settings: BenchSettings,
    group: &'static str,
    policies: Policies,
    calls: Vec<Call>,
}

impl<'a> Case<'a> {
    fn new(
        criterion: &'a mut Criterion,
        settings: BenchSettings,
        shape: Shape,
        group: &'static str,
        rules: usize,
    ) -> Self {
        let policies = Policies::new(shape, rules, Condition::None);
        let calls = calls(&policies, PATH_BYTES);
        Self { criterion, settings, group, policies, calls }
    }

    /// Loads an engine, asks it for every verdict, and only then measures it.
    fn measure<E: Engine>(&mut self) {
        let size = self.policies.rules.len();
        let inputs: Vec<_> = self.calls.iter().map(E::input).collect();
        let (kept, keeping) = timed(|| E::keep(&self.policies));
        let before = MEMORY.current_usage();
        let (mut engine, loading) = timed(|| E::load(&kept));
        let mut figures =
            vec![("build_ns", nanoseconds(keeping + loading)), ("load_ns", nanoseconds(loading))];
        let all = self.check(&mut engine, &inputs);
        // Automata and caches that are made while deciding are in use by now.
        figures.push(("memory_bytes", MEMORY.current_usage().saturating_sub(before) as f64));
        if let Err(remark) = all {
            note(self.group, E::NAME, size, &figures, Some(&remark));
            return;
        }
        let mut group = self.criterion.benchmark_group(self.group);
        group.sampling_mode(SamplingMode::Flat);
        group.bench_function(BenchmarkId::new(E::NAME, size), |bencher| {
            let mut next = inputs.iter().cycle();
            bencher.iter(|| next.next().map(|input| engine.decide(black_box(input))));
        });
        group.finish();
        let spread = percentiles(&inputs, self.settings.histogram(), |input| engine.decide(input));
        figures.extend([("p50_ns", spread.p50), ("p99_ns", spread.p99)]);
        note(self.group, E::NAME, size, &figures, None);
    }

    /// Every verdict has to be what the request was made for.
    fn check<E: Engine>(&self, engine: &mut E, inputs: &[E::Input<'_>]) -> Result<(), String> {
        let start = Instant::now();
        for (index, (call, input)) in self.calls.iter().zip(inputs).enumerate() {
            assert_eq!(engine.decide(input), call.is_allowed(), "{}: {call:?}", E::NAME);
            if start.elapsed() > PATIENCE {
                let (seconds, all) = (PATIENCE.as_secs(), inputs.len());
                return Err(format!("left out: {index} of {all} decisions in {seconds} s"));
            }
        }
        Ok(())
    }
}

fn timed<T>(step: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = step();
    (result, start.elapsed())
}

fn nanoseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}

criterion_group!(benches, benchmarks);
criterion_main!(benches);
