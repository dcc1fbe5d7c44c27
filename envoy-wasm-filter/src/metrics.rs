//! What the filter counts.

use decision_table::Reason;
use proxy_wasm::types::MetricType;

use crate::host::{Host, HostError, MetricId};

/// The proxy's numbers for our metrics; none before there is a configuration.
///
/// They are asked for once, with the configuration: a name costs the proxy a
/// look-up, a number costs it next to nothing. The proxy joins equal names, so
/// the counters go on over new configurations and add up over its workers.
#[derive(Default)]
pub(crate) struct Metrics {
    allowed: Option<MetricId>,
    denied: Vec<(Reason, MetricId)>,
    errors: Option<MetricId>,
    table_id: Option<MetricId>,
}

impl Metrics {
    /// Makes all metrics, so that each is there, at zero, before it is needed.
    pub(crate) fn define(host: &impl Host) -> Result<Self, HostError> {
        let counter = |name: &str| host.define_metric(MetricType::Counter, name);
        let denied = Reason::ALL.into_iter().map(|reason| {
            let id = counter(&format!("smi_filter.denied.{}", reason.code()))?;
            Ok((reason, id))
        });
        Ok(Self {
            allowed: Some(counter("smi_filter.allowed")?),
            denied: denied.collect::<Result<_, _>>()?,
            errors: Some(counter("smi_filter.errors")?),
            table_id: Some(host.define_metric(MetricType::Gauge, "smi_filter.table_id")?),
        })
    }

    /// Counts a request that passed.
    pub(crate) fn count_allowed(&self, host: &impl Host) {
        increment(host, self.allowed);
    }

    /// Counts a request that was denied.
    pub(crate) fn count_denied(&self, host: &impl Host, reason: Reason) {
        let counter = self.denied.iter().find(|(candidate, _)| *candidate == reason);
        increment(host, counter.map(|(_, id)| *id));
    }

    /// Counts something that should not happen: a host call that failed, or a
    /// configuration that was refused.
    pub(crate) fn count_error(&self, host: &impl Host) {
        increment(host, self.errors);
    }

    /// Shows which table is in force.
    pub(crate) fn show_table(&self, host: &impl Host, id: u32) {
        if let Some(gauge) = self.table_id {
            host.record(gauge, id.into());
        }
    }
}

fn increment(host: &impl Host, counter: Option<MetricId>) {
    if let Some(counter) = counter {
        host.increment(counter);
    }
}
