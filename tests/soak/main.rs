//! `cargo xtask soak`: the comparison of `suite/differential.rs` without its end.
//!
//! Arguments are `pairs=NUMBER`, and perhaps `minutes=NUMBER` and `seed=NUMBER`.

#![expect(clippy::disallowed_methods, reason = "it measures time")]

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use conformance::compare::{REQUESTS_PER_BUNDLE, Tally, compare};

/// How often it tells where it is.
const PROGRESS: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let start = Instant::now();
    let pairs = argument("pairs").unwrap_or(10_000_000);
    let deadline = argument("minutes").map(|minutes| start + Duration::from_secs(60 * minutes));
    let seed = argument("seed").unwrap_or_else(somewhere_new);
    let bundles = pairs.div_ceil(REQUESTS_PER_BUNDLE as u64);
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    say(&format!("{pairs} pairs on {threads} threads from seed {seed}"));
    let last_report = Mutex::new(start);
    let tally = compare(seed..seed.saturating_add(bundles), threads, |tally| {
        report_now_and_then(&last_report, start, tally);
        let is_late = deadline.is_some_and(|deadline| Instant::now() >= deadline);
        tally.differences.is_empty() && !is_late
    });
    say(&format!("{}\n{tally}", progress(start, &tally)));
    if tally.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The number behind `name=`.
fn argument(name: &str) -> Option<u64> {
    let prefix = format!("{name}=");
    std::env::args().find_map(|argument| argument.strip_prefix(&prefix)?.parse().ok())
}

/// A seed that no run had before: its time.
fn somewhere_new() -> u64 {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    // Seconds times a million leave room for the bundles of a long run.
    since_epoch.map_or(0, |time| time.as_secs().saturating_mul(1_000_000))
}

fn report_now_and_then(last: &Mutex<Instant>, start: Instant, tally: &Tally) {
    let Ok(mut last) = last.lock() else { return };
    if last.elapsed() >= PROGRESS {
        *last = Instant::now();
        say(&progress(start, tally));
    }
}

fn progress(start: Instant, tally: &Tally) -> String {
    let seconds = start.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = tally.pairs as f64 / seconds.max(0.001);
    let allowed = tally.answers.get("allow").copied().unwrap_or_default();
    let Tally { pairs, differences, .. } = tally;
    let differences = differences.len();
    format!(
        "{seconds:7.0} s  {pairs:>10} pairs  {rate:8.0}/s  {allowed:>9} allowed  {differences} differences"
    )
}

fn say(text: &str) {
    // Whoever has closed the pipe does not want to know.
    writeln!(io::stderr(), "{text}").ok();
}
