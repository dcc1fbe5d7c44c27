//! Counters with labels: who called whom, by which rule, and what came of it.
//!
//! Envoy's metrics have names and no labels; labels are cut out of the names by
//! `stats_tags` of its configuration, which `smi envoy` writes. A name is
//!
//! ```text
//! smi_requests.verdict.V.reason.R.source.S.destination.D.rule.X
//! ```
//!
//! in which a value goes on until the next one begins. A dot in a value that looks
//! like such a beginning is written `%2E`.

use decision_table::{Denial, RuleId, Verdict};
use proxy_wasm::types::MetricType;

use crate::host::{Host, MetricId};
use crate::settings::OwnedTable;
use crate::sorted::Sorted;

/// A proxy keeps every series for ever. Whoever comes later is counted as `other`,
/// so that no stranger can fill the memory.
const MOST_SERIES: usize = 1000;
/// Names in labels are cut at this length, in bytes.
const LONGEST: usize = 200;
/// The names of the values, in their order.
const LABELS: [&str; 5] = ["verdict", "reason", "source", "destination", "rule"];
/// What stands for all that have no series of their own.
const OTHER: &str = "other";

/// The series of one plugin.
#[derive(Default)]
pub(crate) struct Series {
    /// By source, what the verdict was and by which rule.
    by_source: Sorted<Vec<u8>, Vec<(Outcome, MetricId)>>,
    count: usize,
}

/// What is counted of a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) verdict: Verdict,
    /// Whether a denied request passed all the same.
    pub(crate) is_audited: bool,
}

impl Series {
    /// Counts a verdict about a caller.
    pub(crate) fn count(
        &mut self,
        host: &impl Host,
        what: &str,
        table: Option<&OwnedTable>,
        source: Option<&[u8]>,
        outcome: Outcome,
    ) {
        // Those whom no rule names are all alike.
        let source = source.filter(|source| table.is_some_and(|table| table.lists_peer(source)));
        let key = source.unwrap_or_default();
        let known = self.by_source.get(key).into_iter().flatten();
        let known = known.clone().find(|(known, _)| *known == outcome).map(|(_, id)| *id);
        if let Some(counter) = known.or_else(|| self.add(host, what, table, key, outcome)) {
            host.increment(counter);
        }
    }

    fn add(
        &mut self,
        host: &impl Host,
        what: &str,
        table: Option<&OwnedTable>,
        source: &[u8],
        outcome: Outcome,
    ) -> Option<MetricId> {
        let is_full = self.count >= MOST_SERIES;
        let name =
            if is_full { outcome.name(what, None, b"") } else { outcome.name(what, table, source) };
        let counter = host.define_metric(MetricType::Counter, &name).ok()?;
        if !is_full {
            self.count += 1;
            match self.by_source.get_mut(source) {
                Some(known) => known.push((outcome, counter)),
                None => self.by_source.insert(source.to_vec(), vec![(outcome, counter)]),
            }
        }
        Some(counter)
    }
}

impl Outcome {
    /// `allowed`, `denied`, or `audited`: denied by a policy that is not enforced.
    pub(crate) const fn word(self) -> &'static str {
        match self.verdict {
            Verdict::Allowed(_) => "allowed",
            Verdict::Denied(_) if self.is_audited => "audited",
            Verdict::Denied(_) => "denied",
        }
    }

    const fn reason(self) -> &'static str {
        match self.verdict {
            Verdict::Allowed(_) => "none",
            Verdict::Denied(denial) => denial.reason.code(),
        }
    }

    /// The rule that allowed, or the one that came nearest to it.
    pub(crate) const fn rule(self) -> Option<RuleId> {
        match self.verdict {
            Verdict::Allowed(rule) => Some(rule),
            Verdict::Denied(Denial { nearest, .. }) => nearest,
        }
    }

    fn name(self, what: &str, table: Option<&OwnedTable>, source: &[u8]) -> String {
        let source = std::str::from_utf8(source).unwrap_or_default();
        let destination = table.and_then(|table| table.workload()).unwrap_or_default();
        let rule = self.rule().and_then(|rule| table?.rule(rule));
        let rule = rule.map(|rule| format!("{}:{}", rule.target, rule.route));
        format!(
            "{what}.verdict.{}.reason.{}.source.{}.destination.{}.rule.{}",
            self.word(),
            self.reason(),
            label(source),
            label(destination),
            label(&rule.unwrap_or_default()),
        )
    }
}

