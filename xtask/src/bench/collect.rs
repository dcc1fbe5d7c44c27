//! What benchmarks found: their own notes, joined with criterion's medians.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// The median of what criterion measured.
pub(super) const MEDIAN: &str = "median_ns";

/// Something that was measured.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) group: String,
    pub(super) case: String,
    /// How many, of what the group counts.
    pub(super) size: u64,
    pub(super) figures: BTreeMap<String, f64>,
    pub(super) remark: Option<String>,
}

/// What criterion and the notes name a benchmark: group, case, size.
type Name = (String, String, u64);

/// The rows in the order of the notes.
pub(super) fn rows(notes: &Path, criterion: &Path) -> Result<Vec<Row>> {
    let mut medians = BTreeMap::new();
    if criterion.is_dir() {
        find_medians(criterion, &mut medians)?;
    }
    let notes = fs::read_to_string(notes).context("the benchmark noted nothing")?;
    let mut rows = notes.lines().map(row).collect::<Result<Vec<_>>>()?;
    for row in &mut rows {
        let name = (row.group.clone(), row.case.clone(), row.size);
        if let Some(median) = medians.remove(&name) {
            row.figures.insert(MEDIAN.to_owned(), median);
        }
    }
    ensure!(medians.is_empty(), "measured, but not noted: {:?}", medians.keys());
    Ok(rows)
}

fn row(line: &str) -> Result<Row> {
    let note: Value = serde_json::from_str(line)?;
    let text = |key: &str| note.get(key).and_then(Value::as_str).map(str::to_owned);
    let figures = note.get("figures").and_then(Value::as_object).into_iter().flatten();
    let row = || {
        Some(Row {
            group: text("group")?,
            case: text("case")?,
            size: note.get("size")?.as_u64()?,
            figures: figures
                .filter_map(|(key, value)| Some((key.clone(), value.as_f64()?)))
                .collect(),
            remark: text("remark"),
        })
    };
    row().with_context(|| format!("not a note: {line}"))
}

/// Criterion keeps what it measured in `<group>/<case>/<size>/new/estimates.json`
/// and the names, which folders do not spell in full, beside it.
fn find_medians(folder: &Path, medians: &mut BTreeMap<Name, f64>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && path.ends_with("new") {
            let (name, median) =
                median(&path).with_context(|| format!("cannot read {}", path.display()))?;
            medians.insert(name, median);
        } else if path.is_dir() {
            find_medians(&path, medians)?;
        }
    }
    Ok(())
}

fn median(folder: &Path) -> Result<(Name, f64)> {
    let json = |file| -> Result<Value> {
        Ok(serde_json::from_str(&fs::read_to_string(folder.join(file))?)?)
    };
    let (id, estimates) = (json("benchmark.json")?, json("estimates.json")?);
    let text = |key: &str| id.get(key).and_then(Value::as_str).map(str::to_owned);
    let name = || Some((text("group_id")?, text("function_id")?, text("value_str")?.parse().ok()?));
    let median = estimates.pointer("/median/point_estimate").and_then(Value::as_f64);
    name().zip(median).context("a file of criterion has another shape")
}
