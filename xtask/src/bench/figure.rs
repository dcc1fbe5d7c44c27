//! Figures: their names in JSON, their units, and how people read them.

use super::collect::MEDIAN;

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Nanoseconds,
    Bytes,
}

pub(super) struct Figure {
    /// The key in JSON.
    pub(super) key: &'static str,
    /// The head of a column.
    pub(super) title: &'static str,
    pub(super) unit: Unit,
    /// What exactly it is.
    pub(super) meaning: &'static str,
}

pub(super) const FIGURES: [Figure; 23] = [
    time(
        MEDIAN,
        "median",
        "median of criterion's samples, each a mean over many runs; or of a single run, if the row says so",
    ),
    time("p50_ns", "p50", "half of the batches of 16 decisions are faster; the mean over a batch"),
    time(
        "p99_ns",
        "p99",
        "one of a hundred batches of 16 decisions is slower; the mean over a batch",
    ),
    time(
        "single_p99_ns",
        "p99 of 1",
        "one of a hundred single decisions is slower; contains the clock",
    ),
    time("clock_ns", "clock", "what reading the clock twice takes"),
    time("build_ns", "build", "from policies to something that decides"),
    time(
        "load_ns",
        "load",
        "from the form in which policies are kept or sent to something that decides",
    ),
    size("table_bytes", "tables", "all tables together"),
    size(
        "bytes_per_rule",
        "per rule",
        "bytes of the table for each rule, names and places of rules included",
    ),
    size("text_bytes", "text", "the YAML"),
    size(
        "peak_bytes",
        "peak memory",
        "the most memory that was taken meanwhile, the input not included",
    ),
    size("kept_bytes", "kept memory", "memory that the result takes"),
    size("memory_bytes", "memory", "memory of what decides, ready to decide"),
    time("cpu_ns", "CPU", "median of the CPU time that Envoy takes for a request"),
    time(
        "over_ns",
        "over none",
        "median of the differences, round by round, to Envoy without a filter",
    ),
    time("over_q1_ns", "quarter", "a quarter of these differences is less"),
    time("over_q3_ns", "three", "three quarters of these differences are less"),
    time(
        "decide_ns",
        "decision",
        "mean of the filter's own histogram over all requests to this Envoy: the decision and a look at the clock",
    ),
    size("resident_bytes", "resident", "memory of the whole Envoy after the run"),
    time("apply_ns", "in force", "from a new discovery file to the first answer by it, under load"),
    time("slowest_ns", "slowest", "median, over the changes, of the slowest request meanwhile"),
    time("slowest_ever_ns", "slowest of all", "the slowest request during any change"),
    time(
        "otherwise_ns",
        "without",
        "median of the slowest request in the same time without a change",
    ),
];

pub(super) fn figure(key: &str) -> Option<&'static Figure> {
    FIGURES.iter().find(|figure| figure.key == key)
}

const fn time(key: &'static str, title: &'static str, meaning: &'static str) -> Figure {
    Figure { key, title, unit: Unit::Nanoseconds, meaning }
}

const fn size(key: &'static str, title: &'static str, meaning: &'static str) -> Figure {
    Figure { key, title, unit: Unit::Bytes, meaning }
}

impl Unit {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Nanoseconds => "nanoseconds",
            Self::Bytes => "bytes",
        }
    }

    /// Three digits, in the prefix that suits.
    pub(super) fn show(self, value: f64) -> String {
        if value < 0.0 {
            return format!("-{}", self.show(-value));
        }
        let steps: &[(f64, &str)] = match self {
            Self::Nanoseconds => &[(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns")],
            Self::Bytes => &[(1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B")],
        };
        let suits = steps.iter().find(|(one, _)| value >= 0.9995 * one);
        let (one, name) = suits.copied().or(steps.last().copied()).unwrap_or((1.0, ""));
        let value = value / one;
        let decimals = match value {
            _ if one == 1.0 && self == Self::Bytes => 0,
            _ if value >= 99.95 => 0,
            _ if value >= 9.995 => 1,
            _ => 2,
        };
        format!("{value:.decimals$} {name}")
    }
}

/// 10,000
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Unit, count};

    #[test]
    fn figures_have_three_digits() {
        assert_eq!(Unit::Nanoseconds.show(416.7), "417 ns");
        assert_eq!(Unit::Nanoseconds.show(999.9), "1.00 µs");
        assert_eq!(Unit::Nanoseconds.show(0.25), "0.25 ns");
        assert_eq!(Unit::Nanoseconds.show(-1_234.0), "-1.23 µs");
        assert_eq!(Unit::Bytes.show(1_234_567.0), "1.23 MB");
        assert_eq!(Unit::Bytes.show(7.0), "7 B");
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
    }
}
