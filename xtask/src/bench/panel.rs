//! One panel of a chart: lines over two logarithmic axes.

use std::fmt::Write;

use super::chart::escape;
use super::figure::{Unit, count};

pub(super) const WIDTH: f64 = 680.0;
pub(super) const HEIGHT: f64 = 400.0;

/// Where the plot lies in the panel; to its right are the names of the lines.
const LEFT: f64 = 66.0;
const RIGHT: f64 = 430.0;
const TOP: f64 = 52.0;
const BOTTOM: f64 = 342.0;
const LABEL_HEIGHT: f64 = 17.0;

/// Told apart also by those who do not see all colours (after Okabe and Ito).
const COLOURS: [&str; 7] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56a0d3", "#4d4d4d"];

pub(super) struct Panel {
    pub(super) title: String,
    pub(super) x: String,
    pub(super) y: String,
    pub(super) unit: Unit,
    pub(super) lines: Vec<Line>,
}

pub(super) struct Line {
    pub(super) label: String,
    pub(super) points: Vec<(f64, f64)>,
}

pub(super) fn draw(svg: &mut String, panel: &Panel) {
    let points = || panel.lines.iter().flat_map(|line| &line.points);
    let x = Axis::over(points().map(|point| point.0), (LEFT, RIGHT), 0.0);
    let y = Axis::over(points().map(|point| point.1), (BOTTOM, TOP), 1.0);
    let _ = writeln!(
        svg,
        r##"<text x="0" y="22" font-size="14" font-weight="600" fill="#1b2430">{}</text>"##,
        escape(&panel.title)
    );
    axes(svg, panel, &x, &y);
    for (line, colour) in panel.lines.iter().zip(COLOURS.iter().cycle()) {
        let place = |point: &(f64, f64)| (x.place(point.0), y.place(point.1));
        let places: Vec<_> = line.points.iter().map(place).collect();
        let path: Vec<_> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(
            svg,
            r#"<polyline points="{}" fill="none" stroke="{colour}" stroke-width="2.2" stroke-linejoin="round"/>"#,
            path.join(" ")
        );
        for (x, y) in places {
            let _ = writeln!(
                svg,
                r##"<circle cx="{x:.1}" cy="{y:.1}" r="3.6" fill="{colour}" stroke="#fcfcfb" stroke-width="1.2"/>"##
            );
        }
    }
    legend(svg, panel, &x, &y);
}

fn axes(svg: &mut String, panel: &Panel, x: &Axis, y: &Axis) {
    for tick in y.ticks() {
        let (at, label) =
            (y.place(tick), panel.unit.show(tick).replace(".00", "").replace(".0", ""));
        let _ = writeln!(
            svg,
            r##"<path d="M{LEFT} {at:.1}H{RIGHT}" stroke="#e3e5e8"/><text x="{}" y="{:.1}" text-anchor="end" fill="#6b7480">{label}</text>"##,
            LEFT - 8.0,
            at + 4.0
        );
    }
    for tick in x.ticks() {
        let (at, label) = (x.place(tick), count(tick.round() as u64));
        let _ = writeln!(
            svg,
            r##"<path d="M{at:.1} {TOP}V{BOTTOM}" stroke="#eff0f2"/><text x="{at:.1}" y="{}" text-anchor="middle" fill="#6b7480">{label}</text>"##,
            BOTTOM + 18.0
        );
    }
    let _ = writeln!(
        svg,
        r##"<path d="M{LEFT} {BOTTOM}H{RIGHT}" stroke="#9aa1ab"/>
<text x="{}" y="{}" text-anchor="middle">{}, logarithmic</text>
<text x="0" y="{}" fill="#6b7480">{}</text>"##,
        f64::midpoint(LEFT, RIGHT),
        BOTTOM + 38.0,
        escape(&panel.x),
        TOP - 12.0,
        escape(&panel.y)
    );
}

