//! Hostile texts must not take memory. A binary of its own, because it counts
//! what is allocated, and one test, because others would be counted, too.
//!
//! `cargo test --release -p smi-model --test memory -- --nocapture` shows what
//! each of the texts takes.

#![expect(clippy::disallowed_methods, reason = "a test may read the clock")]

mod inputs;

use std::time::{Duration, Instant};

use peak_alloc::PeakAlloc;
use smi_model::{Limits, diagnostic::render, source::SourceMap};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Beyond the text itself.
const MOST_MEMORY: usize = 64 << 20;

/// Far more than any of the inputs takes, even without optimisation on a busy
/// machine, and far less than a blow-up would.
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn hostile_inputs_end_in_a_finding_and_take_little() {
    for (name, bytes, code) in inputs::inputs() {
        let size = bytes.len();
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let start = Instant::now();
        let mut sources = SourceMap::new();
        sources.add_bytes("hostile.yaml", bytes).unwrap();
        let read = smi_model::read(&sources, &Limits::default());
        let (time, memory) = (start.elapsed(), MEMORY.peak_usage().saturating_sub(before));
        assert!(!render::text(&read.diagnostics, &sources, false).is_empty());
        println!("{name:28} {:5} KiB {time:9.1?} {:6} KiB", size >> 10, memory >> 10);
        let first = read.diagnostics.first().map(|it| &it.message);
        assert!(read.diagnostics.iter().any(|it| it.code.name == code), "{name}: {first:?}");
        assert!(memory < MOST_MEMORY, "{name} took {memory} bytes");
        assert!(start.elapsed() < PATIENCE, "{name} took {time:?}");
    }
}
