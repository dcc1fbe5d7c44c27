//! What it costs to read and check policies, by their number:
//! `cargo bench -p conformance --bench read`.
//!
//! All TrafficTargets stand in one file. Time must grow with the bytes of it, and
//! memory with what was understood, not with the text's structure. The hostile
//! inputs are those of `smi-model/tests/memory.rs`.

#![expect(clippy::expect_used, reason = "a benchmark without its input has failed")]

use std::hint::black_box;

use conformance::generate::many_targets;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use peak_alloc::PeakAlloc;
use smi_model::{Limits, source::SourceMap};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const TARGETS: [usize; 3] = [200, 2_000, 20_000];

fn criterion_benchmarks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("read");
    group.sample_size(10);
    for targets in TARGETS {
        let mut sources = SourceMap::new();
        let text = many_targets(targets);
        let bytes = text.len();
        sources.add("many.yaml", text).expect("less than 4 GiB");
        print_memory(targets, bytes, &sources);
        group.throughput(Throughput::Bytes(bytes as u64));
        group.bench_function(BenchmarkId::from_parameter(targets), |bencher| {
            bencher.iter(|| smi_model::read(black_box(&sources), &Limits::default()));
        });
    }
    group.finish();
}

/// Memory beyond the text itself.
fn print_memory(targets: usize, bytes: usize, sources: &SourceMap) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let read = smi_model::read(sources, &Limits::default());
    assert_eq!(read.value.traffic_targets.len(), targets, "all of them are understood");
    let kib = |bytes: usize| bytes.saturating_sub(before) / 1024;
    let (peak, kept) = (kib(MEMORY.peak_usage()), kib(MEMORY.current_usage()));
    println!("{targets} targets in {bytes} bytes: at most {peak} KiB, {kept} KiB of it the result");
}

criterion_group!(benches, criterion_benchmarks);
criterion_main!(benches);
