//! What the filter counts.

use decision_table::{Mode, Reason, Verdict};
use proxy_wasm::types::MetricType;

use crate::host::{Host, HostError, MetricId};
use crate::settings::Policy;

/// Every so many decisions one is timed: two looks at the clock cost as much as a
/// decision.
const TIMED: u32 = 64;

/// The proxy's numbers for our metrics.
///
/// They are asked for once, with the configuration: a name costs the proxy a
/// look-up, a number costs it next to nothing. The proxy joins equal names, so
/// the counters go on over new configurations and add up over its workers.
pub(crate) struct Metrics {
    allowed: MetricId,
    /// By reason, in the order of [`Reason::ALL`].
    denied: Vec<MetricId>,
    audited: Vec<MetricId>,
    newly_allowed: MetricId,
    newly_denied: MetricId,
    errors: MetricId,
    decide_ns: MetricId,
    table_id: MetricId,
    shadow_table_id: MetricId,
    mode: MetricId,
    configured_seconds: MetricId,
    /// Decisions since one was timed.
    untimed: u32,
}

impl Metrics {
    /// Makes all metrics, so that each is there, at zero, before it is needed.
    /// `prefix` tells what is decided about.
    pub(crate) fn define(host: &impl Host, prefix: &str) -> Result<Self, HostError> {
        let define = |kind, name: &str| host.define_metric(kind, &format!("{prefix}.{name}"));
        let counter = |name: &str| define(MetricType::Counter, name);
        let gauge = |name: &str| define(MetricType::Gauge, name);
        let by_reason = |name: &str| {
            let all = Reason::ALL.into_iter();
            all.map(|reason| counter(&format!("{name}.{}", reason.code())))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            allowed: counter("allowed")?,
            denied: by_reason("denied")?,
            audited: by_reason("audited")?,
            newly_allowed: counter("shadow.newly_allowed")?,
            newly_denied: counter("shadow.newly_denied")?,
            errors: counter("errors")?,
            decide_ns: define(MetricType::Histogram, "decide_ns")?,
            table_id: gauge("table_id")?,
            shadow_table_id: gauge("shadow_table_id")?,
            mode: gauge("mode")?,
            configured_seconds: gauge("configured_seconds")?,
            untimed: 0,
        })
    }

    /// Counts a request or connection that passed without being decided about.
    pub(crate) fn count_passed(&self, host: &impl Host) {
        host.increment(self.allowed);
    }

    /// Counts a verdict, and whether it was enforced.
    pub(crate) fn count(&self, host: &impl Host, verdict: Verdict, mode: Mode) {
        let reason = match verdict {
            Verdict::Allowed(_) => return host.increment(self.allowed),
            Verdict::Denied(denial) => denial.reason,
        };
        let counters = if mode.admits(verdict) { &self.audited } else { &self.denied };
        let known = Reason::ALL.iter().zip(counters).find(|(known, _)| **known == reason);
        if let Some((_, counter)) = known {
            host.increment(*counter);
        }
    }

    /// Counts a request that the shadow table would have decided otherwise.
    pub(crate) fn count_difference(&self, host: &impl Host, shadow: Verdict) {
        let newly = if shadow.is_allowed() { self.newly_allowed } else { self.newly_denied };
        host.increment(newly);
    }

    /// Counts something that should not happen: a host call that failed, or a
    /// configuration that was refused.
    pub(crate) fn count_error(&self, host: &impl Host) {
        host.increment(self.errors);
    }

    /// Shows the policy in force.
    pub(crate) fn show(&self, host: &impl Host, policy: &Policy) {
        const SECOND: u64 = 1_000_000_000;
        let mode = match policy.mode {
            Mode::Enforce => 0,
            Mode::Audit => 1,
            Mode::Permissive => 2,
        };
        host.record(self.table_id, Policy::id_of(policy.table.as_ref()).into());
        host.record(self.shadow_table_id, Policy::id_of(policy.shadow.as_ref()).into());
        host.record(self.mode, mode);
        // The age of the configuration is what it is now less this.
        host.record(self.configured_seconds, host.now() / SECOND);
    }

    /// Does some work, and sometimes records how long it takes.
    pub(crate) fn timed<T>(&mut self, host: &impl Host, work: impl FnOnce() -> T) -> T {
        self.untimed += 1;
        if self.untimed < TIMED {
            return work();
        }
        self.untimed = 0;
        let before = host.now();
        let done = work();
        host.record(self.decide_ns, host.now().saturating_sub(before));
        done
    }
}
