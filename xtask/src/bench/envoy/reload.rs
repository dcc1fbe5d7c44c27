//! Another table under load: how soon it decides, and how long requests wait for it.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::client::{Load, Wish};
use super::rounds::Running;

/// How long a table may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// One change.
pub(super) struct Reload {
    /// From the rename of the file to the first answer by the new table.
    pub(super) apply: Duration,
    /// The slowest request meanwhile, and until the next wave of requests is through.
    pub(super) slowest: Duration,
    /// The slowest request in the same time without a change.
    pub(super) otherwise: Duration,
}

/// Takes the rule of the first caller away and gives it back, again and again.
///
/// # Errors
///
/// When a change does not come into force.
pub(super) fn measure(running: &mut Running, changes: usize) -> Result<Vec<Reload>> {
    let Running { place, server, load } = running;
    let caller = load.first_caller().context("no connection")?;
    let tables = [place.rules().table(Some(caller))?, place.rules().table(None)?];
    let mut reloads = Vec::new();
    for (table, status) in tables.iter().zip([403, 200]).cycle().take(2 * changes.div_ceil(2)) {
        server.deliver(place.configuration(Some(table)))?;
        let (apply, slowest) = until(load, |statuses| statuses.first() == Some(&status))?;
        let begin = Instant::now();
        let (_, otherwise) = until(load, |_| begin.elapsed() > apply)?;
        reloads.push(Reload { apply, slowest, otherwise });
    }
    Ok(reloads)
}

/// Sends waves up to one that is answered so, and another one. Returns how long it
/// took, and how long the slowest request took.
fn until(load: &mut Load, is_done: impl Fn(&[u16]) -> bool) -> Result<(Duration, Duration)> {
    let begin = Instant::now();
    let mut slowest = Duration::ZERO;
    loop {
        let wave = load.wave(Wish::Own)?;
        slowest = slowest.max(wave.slowest);
        if is_done(&wave.statuses) {
            let took = begin.elapsed();
            return Ok((took, slowest.max(load.wave(Wish::Own)?.slowest)));
        }
        ensure!(begin.elapsed() < PATIENCE, "the new table does not come into force");
    }
}
