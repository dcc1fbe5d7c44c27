//! The table on the screen.

use std::fmt::Write;

use super::collect::Row;
use super::figure::{count, figure};
use super::machine::Machine;
use super::report::fits;
use super::view::{Group, View};

pub(super) fn text(view: &View, rows: &[Row], machine: &Machine) -> String {
    let mut text = format!("\n{}\n{}\n", view.title, machine.line());
    for group in view.groups {
        let rows: Vec<_> = rows.iter().filter(|row| row.group == group.name).collect();
        if !rows.is_empty() {
            block(&mut text, group, &rows);
        }
    }
    text
}

fn block(text: &mut String, group: &Group, rows: &[&Row]) {
    let figures: Vec<_> = group.figures.iter().filter_map(|key| figure(key)).collect();
    let head = ["", group.size].into_iter().chain(figures.iter().map(|figure| figure.title));
    let mut lines = vec![head.map(str::to_owned).collect::<Vec<_>>()];
    for row in rows {
        let mut line = vec![row.case.clone(), count(row.size)];
        for figure in &figures {
            let value = row.figures.get(figure.key);
            line.push(value.map_or("–".to_owned(), |value| figure.unit.show(*value)));
        }
        line.push(row.remark.clone().unwrap_or_default());
        lines.push(line);
    }
    let _ = writeln!(text, "\n{}", group.title);
    for line in &lines {
        let _ = writeln!(text, "  {}", aligned(line, &lines, figures.len() + 2).trim_end());
    }
    let rows: Vec<_> = rows.iter().map(|row| (*row).clone()).collect();
    for (case, fit) in fits(group, &rows) {
        let (base, each, of) = (fit.at_zero, fit.for_each, group.size);
        let _ = writeln!(text, "  {case}: {base:.0} ns + {each:.2} ns for each of the {of}");
    }
}

/// Names to the left, figures to the right, remarks behind them.
fn aligned(line: &[String], lines: &[Vec<String>], columns: usize) -> String {
    let mut text = String::new();
    for (column, cell) in line.iter().enumerate() {
        let cells = lines.iter().filter_map(|line| line.get(column));
        let width = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
        let _ = match column {
            0 => write!(text, "{cell:<width$}"),
            _ if column < columns => write!(text, "  {cell:>width$}"),
            _ => write!(text, "  {cell}"),
        };
    }
    text
}
