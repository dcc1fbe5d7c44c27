//! What a decision costs: `cargo xtask bench decide`.
//!
//! Every iteration decides about *another* request, in random order, so that
//! neither the caches nor the branch predictor know what comes next. Requests are
//! ready in memory before; what a proxy does to get at headers is not measured.

use std::hint::black_box;

use bench_workload::{
    BenchSettings, Call, Condition, DESTINATION, Kind, PATH_BYTES, Policies, Random, Shape, calls,
    calls_of, fill, note, percentiles,
};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use decision_table::{Destination, Headers, NoHeaders, Request, Table};
use policy_compiler::{Scope, spiffe_id};

const RULES: [usize; 4] = [10, 100, 1_000, 10_000];
/// Rules of policies in which something else than their number varies.
const SOME_RULES: usize = 1_000;
/// Expressions that may begin anywhere multiply in an automaton; nobody has many.
const FLOATING_RULES: [usize; 3] = [1, 10, 50];
const PATHS: [usize; 3] = [PATH_BYTES, 200, 1_000];
/// Bytes of each of two header values.
const HEADERS: [usize; 4] = [16, 64, 256, 1_024];

fn benchmarks(criterion: &mut Criterion) {
    let settings = BenchSettings::from_environment();
    let some_rules = if settings.quick { 100 } else { SOME_RULES };
    by_rules(criterion, settings);
    let policies = Policies::new(Shape::Expressions, some_rules, Condition::None);
    let table = policies.table();
    for kind in Kind::ALL {
        let calls = calls_of(&policies, PATH_BYTES, kind);
        let id = Id { group: "kinds", case: kind.name(), size: some_rules };
        measure(criterion, settings, id, &table, &requests(&calls, &NoHeaders));
    }
    for bytes in PATHS {
        for (kind, case) in
            [(Kind::Allowed, "allowed"), (Kind::LongerPath, "denied at the last byte")]
        {
            let calls = calls_of(&policies, bytes, kind);
            let id = Id { group: "paths", case, size: bytes };
            measure(criterion, settings, id, &table, &requests(&calls, &NoHeaders));
        }
    }
    by_header_bytes(criterion, settings, some_rules);
    for rules in settings.sizes(&FLOATING_RULES) {
        of_shape(criterion, settings, Shape::Floating, "floating", *rules);
    }
    of_shape(criterion, settings, Shape::Literal, "literal", 1);
}

fn by_rules(criterion: &mut Criterion, settings: BenchSettings) {
    let workload = spiffe_id("cluster.local", "app", DESTINATION);
    for rules in settings.sizes(&RULES) {
        let policies = Policies::new(Shape::Expressions, *rules, Condition::None);
        let calls = calls(&policies, PATH_BYTES);
        let id = Id { group: "rules", case: "one workload", size: *rules };
        measure(criterion, settings, id, &policies.table(), &requests(&calls, &NoHeaders));

        #[expect(clippy::expect_used, reason = "a benchmark without its table has failed")]
        let table = Table::from_bytes(policies.compile(Scope::Mesh)).expect("it verifies");
        let destination = Destination::Workload(workload.as_bytes());
        let requests: Vec<_> =
            calls.iter().map(|call| (call, call.request(destination, &NoHeaders))).collect();
        let id = Id { group: "rules", case: "mesh", size: *rules };
        measure(criterion, settings, id, &table, &requests);
    }
}

/// Both headers are looked at when caller, path and method fit, so the requests
/// are those that are allowed. The header that no rule names costs its name.
fn by_header_bytes(criterion: &mut Criterion, settings: BenchSettings, rules: usize) {
    let policies = Policies::new(Shape::Expressions, rules, Condition::Headers);
    let table = policies.table();
    let calls = calls_of(&policies, PATH_BYTES, Kind::Allowed);
    for bytes in HEADERS {
        let headers = headers(bytes, calls.len());
        let requests: Vec<_> = calls
            .iter()
            .zip(&headers)
            .map(|(call, headers)| (call, call.request(Destination::OfTable, headers)))
            .collect();
        let id = Id { group: "headers", case: "two headers", size: 2 * bytes };
        measure(criterion, settings, id, &table, &requests);
    }
}

/// Three headers for each request, the values of which have `bytes`.
fn headers(bytes: usize, count: usize) -> Vec<[(&'static str, String); 3]> {
    let mut random = Random::new(7);
    let one = |_| {
        // What is searched stands anywhere in the text.
        let mut agent = String::new();
        let before = random.below(bytes.saturating_sub("Firefox".len()).max(1));
        fill(&mut agent, before, b"abcdefghijklm/. ;", &mut random);
        agent.push_str("Firefox");
        fill(&mut agent, bytes, b"abcdefghijklm/. ;", &mut random);
        let mut version = "v".to_owned();
        fill(&mut version, bytes, b"0123456789", &mut random);
        [("accept", "*/*".to_owned()), ("user-agent", agent), ("x-version", version)]
    };
    (0..count).map(one).collect()
}

fn of_shape(
    criterion: &mut Criterion,
    settings: BenchSettings,
    shape: Shape,
    case: &'static str,
    rules: usize,
) {
    let policies = Policies::new(shape, rules, Condition::None);
    let calls = calls(&policies, PATH_BYTES);
    let id = Id { group: "shapes", case, size: rules };
    measure(criterion, settings, id, &policies.table(), &requests(&calls, &NoHeaders));
}

fn requests<'a>(calls: &'a [Call], headers: &'a dyn Headers) -> Vec<(&'a Call, Request<'a>)> {
    calls.iter().map(|call| (call, call.request(Destination::OfTable, headers))).collect()
}

/// What is measured, as criterion and the notes name it.
#[derive(Clone, Copy)]
struct Id {
    group: &'static str,
    case: &'static str,
    size: usize,
}

fn measure(
    criterion: &mut Criterion,
    settings: BenchSettings,
    id: Id,
    table: &Table<Vec<u8>>,
    requests: &[(&Call, Request<'_>)],
) {
    let Id { group, case, size } = id;
    for (call, request) in requests {
        let is_allowed = table.decide(request).is_allowed();
        assert_eq!(is_allowed, call.is_allowed(), "{group}/{case}/{size}: {call:?}");
    }
    let mut group_of_criterion = criterion.benchmark_group(group);
    group_of_criterion.bench_function(BenchmarkId::new(case, size), |bencher| {
        let mut all = requests.iter().cycle();
        bencher.iter(|| all.next().map(|(_, request)| table.decide(black_box(request))));
    });
    group_of_criterion.finish();
    let spread = percentiles(requests, settings.histogram(), |(_, request)| {
        table.decide(request).is_allowed()
    });
    let figures = [
        ("p50_ns", spread.p50),
        ("p99_ns", spread.p99),
        ("single_p99_ns", spread.single_p99),
        ("clock_ns", spread.clock),
        ("table_bytes", table.as_bytes().len() as f64),
        ("bytes_per_rule", table.as_bytes().len() as f64 / table.named_rules().max(1) as f64),
    ];
    note(group, case, size, &figures, None);
}

criterion_group!(benches, benchmarks);
criterion_main!(benches);
