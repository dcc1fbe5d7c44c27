//! What a benchmark tells besides the times that criterion measures.

use std::fs::OpenOptions;
use std::io::Write;
use std::time::Duration;

use serde_json::{Map, Value, json};

/// Names the file that notes are appended to. Without it, they are printed.
const NOTES: &str = "BENCH_NOTES";
/// Set for a run that only shows that everything works.
const QUICK: &str = "BENCH_QUICK";

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub struct BenchSettings {
    /// Whether this run only shows that everything works.
    pub quick: bool,
}

impl BenchSettings {
    /// What `cargo xtask bench` asked for.
    #[must_use]
    pub fn from_environment() -> Self {
        Self { quick: std::env::var_os(QUICK).is_some() }
    }

    /// The sizes to measure: without the last, largest one in a quick run.
    #[must_use]
    pub fn sizes<'a>(&self, all: &'a [usize]) -> &'a [usize] {
        if self.quick { all.split_last().map_or(all, |(_, others)| others) } else { all }
    }

    /// How long to watch how decisions are spread.
    #[must_use]
    pub fn histogram(&self) -> Duration {
        Duration::from_millis(if self.quick { 50 } else { 1_000 })
    }

    /// A single run that takes longer is not repeated.
    #[must_use]
    pub fn longest_repeated(&self) -> Duration {
        Duration::from_millis(if self.quick { 50 } else { 1_000 })
    }
}

/// Notes figures, or in words why there are none, of what criterion calls
/// `group/case/size`.
pub fn note(group: &str, case: &str, size: usize, figures: &[(&str, f64)], remark: Option<&str>) {
    let figures: Map<_, _> =
        figures.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let line: Value =
        json!({"group": group, "case": case, "size": size, "figures": figures, "remark": remark});
    match std::env::var_os(NOTES) {
        Some(file) => {
            let mut file =
                OpenOptions::new().create(true).append(true).open(file).expect("a file for notes");
            writeln!(file, "{line}").expect("the file takes notes");
        }
        None => println!("{line}"),
    }
}
