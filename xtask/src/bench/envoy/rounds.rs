//! Measuring all cases in turns, so that what else the machine does meets all alike.

use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use super::cases::{Case, Kind, Place};
use super::client::{CONNECTIONS, Callers, Load};
use super::server::{Server, Setting};

/// CPU time that a burst may take: less of slow cases is enough, and what else the
/// machine does should not change within a round.
const LONGEST_BURST: f64 = 100e6;
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
    pub(super) costs: Vec<f64>,
    /// By how much that is more than without a filter.
    pub(super) over: Vec<f64>,
}

/// Starts an Envoy for every place, in folders of their own; `other` is another build of
/// the filter.
///
/// # Errors
///
/// When one does not start.
pub(super) fn start(
    cases: &[Case],
    setting: Setting<'_>,
    other: Option<&Path>,
    callers: &mut Callers<'_>,
    folder: &Path,
) -> Result<Vec<Running>> {
    let mut running: Vec<Running> = Vec::new();
    for case in cases {
        let place = case.place;
        if running.iter().any(|it| it.place == place) {
            continue;
        }
        let other = other.filter(|_| place.kind == Kind::Other);
        let setting = Setting { filter: other.unwrap_or(setting.filter), ..setting };
        let table = place.table()?;
        let folder = folder.join(running.len().to_string());
        let configuration = place.configuration(table.as_deref());
        let server =
            Server::start(&setting, &folder, place.guard(), place.with_tls, configuration)?;
        let callers = place.with_tls.then_some(&mut *callers);
        let load = Load::connect(server.address, callers, place.rules())?;
        running.push(Running { place, server, load });
    }
    Ok(running)
}

/// Warms up and measures. A round has a burst of each case, after one without a filter,
/// and then the same in the opposite order: what becomes slower or faster meanwhile
/// becomes so for both.
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
        measured.push(Measured::warm_up(*case, running, requests)?);
    }
    for _ in 0..rounds {
        let there = measured.iter().map(|case| pair(case, &measured, running, false));
        let there = there.collect::<Result<Vec<_>>>()?;
        let back = measured.iter().rev().map(|case| pair(case, &measured, running, true));
        let back = back.collect::<Result<Vec<_>>>()?;
        for (case, (there, back)) in measured.iter_mut().zip(there.iter().zip(back.iter().rev())) {
            case.costs.push(f64::midpoint(there.cost, back.cost));
            case.over.push(f64::midpoint(there.over, back.over));
        }
    }
    Ok(measured)
}

/// What a request takes, and by how much that is more than without a filter.
struct Pair {
    cost: f64,
    over: f64,
}

fn pair(
    case: &Measured,
    all: &[Measured],
    running: &mut [Running],
    backwards: bool,
) -> Result<Pair> {
    let base = all.iter().find(|base| base.case.is_base_of(&case.case));
    let base = base.context("nothing to compare with")?;
    let (cost, base) = if backwards {
        let cost = case.burst(running)?;
        (cost, base.burst(running)?)
    } else {
        let base = base.burst(running)?;
        (case.burst(running)?, base)
    };
    Ok(Pair { cost, over: cost - base })
}

impl Measured {
    /// Finds out how many requests a burst can have.
    fn warm_up(case: Case, running: &mut [Running], requests: usize) -> Result<Self> {
        let at = running.iter().position(|it| it.place == case.place).context("no Envoy")?;
        let mut this = Self { case, at, waves: 1, costs: Vec::new(), over: Vec::new() };
        let most = |cost: f64| (LONGEST_BURST / (cost * CONNECTIONS as f64)) as usize;
        let wanted = requests.div_ceil(CONNECTIONS);
        this.waves = wanted.min(most(this.burst(running)?)).max(1);
        this.waves = wanted.min(most(this.burst(running)?)).max(1);
        Ok(this)
    }

    /// CPU time of each request.
    fn burst(&self, running: &mut [Running]) -> Result<f64> {
        let Running { server, load, .. } = running.get_mut(self.at).context("no Envoy")?;
        let Case { place, wish, .. } = self.case;
        let status = self.case.status();
        let name = || format!("{}, {} rules", place.kind.name(), place.rules);
        if self.waves > 1 {
            // Whoever had its turn not long ago must not gain by it.
            load.waves(1, wish, status).with_context(name)?;
            thread::sleep(REST);
        }
        let before = server.cpu()?;
        load.waves(self.waves, wish, status).with_context(name)?;
        thread::sleep(REST);
        Ok((server.cpu()? - before) / (self.waves * CONNECTIONS) as f64)
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
