//! Measuring all cases in turns, so that what else the machine does meets all alike.

use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use super::cases::{Case, Place};
use super::client::{CONNECTIONS, Callers, Load};
use super::server::{Server, Setting};

/// CPU time that a burst may take: less of slow cases is enough, and what else the
/// machine does should not change within a round.
const LONGEST_BURST: f64 = 250e6;
/// So long an idle Envoy has nothing more to do.
const REST: Duration = Duration::from_millis(2);

/// An Envoy with its load.
pub(super) struct Running {
    pub(super) place: Place,
    pub(super) server: Server,
    pub(super) load: Load,
}

/// What was measured of one case.
pub(super) struct Measured {
    pub(super) case: Case,
    /// The index of its Envoy.
    pub(super) at: usize,
    /// Waves in a burst.
    waves: usize,
    /// CPU time of each request in nanoseconds, by round.
    pub(super) rounds: Vec<f64>,
}

/// Starts an Envoy for every place, in folders of their own.
///
/// # Errors
///
/// When one does not start.
pub(super) fn start(
    cases: &[Case],
    setting: &Setting<'_>,
    callers: &mut Callers<'_>,
    folder: &Path,
) -> Result<Vec<Running>> {
    let mut running: Vec<Running> = Vec::new();
    for case in cases {
        let place = case.place;
        if running.iter().any(|it| it.place == place) {
            continue;
        }
        let table = place.table()?;
        let folder = folder.join(running.len().to_string());
        let configuration = place.configuration(table.as_deref());
        let server = Server::start(setting, &folder, place.guard(), place.with_tls, configuration)?;
        let callers = place.with_tls.then_some(&mut *callers);
        let load = Load::connect(server.address, callers, place.callers())?;
        running.push(Running { place, server, load });
    }
    Ok(running)
}

/// Warms up and measures. A round is a burst of each case, and then again in the
/// opposite order: what becomes slower or faster meanwhile becomes so for all of them.
///
/// # Errors
///
/// When an Envoy does not answer, or not as it should.
pub(super) fn measure(
    cases: &[Case],
    running: &mut [Running],
    rounds: usize,
    requests: usize,
) -> Result<Vec<Measured>> {
    let mut measured = Vec::new();
    for case in cases {
        let at = running.iter().position(|it| it.place == case.place).context("no Envoy")?;
        let mut case = Measured { case: *case, at, waves: 1, rounds: Vec::new() };
        let first = case.burst(running)?;
        let waves = |requests: usize, longest: f64| {
            let most = (longest / (first * CONNECTIONS as f64)) as usize;
            requests.div_ceil(CONNECTIONS).min(most).max(1)
        };
        case.waves = waves(requests / 2, LONGEST_BURST / 2.0);
        case.burst(running)?;
        case.waves = waves(requests, LONGEST_BURST);
        measured.push(case);
    }
    for _ in 0..rounds {
        let mut costs = vec![0.0; measured.len()];
        let order: Vec<_> = (0..measured.len()).chain((0..measured.len()).rev()).collect();
        for index in order {
            if let (Some(case), Some(cost)) = (measured.get(index), costs.get_mut(index)) {
                *cost += case.burst(running)? / 2.0;
            }
        }
        for (case, cost) in measured.iter_mut().zip(costs) {
            case.rounds.push(cost);
        }
    }
    Ok(measured)
}

impl Measured {
    /// CPU time of each request.
    fn burst(&self, running: &mut [Running]) -> Result<f64> {
        let Running { server, load, .. } = running.get_mut(self.at).context("no Envoy")?;
        let Case { place, wish, .. } = self.case;
        let before = server.cpu()?;
        load.waves(self.waves, wish, self.case.status())
            .with_context(|| format!("{}, {} rules", place.kind.name(), place.rules))?;
        thread::sleep(REST);
        Ok((server.cpu()? - before) / (self.waves * CONNECTIONS) as f64)
    }

    /// How much more than `base`, round by round.
    pub(super) fn over(&self, base: &Self) -> Vec<f64> {
        self.rounds.iter().zip(&base.rounds).map(|(this, base)| this - base).collect()
    }
}

/// The value below which this part of all lies.
pub(super) fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = part * sorted.len().saturating_sub(1) as f64;
    let at = |place: f64| sorted.get(place as usize).copied().unwrap_or_default();
    at(place.floor()) + (at(place.ceil()) - at(place.floor())) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn quantiles_lie_between_values() {
        let values = [4.0, 1.0, 3.0, 2.0];
        assert_eq!([0.0, 0.5, 1.0].map(|part| quantile(&values, part)), [1.0, 2.5, 4.0]);
        assert_eq!(quantile(&[], 0.5), 0.0);
    }
}