/// The name of each line where it ends, with its last value, from top to bottom
/// and none over another.
fn legend(svg: &mut String, panel: &Panel, x: &Axis, y: &Axis) {
    let mut labels: Vec<_> = panel
        .lines
        .iter()
        .zip(COLOURS.iter().cycle())
        .filter_map(|(line, colour)| {
            let end = line.points.last()?;
            let text = format!("{}, {}", line.label, panel.unit.show(end.1));
            Some((y.place(end.1), x.place(end.0), text, *colour))
        })
        .collect();
    labels.sort_by(|one, other| one.0.total_cmp(&other.0));
    let heights: Vec<_> = labels.iter().map(|label| label.0).collect();
    for ((end, right, text, colour), at) in labels.iter().zip(spread(&heights)) {
        let label = RIGHT + 26.0;
        let _ = writeln!(
            svg,
            r#"<path d="M{:.1} {end:.1}L{} {end:.1}L{} {at:.1}" fill="none" stroke="{colour}" stroke-opacity="0.45" stroke-dasharray="2 3"/><text x="{label}" y="{:.1}" fill="{colour}" font-weight="600">{}</text>"#,
            right + 5.0,
            RIGHT + 6.0,
            label - 4.0,
            at + 4.0,
            escape(text)
        );
    }
}

/// Moves sorted heights apart, first down and then, from the bottom, up.
fn spread(heights: &[f64]) -> Vec<f64> {
    let mut places = heights.to_vec();
    let mut free = f64::NEG_INFINITY;
    for place in &mut places {
        *place = place.max(free);
        free = *place + LABEL_HEIGHT;
    }
    let mut free = BOTTOM;
    for place in places.iter_mut().rev() {
        *place = place.min(free);
        free = *place - LABEL_HEIGHT;
    }
    places
}

/// A logarithmic axis.
struct Axis {
    /// Logarithms of the ends.
    low: f64,
    high: f64,
    /// Coordinates of the ends.
    place: (f64, f64),
}

impl Axis {
    /// Over at least so many decades.
    fn over(values: impl Iterator<Item = f64>, place: (f64, f64), decades: f64) -> Self {
        let logarithms: Vec<_> = values.map(|value| value.max(1e-3).log10()).collect();
        let low = logarithms.iter().copied().fold(f64::INFINITY, f64::min);
        let high = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let lacking = (decades - (high - low)).max(0.0) / 2.0;
        let room = 0.04 * (high - low) + 0.02;
        Self { low: low - lacking - room, high: high + lacking + room, place }
    }

    fn place(&self, value: f64) -> f64 {
        let part = (value.max(1e-3).log10() - self.low) / (self.high - self.low);
        self.place.0 + part * (self.place.1 - self.place.0)
    }

    /// Powers of ten, and between them 2 and 5 where there is room.
    fn ticks(&self) -> Vec<f64> {
        let steps: &[f64] = if self.high - self.low > 2.5 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let decades = self.low.floor() as i32..=self.high.ceil() as i32;
        let ticks =
            decades.flat_map(|decade| steps.iter().map(move |step| step * 10f64.powi(decade)));
        ticks.filter(|tick| (self.low..=self.high).contains(&tick.log10())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Axis, BOTTOM, LABEL_HEIGHT, spread};

    #[test]
    fn axes_have_round_ticks() {
        let axis = Axis::over([10.0, 10_000.0].into_iter(), (0.0, 100.0), 0.0);
        let ticks = |axis: Axis| -> Vec<_> { axis.ticks().into_iter().map(f64::round).collect() };
        assert_eq!(ticks(axis), [10.0, 100.0, 1_000.0, 10_000.0]);
        let axis = Axis::over([40.0, 250.0].into_iter(), (0.0, 100.0), 0.0);
        assert_eq!(ticks(axis), [50.0, 100.0, 200.0]);
    }

    #[test]
    fn labels_do_not_meet() {
        let places = spread(&[BOTTOM - 3.0, BOTTOM - 2.0, BOTTOM - 1.0]);
        assert_eq!(places, [2.0, 1.0, 0.0].map(|steps| BOTTOM - steps * LABEL_HEIGHT));
    }
}
