//! One plugin: a configuration in force, and what has been counted under it.

use std::error::Error;

use decision_table::{Denial, Mode, Reason, Verdict};
use proxy_wasm::types::LogLevel;

use crate::host::{Host, HostError};
use crate::metrics::Metrics;
use crate::request::Attributes;
use crate::series::{Outcome, Series};
use crate::settings::{OwnedTable, Policy};
use crate::throttle::Throttle;

/// What a plugin is for, by its `root_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Access to HTTP requests: no `root_id`, or `http`.
    Http,
    /// Access to TCP connections: `tcp`.
    Tcp,
    /// Traffic splits: `splits`.
    Splits,
}

/// A configuration is never changed, only replaced as a whole, so that every
/// request sees one policy from its beginning to its end.
pub(crate) struct Plugin {
    pub(crate) role: Role,
    pub(crate) policy: Policy,
    pub(crate) metrics: Metrics,
    series: Series,
    throttle: Throttle,
}

impl Role {
    /// The role of this `root_id`.
    pub(crate) fn of(root_id: &[u8]) -> Option<Self> {
        match root_id {
            b"" | b"http" => Some(Self::Http),
            b"tcp" => Some(Self::Tcp),
            b"splits" => Some(Self::Splits),
            _ => None,
        }
    }

    /// What the names of metrics begin with.
    const fn prefix(self) -> &'static str {
        match self {
            Self::Http => "smi_filter",
            Self::Tcp => "smi_tcp",
            Self::Splits => "smi_splits",
        }
    }

    /// What is counted with labels.
    const fn series(self) -> &'static str {
        match self {
            Self::Http | Self::Splits => "smi_requests",
            Self::Tcp => "smi_connections",
        }
    }

    /// What a verdict is about.
    const fn noun(self) -> &'static str {
        match self {
            Self::Http | Self::Splits => "request",
            Self::Tcp => "connection",
        }
    }
}

impl Plugin {
    /// Reads a configuration of `length` bytes.
    pub(crate) fn configure(
        host: &impl Host,
        role: Role,
        length: usize,
    ) -> Result<Self, Box<dyn Error>> {
        let metrics = Metrics::define(host, role.prefix())?;
        let policy = read(host, length).inspect_err(|_| metrics.count_error(host))?;
        Ok(Self { role, policy, metrics, series: Series::default(), throttle: Throttle::default() })
    }

    /// Shows the policy in force.
    pub(crate) fn show(&self, host: &impl Host) {
        self.metrics.show(host, &self.policy);
    }

    /// Decides, counts and tells. `read` gives what the decision depends on; when it
    /// cannot be read, the verdict is a denial.
    pub(crate) fn decide<H: Host>(
        &mut self,
        host: &H,
        read: impl FnOnce(&H, &Policy) -> Result<Attributes, HostError>,
    ) -> Result<(), Reason> {
        if !self.policy.mode.decides() {
            self.metrics.count_passed(host);
            return Ok(());
        }
        let Self { policy, metrics, .. } = self;
        let Some(table) = &policy.table else {
            return self.conclude(host, None, denied(Reason::NoPolicy));
        };
        let attributes = match read(host, policy) {
            Ok(attributes) => attributes,
            Err(error) => {
                self.report(host, &error);
                return self.conclude(host, None, denied(Reason::MalformedRequest));
            }
        };
        let verdict = metrics.timed(host, || table.decide(&attributes.request(table)));
        self.compare(host, &attributes, verdict);
        self.conclude(host, attributes.peer(), verdict)
    }

    /// Counts a host call that failed, and says so.
    pub(crate) fn report(&mut self, host: &impl Host, error: &HostError) {
        self.metrics.count_error(host);
        self.throttle.log(host, LogLevel::Error, || {
            format!("{} cannot be judged: {error}", self.role.noun())
        });
    }

    /// What the shadow table would have said.
    fn compare(&mut self, host: &impl Host, attributes: &Attributes, verdict: Verdict) {
        let Self { policy, throttle, metrics, role, .. } = self;
        let Some(shadow) = &policy.shadow else { return };
        let would_be = shadow.decide(&attributes.request(shadow));
        if would_be.is_allowed() == verdict.is_allowed() {
            return;
        }
        metrics.count_difference(host, would_be);
        throttle.log(host, LogLevel::Warn, || {
            let is = describe(verdict, policy.table.as_ref());
            let would_be = describe(would_be, Some(shadow));
            format!("{} {is}; by the shadow table it would be {would_be}", role.noun())
        });
    }

    /// `Err`: it does not pass, for this reason.
    fn conclude(
        &mut self,
        host: &impl Host,
        source: Option<&[u8]>,
        verdict: Verdict,
    ) -> Result<(), Reason> {
        let mode = self.policy.mode;
        self.metrics.count(host, verdict, mode);
        let table = self.policy.table.as_ref();
        let outcome = Outcome { verdict, is_audited: mode == Mode::Audit };
        self.series.count(host, self.role.series(), table, source, outcome);
        if !verdict.is_allowed() || self.policy.log_allowed {
            note(host, table, outcome);
        }
        let Verdict::Denied(denial) = verdict else { return Ok(()) };
        self.throttle.log(host, LogLevel::Warn, || {
            let passes = if mode.admits(verdict) { " (it passes: audit)" } else { "" };
            format!("{} {}{passes}", self.role.noun(), describe(verdict, table))
        });
        if mode.admits(verdict) { Ok(()) } else { Err(denial.reason) }
    }
}

/// For access logs: `%FILTER_STATE(wasm.smi_verdict:PLAIN)%` and so on.
fn note(host: &impl Host, table: Option<&OwnedTable>, outcome: Outcome) {
    let verdict = match outcome.verdict {
        Verdict::Allowed(_) => outcome.word().to_owned(),
        Verdict::Denied(denial) => format!("{}:{}", outcome.word(), denial.reason.code()),
    };
    host.note("smi_verdict", &verdict);
    if let Some(rule) = outcome.rule_name(table) {
        host.note("smi_rule", &rule);
    }
}

fn read(host: &impl Host, length: usize) -> Result<Policy, Box<dyn Error>> {
    let bytes = if length == 0 { Vec::new() } else { host.configuration(length)? };
    if bytes.len() != length {
        // Cut down to nothing it would pass for a configuration on purpose.
        let call = "proxy_get_buffer_bytes";
        return Err(HostError::Answer { call, problem: "returned another length" }.into());
    }
    Ok(Policy::read(bytes)?)
}

/// `denied: path_not_allowed (…); nearest rule: … at file:line`.
fn describe(verdict: Verdict, table: Option<&OwnedTable>) -> String {
    let (what, rule) = match verdict {
        Verdict::Allowed(rule) => ("allowed".to_owned(), Some(rule)),
        Verdict::Denied(Denial { reason, nearest }) => {
            (format!("denied: {} ({reason})", reason.code()), nearest)
        }
    };
    match rule.and_then(|rule| table?.rule(rule)) {
        None => what,
        Some(rule) => {
            let by = if verdict.is_allowed() { "by" } else { "nearest rule:" };
            let (route, target, file, line) = (rule.route, rule.target, rule.file, rule.line);
            format!("{what}; {by} {route} in {target} at {file}:{line}")
        }
    }
}

/// A denial that no table was asked for.
const fn denied(reason: Reason) -> Verdict {
    Verdict::Denied(Denial { reason, nearest: None })
}
