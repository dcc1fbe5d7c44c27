//! The JSON file.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::collect::{MEDIAN, Row};
use super::figure::FIGURES;
use super::machine::Machine;
use super::view::{Group, View};

/// Changes when the meaning of a key does.
const FORMAT: u32 = 1;

pub(super) fn json(name: &str, quick: bool, machine: &Machine, view: &View, rows: &[Row]) -> Value {
    let Machine { cpu, cores, os, rustc, date, commit, changed } = machine;
    let units: Map<_, _> = FIGURES
        .iter()
        .map(|it| (it.key.to_owned(), json!({"unit": it.unit.name(), "meaning": it.meaning})))
        .collect();
    let sizes: Map<_, _> =
        view.groups.iter().map(|group| (group.name.to_owned(), json!(group.size))).collect();
    let rows_of_json: Vec<_> = rows
        .iter()
        .map(|row| {
            json!({"group": row.group, "case": row.case, "size": row.size,
                   "figures": row.figures, "remark": row.remark})
        })
        .collect();
    let fits: Vec<_> = view
        .groups
        .iter()
        .flat_map(|group| fits(group, rows).into_iter().map(move |(case, fit)| (group, case, fit)))
        .map(|(group, case, fit)| {
            json!({"group": group.name, "case": case, "figure": MEDIAN,
                   "at_zero": fit.at_zero, "for_each": fit.for_each})
        })
        .collect();
    json!({
        "format": FORMAT, "benchmark": name, "quick": quick,
        "date": date, "commit": commit, "changed": changed,
        "machine": {"cpu": cpu, "cores": cores, "os": os, "rustc": rustc},
        "units": units, "sizes": sizes, "rows": rows_of_json, "fits": fits,
    })
}

/// A straight line through medians.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fit {
    pub(super) at_zero: f64,
    pub(super) for_each: f64,
}

/// What one more costs, for the cases of a group whose cost is a straight line.
pub(super) fn fits(group: &Group, rows: &[Row]) -> BTreeMap<String, Fit> {
    let mut points: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in rows.iter().filter(|row| group.is_linear && row.group == group.name) {
        if let Some(median) = row.figures.get(MEDIAN) {
            points.entry(row.case.clone()).or_default().push((row.size as f64, *median));
        }
    }
    points.into_iter().filter_map(|(case, points)| Some((case, fit(&points)?))).collect()
}

/// Least squares.
fn fit(points: &[(f64, f64)]) -> Option<Fit> {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (mean_x, mean_y) = (mean(|point| point.0), mean(|point| point.1));
    let spread: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    let common: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let for_each = common / spread;
    for_each.is_finite().then_some(Fit { at_zero: mean_y - for_each * mean_x, for_each })
}

#[cfg(test)]
mod tests {
    use super::fit;

    #[test]
    fn a_straight_line_is_found() {
        let found = fit(&[(1.0, 5.0), (2.0, 7.0), (5.0, 13.0)]).unwrap();
        assert!((found.at_zero - 3.0).abs() < 1e-9, "{found:?}");
        assert!((found.for_each - 2.0).abs() < 1e-9, "{found:?}");
        assert!(fit(&[(1.0, 5.0)]).is_none());
    }
}
