//! The chart: a panel for each group, two beside each other.

use std::fmt::Write;

use super::collect::Row;
use super::figure::figure;
use super::machine::Machine;
use super::panel::{self, HEIGHT, Line, Panel, WIDTH};
use super::view::View;

const MARGIN: f64 = 32.0;
const HEAD: f64 = 76.0;
const COLUMNS: usize = 2;

/// An SVG that looks alike everywhere: light background, no fonts of its own.
pub(super) fn svg(view: &View, rows: &[Row], machine: &Machine) -> String {
    let panels = panels(view, rows);
    let columns = panels.len().clamp(1, COLUMNS);
    let width = 2.0 * MARGIN + WIDTH * columns as f64;
    let height = HEAD + MARGIN + HEIGHT * panels.len().div_ceil(columns) as f64;
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="system-ui, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="12" fill="#333a45">
<rect width="100%" height="100%" fill="#fcfcfb"/>
<text x="{MARGIN}" y="40" font-size="22" font-weight="600" fill="#1b2430">{}</text>
<text x="{MARGIN}" y="60" font-size="11" fill="#6b7480">{}</text>
"##,
        escape(view.title),
        escape(&machine.line()),
    );
    for (index, panel) in panels.iter().enumerate() {
        let x = MARGIN + WIDTH * (index % columns) as f64;
        let y = HEAD + HEIGHT * (index / columns) as f64;
        let _ = writeln!(svg, r#"<g transform="translate({x} {y})">"#);
        panel::draw(&mut svg, panel);
        svg.push_str("</g>\n");
    }
    svg + "</svg>\n"
}

fn panels(view: &View, rows: &[Row]) -> Vec<Panel> {
    let drawn =
        view.groups.iter().flat_map(|group| group.drawn.iter().map(move |key| (group, *key)));
    let mut panels = Vec::new();
    for (group, key) in drawn {
        let Some(figure) = figure(key) else { continue };
        let mut lines: Vec<Line> = Vec::new();
        for row in rows.iter().filter(|row| row.group == group.name) {
            // Nothing below zero has a place on a logarithmic axis.
            let Some(value) = row.figures.get(key).filter(|it| **it > 0.0) else { continue };
            let point = (row.size as f64, *value);
            match lines.iter_mut().find(|line| line.label == row.case) {
                Some(line) => line.points.push(point),
                None => lines.push(Line { label: row.case.clone(), points: vec![point] }),
            }
        }
        if !lines.is_empty() {
            let (title, x) = (group.title.to_owned(), group.size.to_owned());
            let y = format!("{}, logarithmic", figure.title);
            panels.push(Panel { title, x, y, unit: figure.unit, lines });
        }
    }
    panels
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