/// A value that can stand in the name of a metric.
fn label(value: &str) -> String {
    let value = value.get(..value.floor_char_boundary(LONGEST)).unwrap_or_default();
    let mut label = String::with_capacity(value.len());
    for (at, c) in value.char_indices() {
        match c {
            '%' => label.push_str("%25"),
            '.' if value.get(at + 1..).is_some_and(begins_a_value) => label.push_str("%2E"),
            other => label.push(other),
        }
    }
    if label.is_empty() { OTHER.to_owned() } else { label }
}

/// Whether this, behind a dot, would be taken for the name of a value.
fn begins_a_value(rest: &str) -> bool {
    LABELS.iter().any(|label| {
        rest.strip_prefix(label).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use decision_table::{Reason, Table};

    use super::*;
    use crate::testing::{BOOKBUYER, FakeProxy, Shape, table};

    const ALLOWED: Outcome = Outcome { verdict: Verdict::Allowed(RuleId(0)), is_audited: false };

    #[test]
    fn labels_are_read_as_they_are() {
        let proxy = FakeProxy::default();
        let table = Table::from_bytes(table(Shape::default())).unwrap();
        let mut series = Series::default();
        for _ in 0..2 {
            let source = Some(BOOKBUYER.as_bytes());
            series.count(&proxy, "smi_requests", Some(&table), source, ALLOWED);
        }
        let name = "smi_requests.verdict.allowed.reason.none.\
                    source.spiffe://cluster.local/ns/bookbuyer/sa/bookbuyer.\
                    destination.spiffe://cluster.local/ns/bookstore/sa/bookstore.\
                    rule.bookstore/bookbuyer-access:bookstore/routes#books-bought";
        assert_eq!(proxy.metric(name), 2);
    }

    #[test]
    fn no_value_looks_like_the_next_one() {
        assert_eq!(label("a.destination.b"), "a%2Edestination.b");
        assert_eq!(label("rules.a.rule"), "rules.a%2Erule");
        assert_eq!(label("rule.a.rules.100%"), "rule.a.rules.100%25");
        assert_eq!(label(""), "other");
    }

    #[test]
    fn strangers_share_a_series() {
        let proxy = FakeProxy::default();
        let table = Table::from_bytes(table(Shape::default())).unwrap();
        let mut series = Series::default();
        let verdict = Verdict::Denied(Denial { reason: Reason::Peer, nearest: None });
        for stranger in 0..5000 {
            let stranger = format!("spiffe://cluster.local/ns/x/sa/{stranger}");
            let outcome = Outcome { verdict, is_audited: true };
            series.count(&proxy, "smi_requests", Some(&table), Some(stranger.as_bytes()), outcome);
        }
        assert_eq!(proxy.state().metrics.len(), 1);
        let (name, count) = proxy.state().metrics[0].clone();
        assert!(
            name.starts_with("smi_requests.verdict.audited.reason.peer_not_allowed.source.other."),
            "{name}"
        );
        assert_eq!(count, 5000);
    }

    #[test]
    fn there_are_only_so_many_series() {
        let proxy = FakeProxy::default();
        let table = Table::from_bytes(table(Shape::default())).unwrap();
        let mut series = Series::default();
        for rule in 0..3000 {
            let outcome = Outcome { verdict: Verdict::Allowed(RuleId(rule)), ..ALLOWED };
            let source = Some(BOOKBUYER.as_bytes());
            series.count(&proxy, "smi_requests", Some(&table), source, outcome);
        }
        let other =
            "smi_requests.verdict.allowed.reason.none.source.other.destination.other.rule.other";
        assert_eq!(proxy.metric(other), 2000);
    }
}
