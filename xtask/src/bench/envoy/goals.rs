//! What the figures should be, and who wins.

use std::fmt::Write;

use decision_table::Mode;

use super::cases::{ALLOWED, ALONE, DENIED, Kind, MANY, PLAIN};
use crate::bench::collect::Row;
use crate::bench::figure::Unit::{Bytes, Nanoseconds};
use crate::bench::figure::count;

const ENFORCE: Kind = Kind::Filter(Mode::Enforce);
/// CPU time over Envoy without a filter, in nanoseconds.
const MOST_PLAIN: f64 = 6_500.0;
const MOST_WITH_TLS: f64 = 8_500.0;
/// How much the cost may differ between numbers of rules.
const MOST_SPREAD: f64 = 1.10;
/// So many times less than RBAC with a list of so many policies.
const LESS_THAN_LIST: [(u64, f64); 3] = [(25, 1.0), (1_000, 30.0), (10_000, 1_000.0)];

/// A line for each goal that could be measured, and the comparison with all that Envoy
/// has itself.
pub(super) fn text(rows: &[Row]) -> String {
    let mut text = "Goals\n".to_owned();
    let mut goal = |what: String, met: bool| {
        let _ = writeln!(text, "  {} {what}", if met { "met    " } else { "missed " });
    };
    for (group, kind, most) in
        [(PLAIN, Kind::Filter(Mode::Audit), MOST_PLAIN), (ALLOWED, ENFORCE, MOST_WITH_TLS)]
    {
        for (size, over) in costs(rows, group, kind) {
            let (is, most_shown) = (Nanoseconds.show(over), Nanoseconds.show(most));
            let what = format!("{group}, {} rules: {is}, at most {most_shown}", count(size));
            goal(what, over <= most);
        }
    }
    if let Some(spread) = spread(rows) {
        goal(
            format!("10 to 10,000 rules: {spread:.2} times, at most {MOST_SPREAD}"),
            spread <= MOST_SPREAD,
        );
    }
    for (size, least) in LESS_THAN_LIST {
        if let Some(times) = times(rows, ALLOWED, Kind::List, size) {
            let what = format!(
                "RBAC with a list of {} costs {times:.1} times as much, at least {least}",
                count(size)
            );
            goal(what, times >= least);
        }
    }
    compare(&mut text, rows);
    if let Some(memory) = memory(rows) {
        let _ = writeln!(text, "\n1,000 rules take {} of memory", Bytes.show(memory));
    }
    text
}

/// How many times as much as this filter others cost: less than one where they win.
fn compare(text: &mut String, rows: &[Row]) {
    for group in [ALLOWED, DENIED, MANY] {
        let _ = writeln!(text, "\n{group}: how many times the cost of this filter");
        for kind in [Kind::Other, Kind::List, Kind::ListByCaller, Kind::Tree] {
            let of = |(size, _)| {
                let times = times(rows, group, kind, size)?;
                Some(format!("{times:.1} at {}", count(size)))
            };
            let all: Vec<_> = costs(rows, group, kind).into_iter().filter_map(of).collect();
            if !all.is_empty() {
                let _ = writeln!(text, "  {:<26}{}", kind.name(), all.join(", "));
            }
        }
    }
}

fn times(rows: &[Row], group: &str, kind: Kind, size: u64) -> Option<f64> {
    let over = |kind| figure(find(rows, group, kind, size)?, "over_ns");
    Some(over(kind)? / over(ENFORCE)?)
}

fn spread(rows: &[Row]) -> Option<f64> {
    let over = |size| figure(find(rows, ALLOWED, ENFORCE, size)?, "over_ns");
    let all = [over(10)?, over(1_000)?, over(10_000)?];
    let most = all.into_iter().fold(f64::NEG_INFINITY, f64::max);
    let least = all.into_iter().fold(f64::INFINITY, f64::min);
    Some(most / least)
}

/// What rules take, over the filter without any.
fn memory(rows: &[Row]) -> Option<f64> {
    let resident = |row| figure(row, "resident_bytes");
    let without = find(rows, ALONE, Kind::Filter(Mode::Permissive), 0)?;
    Some(resident(find(rows, ALLOWED, ENFORCE, 1_000)?)? - resident(without)?)
}

/// The cost at every number of rules.
fn costs(rows: &[Row], group: &str, kind: Kind) -> Vec<(u64, f64)> {
    let mine = rows.iter().filter(|row| row.group == group && row.case == kind.name());
    mine.filter_map(|row| Some((row.size, figure(row, "over_ns")?))).collect()
}

fn find<'a>(rows: &'a [Row], group: &str, kind: Kind, size: u64) -> Option<&'a Row> {
    let is_it = |row: &&Row| row.group == group && row.case == kind.name() && row.size == size;
    rows.iter().find(is_it)
}

fn figure(row: &Row, key: &str) -> Option<f64> {
    row.figures.get(key).copied()
}
