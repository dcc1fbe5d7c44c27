//! What a decision costs, by the number of rules: `cargo bench -p conformance`.
//!
//! Every rule has a caller, a route with a regular expression, and methods of its
//! own, all towards one workload: the shape in which engines that try one rule
//! after the other are at their worst.

#![expect(clippy::expect_used, reason = "a benchmark without its table has failed")]

use std::fmt::Write;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use decision_table::{Destination, NoHeaders, Protocol, Request, Table, Verdict};
use policy_compiler::{Options, Scope, compile, resolve, spiffe_id};
use smi_model::source::SourceMap;

const RULES: [usize; 4] = [10, 100, 1_000, 10_000];
/// Documents of one file; a reader's limits are per file.
const RULES_PER_FILE: usize = 1_000;

fn criterion_benchmarks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decide");
    for rules in RULES {
        let table = table(rules);
        let last = spiffe_id("cluster.local", "clients", &format!("client{}", rules - 1));
        let path = format!("/service{}/items/42", rules - 1);
        for (name, path, allowed) in
            [("allowed", path.as_str(), true), ("denied", "/service0/items/none", false)]
        {
            let request = request(&last, path);
            assert_eq!(table.decide(&request).is_allowed(), allowed, "{name}");
            group.bench_function(BenchmarkId::new(name, rules), |bencher| {
                bencher.iter(|| -> Verdict { table.decide(black_box(&request)) });
            });
        }
    }
    group.finish();
}

fn request<'a>(peer: &'a str, path: &'a str) -> Request<'a> {
    Request {
        protocol: Protocol::Http,
        peer: Some(peer.as_bytes()),
        destination: Destination::OfTable,
        port: Some(8080),
        method: Some(b"GET"),
        path: Some(path.as_bytes()),
        authority: Some(b"server.app:8080"),
        headers: &NoHeaders,
    }
}

fn table(rules: usize) -> Table<Vec<u8>> {
    let mut sources = SourceMap::new();
    for first in (0..rules).step_by(RULES_PER_FILE) {
        let mut text = String::new();
        for number in first..rules.min(first + RULES_PER_FILE) {
            write!(text, "{}", documents(number)).expect("strings take all text");
        }
        sources.add(format!("{first}.yaml"), text).expect("less than 4 GiB");
    }
    let read = smi_model::read(&sources, &smi_model::Limits::default());
    let policies = resolve(&read.value, &Options::default());
    assert_eq!(policies.value.rule_count(), rules);
    let workload = spiffe_id("cluster.local", "app", "server");
    let table = compile(&policies.value, &sources, Scope::Workload(&workload));
    let bytes = table.value.expect("within the limits");
    println!("{rules} rules: a table of {} bytes", bytes.len());
    Table::from_bytes(bytes).expect("a compiled table verifies")
}

fn documents(number: usize) -> String {
    format!(
        "---
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: {{name: routes-{number}, namespace: app}}
spec:
  matches:
  - {{name: items, pathRegex: '/service{number}/items/[0-9]+(/.*)?', methods: [GET, POST]}}
---
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: {{name: target-{number}, namespace: app}}
spec:
  destination: {{kind: ServiceAccount, name: server, namespace: app}}
  sources: [{{kind: ServiceAccount, name: client{number}, namespace: clients}}]
  rules: [{{kind: HTTPRouteGroup, name: routes-{number}, matches: [items]}}]
"
    )
}

criterion_group!(benches, criterion_benchmarks);
criterion_main!(benches);
