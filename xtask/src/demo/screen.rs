//! What the person at the terminal sees.

use std::collections::VecDeque;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use loopback_mesh::apps::Purchases;
use loopback_mesh::bookstore::Counters;
use loopback_mesh::story::Outcome;

/// The moment that rising or standing still is about, and the time between two
/// lines of counters where they cannot be refreshed in place.
const SECOND: Duration = Duration::from_secs(1);

/// Standard output: with a block of refreshed lines on a terminal, and a line per
/// second elsewhere.
pub(super) struct Screen {
    is_terminal: bool,
    live: bool,
    /// What was seen lately, oldest first.
    history: VecDeque<(Instant, Counters)>,
}

impl Screen {
    pub(super) fn new() -> Self {
        Self { is_terminal: io::stdout().is_terminal(), live: false, history: VecDeque::new() }
    }

    /// Prints a line that stays.
    pub(super) fn line(&mut self, text: &str) {
        self.finish();
        println!("{text}");
    }

    /// Shows the counters as they are now, and whether they moved within the last
    /// second.
    pub(super) fn counters(&mut self, now: &Counters) {
        let time = Instant::now();
        self.history.push_back((time, now.clone()));
        let is_old = |(seen, _): &(Instant, Counters)| time - *seen >= SECOND;
        while self.history.get(1).is_some_and(is_old) {
            self.history.pop_front();
        }
        let Some((oldest, before)) = self.history.front() else { return };
        if self.is_terminal {
            // Over the three lines of the last look.
            let up = if self.live { "\x1b[3A" } else { "" };
            print!("{up}{}", block(now, before));
            self.live = true;
            // A terminal that has gone away is no reason to stop.
            let _ = io::stdout().flush();
        } else if time - *oldest >= SECOND {
            println!("{}", plain(now, before));
            self.history.clear();
        }
    }

    /// Leaves what was refreshed as it is, and goes on below.
    pub(super) fn finish(&mut self) {
        self.live = false;
        self.history.clear();
    }

    /// The end of the story: each step as it should be and as it was seen.
    pub(super) fn table(&mut self, told: &[Outcome]) {
        self.line("");
        self.line(&row(
            "",
            [
                "bought",
                "stolen",
                "by v1",
                "by v2",
                "restocked",
                "differs",
                "bookbuyer",
                "bookthief",
            ],
        ));
        for (number, outcome) in (1..).zip(told) {
            let expected = outcome.step.expected;
            let [v1, v2] = expected.sold;
            let trends = [
                expected.bought,
                expected.stolen,
                v1,
                v2,
                expected.restocked,
                expected.differences,
            ];
            let [bought, stolen, v1, v2, restocked, differs] =
                trends.map(|trend| trend.to_string());
            let (buyer, thief) =
                (expected.buyer_status.to_string(), expected.thief_status.to_string());
            self.line(&format!("{number}  {}", outcome.step.title));
            let expected = [&bought, &stolen, &v1, &v2, &restocked, &differs, &buyer, &thief];
            self.line(&row("expected", expected.map(String::as_str)));

            let seen = &outcome.seen;
            let [v1, v2] = seen.sold;
            let grown =
                [seen.buyer.books, seen.thief.books, v1, v2, seen.restocked, outcome.differences];
            let [bought, stolen, v1, v2, restocked, differs] =
                grown.map(|growth| format!("+{growth}"));
            let (buyer, thief) = (statuses(&seen.buyer), statuses(&seen.thief));
            let observed = [&bought, &stolen, &v1, &v2, &restocked, &differs, &buyer, &thief];
            let observed = row("observed", observed.map(String::as_str));
            self.line(&format!("{observed}  {}", self.judgement(outcome.is_as_expected())));
        }
        self.line("");
    }

    fn judgement(&self, good: bool) -> String {
        let (colour, text) =
            if good { ("\x1b[32m", "ok") } else { ("\x1b[31m", "NOT AS EXPECTED") };
        if self.is_terminal { format!("{colour}{text}\x1b[0m") } else { text.to_owned() }
    }
}

fn row(label: &str, columns: [&str; 8]) -> String {
    let columns = columns.map(|column| format!("  {column:>12}")).concat();
    format!("   {label:8}{columns}")
}

/// The counters for a terminal, in three lines.
fn block(now: &Counters, before: &Counters) -> String {
    let change = now.since(before);
    let [v1, v2] = now.sold;
    let lines = [
        format!(
            "bookbuyer      bought {:6} {}   sees {}",
            now.buyer.books,
            arrow(change.buyer.books),
            latest(&change.buyer)
        ),
        format!(
            "bookthief      stole  {:6} {}   sees {}",
            now.thief.books,
            arrow(change.thief.books),
            latest(&change.thief)
        ),
        format!(
            "bookwarehouse  sent   {:6} {}   bookstore-v1 sold {v1}, bookstore-v2 {v2}",
            now.restocked,
            arrow(change.restocked),
        ),
    ];
    lines.map(|line| format!("\x1b[2K   {line}\n")).concat()
}

/// The counters for a log, in one line.
fn plain(now: &Counters, before: &Counters) -> String {
    let change = now.since(before);
    let [v1, v2] = now.sold;
    format!(
        "   bought {} {} (sees {}), stolen {} {} (sees {}), sold by v1 {v1} and v2 {v2}, \
         restocked {} {}",
        now.buyer.books,
        arrow(change.buyer.books),
        latest(&change.buyer),
        now.thief.books,
        arrow(change.thief.books),
        latest(&change.thief),
        now.restocked,
        arrow(change.restocked),
    )
}

/// Rising or standing still.
const fn arrow(growth: u64) -> &'static str {
    if growth > 0 { "▲" } else { "–" }
}

/// The statuses of the last moment.
fn latest(purchases: &Purchases) -> String {
    let mut seen: Vec<String> = purchases.statuses.keys().map(u16::to_string).collect();
    if purchases.unanswered > 0 {
        seen.push("no answer".to_owned());
    }
    if seen.is_empty() { "…".to_owned() } else { seen.join(", ") }
}

/// Every status with how often it was seen.
fn statuses(purchases: &Purchases) -> String {
    let mut seen: Vec<String> =
        purchases.statuses.iter().map(|(status, count)| format!("{status} ×{count}")).collect();
    if purchases.unanswered > 0 {
        seen.push(format!("no answer ×{}", purchases.unanswered));
    }
    seen.join(", ")
}
