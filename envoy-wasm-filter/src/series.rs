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
    /// By a digest of source and outcome: sources are long and begin alike, and a source
    /// may have as many outcomes as there are rules.
    known: Sorted<u64, Vec<Known>>,
    count: usize,
    /// What all others have in common.
    shared: Vec<(Outcome, MetricId)>,
}

/// One series.
struct Known {
    source: Vec<u8>,
    outcome: Outcome,
    counter: MetricId,
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
        let presented = source.unwrap_or_default();
        let counter = self.find(presented, outcome).or_else(|| {
            // Those whom no rule names are all alike.
            let is_listed = table.is_some_and(|table| table.lists_peer(presented));
            let source = if is_listed { presented } else { b"" };
            self.find(source, outcome).or_else(|| self.add(host, what, table, source, outcome))
        });
        if let Some(counter) = counter {
            host.increment(counter);
        }
    }

    fn find(&self, source: &[u8], outcome: Outcome) -> Option<MetricId> {
        let candidates = self.known.get(&digest(source, outcome))?;
        let is_it = |it: &&Known| it.outcome == outcome && it.source == source;
        candidates.iter().find(is_it).map(|it| it.counter)
    }

    fn add(
        &mut self,
        host: &impl Host,
        what: &str,
        table: Option<&OwnedTable>,
        source: &[u8],
        outcome: Outcome,
    ) -> Option<MetricId> {
        if self.count >= MOST_SERIES {
            return self.share(host, what, outcome);
        }
        let name = outcome.name(what, table, source);
        let counter = host.define_metric(MetricType::Counter, &name).ok()?;
        self.count += 1;
        let key = digest(source, outcome);
        let known = Known { source: source.to_vec(), outcome, counter };
        match self.known.get_mut(&key) {
            Some(others) => others.push(known),
            None => self.known.insert(key, vec![known]),
        }
        Some(counter)
    }

    /// The series of those who come too late, for whom a name is not made up each time.
    fn share(&mut self, host: &impl Host, what: &str, outcome: Outcome) -> Option<MetricId> {
        let outcome = outcome.without_rule();
        if let Some((_, counter)) = self.shared.iter().find(|(known, _)| *known == outcome) {
            return Some(*counter);
        }
        let name = outcome.name(what, None, b"");
        let counter = host.define_metric(MetricType::Counter, &name).ok()?;
        self.shared.push((outcome, counter));
        Some(counter)
    }
}

/// A number that few others have.
fn digest(source: &[u8], outcome: Outcome) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let rule = outcome.rule().map_or(u32::MAX, |rule| rule.0);
    let begin = u64::from(rule) << 1 | u64::from(outcome.verdict.is_allowed());
    let (words, rest) = source.as_chunks::<8>();
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    let words = words.iter().copied().chain([last]);
    words.fold(begin, |digest, word| {
        (digest ^ u64::from_le_bytes(word)).wrapping_mul(FACTOR).rotate_left(32)
    })
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
    const fn rule(self) -> Option<RuleId> {
        match self.verdict {
            Verdict::Allowed(rule) => Some(rule),
            Verdict::Denied(Denial { nearest, .. }) => nearest,
        }
    }

    /// The name of that rule, when the table carries names.
    pub(crate) fn rule_name(self, table: Option<&OwnedTable>) -> Option<String> {
        let rule = self.rule().and_then(|rule| table?.rule(rule))?;
        Some(format!("{}:{}", rule.target, rule.route))
    }

    /// The same for all rules.
    const fn without_rule(self) -> Self {
        let verdict = match self.verdict {
            Verdict::Allowed(_) => Verdict::Allowed(RuleId(0)),
            Verdict::Denied(denial) => Verdict::Denied(Denial { nearest: None, ..denial }),
        };
        Self { verdict, ..self }
    }

    fn name(self, what: &str, table: Option<&OwnedTable>, source: &[u8]) -> String {
        let source = std::str::from_utf8(source).unwrap_or_default();
        let destination = table.and_then(|table| table.workload()).unwrap_or_default();
        let rule = self.rule_name(table);
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

    #[test]
    fn outcomes_of_one_digest_are_told_apart() {
        let proxy = FakeProxy::default();
        let mut series = Series::default();
        let audited = Outcome { is_audited: true, ..ALLOWED };
        // Audited or not is no part of the digest.
        assert_eq!(digest(b"a", ALLOWED), digest(b"a", audited));
        let [one, other] = [ALLOWED, audited].map(|outcome| {
            series.add(&proxy, &format!("{}", outcome.is_audited), None, b"a", outcome).unwrap()
        });
        assert_eq!(series.find(b"a", ALLOWED), Some(one));
        assert_eq!(series.find(b"a", audited), Some(other));
        assert_eq!(series.find(b"b", audited), None);
    }

    #[test]
    fn sources_that_begin_or_end_alike_have_other_digests() {
        let sources = [&b""[..], b"a", b"ab", b"abcdefgh", b"abcdefghi", b"bcdefghi", b"hgfedcba"];
        let digests = sources.map(|source| digest(source, ALLOWED));
        for (index, one) in digests.iter().enumerate() {
            assert_eq!(digests.iter().position(|other| other == one), Some(index));
        }
    }
}
