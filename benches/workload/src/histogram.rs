//! How the time of decisions is spread.

use std::time::{Duration, Instant};

/// Nanoseconds for each decision.
#[derive(Clone, Copy, Debug)]
pub struct Percentiles {
    /// Half of the batches are faster.
    pub p50: f64,
    /// One of a hundred batches is slower.
    pub p99: f64,
    /// One of a hundred *single* decisions is slower, the clock included.
    pub single_p99: f64,
    /// What reading the clock twice takes, which `single_p99` contains.
    pub clock: f64,
}

/// Decisions between two readings of the clock.
///
/// A reading takes about as long as a fast decision, so that single decisions
/// cannot be told from the clock. Over 16 of them it is a few per cent. The price:
/// `p99` is that of *means over 16 different requests*, so that one slow request
/// in a batch counts a sixteenth. `single_p99` has no such blur and contains the
/// clock instead: the truth lies between the two.
const BATCH: usize = 16;

/// Decides about items one after the other, over and over, for some time.
pub fn percentiles<T>(
    items: &[T],
    length: Duration,
    mut decide: impl FnMut(&T) -> bool,
) -> Percentiles {
    let batches = sample(items, BATCH, length.mul_f64(0.7), &mut decide);
    let singles = sample(items, 1, length.mul_f64(0.3), &mut decide);
    let clock = sample(items, 1, length.mul_f64(0.05), |_| true);
    Percentiles {
        p50: at(&batches, 0.5),
        p99: at(&batches, 0.99),
        single_p99: at(&singles, 0.99),
        clock: at(&clock, 0.5),
    }
}

/// Sorted nanoseconds for each item.
fn sample<T>(
    items: &[T],
    batch: usize,
    length: Duration,
    mut decide: impl FnMut(&T) -> bool,
) -> Vec<f64> {
    let mut samples = Vec::with_capacity(1 << 16);
    let begin = Instant::now();
    // Enough for a percentile, however slow the engine is.
    while begin.elapsed() < length || samples.len() < 100 {
        for chunk in items.chunks_exact(batch) {
            let start = Instant::now();
            for item in chunk {
                std::hint::black_box(decide(std::hint::black_box(item)));
            }
            let nanoseconds = start.elapsed().as_secs_f64() * 1e9;
            samples.push(nanoseconds / batch as f64);
            if samples.len() >= 100 && begin.elapsed() > length {
                break;
            }
        }
    }
    samples.sort_by(f64::total_cmp);
    samples
}

fn at(sorted: &[f64], part: f64) -> f64 {
    let index = (sorted.len() as f64 * part) as usize;
    sorted.get(index).copied().unwrap_or_default()
}
