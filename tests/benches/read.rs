//! What it costs to read and check policies, by their number:
//! `cargo xtask bench read`.
//!
//! All TrafficTargets stand in one file. Time must grow with the bytes of it, and
//! memory with what was understood, not with the text's structure. The hostile
//! inputs are those of `smi-model/tests/memory.rs`.

#![expect(clippy::expect_used, reason = "a benchmark without its input has failed")]

use std::hint::black_box;

use bench_workload::{BenchSettings, note};
use conformance::generate::many_targets;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use peak_alloc::PeakAlloc;
use smi_model::{Limits, source::SourceMap};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const TARGETS: [usize; 3] = [200, 2_000, 20_000];

fn criterion_benchmarks(criterion: &mut Criterion) {
    let settings = BenchSettings::from_environment();
    let mut group = criterion.benchmark_group("read");
    group.sample_size(10);
    for targets in settings.sizes(&TARGETS) {
        let mut sources = SourceMap::new();
        let text = many_targets(*targets);
        let bytes = text.len();
        sources.add("many.yaml", text).expect("less than 4 GiB");
        note_memory(*targets, bytes, &sources);
        group.throughput(Throughput::Bytes(bytes as u64));
        group.bench_function(BenchmarkId::new("one file", targets), |bencher| {
            bencher.iter(|| smi_model::read(black_box(&sources), &Limits::default()));
        });
    }
    group.finish();
}

/// Memory beyond the text itself.
fn note_memory(targets: usize, bytes: usize, sources: &SourceMap) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let read = smi_model::read(sources, &Limits::default());
    assert_eq!(read.value.traffic_targets.len(), targets, "all of them are understood");
    let beyond = |bytes: usize| bytes.saturating_sub(before) as f64;
    let figures = [
        ("text_bytes", bytes as f64),
        ("peak_bytes", beyond(MEMORY.peak_usage())),
        ("kept_bytes", beyond(MEMORY.current_usage())),
    ];
    note("read", "one file", targets, &figures, None);
}

criterion_group!(benches, criterion_benchmarks);
criterion_main!(benches);
