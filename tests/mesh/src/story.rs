//! What the demo shows and the end-to-end test asserts: the same steps, as data.

use std::fmt;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use decision_table::Mode;

use crate::apps::Purchases;
use crate::bookstore::{Bookstore, Counters, InForce, examples};
use crate::policy::Policies;

/// One step: put these policies in force, and this must be seen.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// What is done, in a few words.
    pub title: &'static str,
    /// Files or folders below `examples`; none: no policy at all.
    pub policies: &'static [&'static str],
    /// Files or folders with policies that are only watched.
    pub shadow: &'static [&'static str],
    /// Whether the policies are enforced.
    pub mode: Mode,
    /// What must be seen while they are in force.
    pub expected: Expected,
}

/// What must be seen during a step.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// Books that bookbuyer gets.
    pub bought: Trend,
    /// Books that bookthief gets.
    pub stolen: Trend,
    /// Books that bookstore-v1 and bookstore-v2 sell.
    pub sold: [Trend; 2],
    /// Books that the warehouse delivers.
    pub restocked: Trend,
    /// Requests that the policies which are only watched would decide otherwise.
    pub differences: Trend,
    /// The one status that bookbuyer sees.
    pub buyer_status: u16,
    /// The one status that bookthief sees.
    pub thief_status: u16,
}

/// How a counter moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trend {
    /// It grows.
    Rises,
    /// It does not change.
    StandsStill,
    /// It may grow or not.
    Either,
}

/// A step as it was seen.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What should have been.
    pub step: Step,
    /// What was counted while the step's policies were in force.
    pub seen: Counters,
    /// Requests that the policies which are only watched would have decided otherwise.
    pub differences: u64,
}

/// What is seen while nobody, or only bookbuyer, or everybody may buy.
const NOBODY: Expected = Expected {
    bought: Trend::StandsStill,
    stolen: Trend::StandsStill,
    sold: [Trend::StandsStill; 2],
    restocked: Trend::StandsStill,
    differences: Trend::StandsStill,
    buyer_status: 403,
    thief_status: 403,
};
const BUYER: Expected = Expected {
    bought: Trend::Rises,
    sold: [Trend::Either; 2],
    restocked: Trend::Rises,
    buyer_status: 200,
    ..NOBODY
};
const EVERYBODY: Expected = Expected { stolen: Trend::Rises, thief_status: 200, ..BUYER };

/// The bookstore's policies with another split.
const fn canary(split: &'static [&'static str], sold: [Trend; 2]) -> Step {
    Step { policies: split, expected: Expected { sold, ..BUYER }, ..SHUT }
}

const SHUT: Step = Step {
    title: "policy applied: bookbuyer may buy",
    policies: &["bookstore"],
    shadow: &[],
    mode: Mode::Enforce,
    expected: BUYER,
};

/// The story.
pub const STEPS: [Step; 9] = [
    Step { title: "no policy: everything is denied", policies: &[], expected: NOBODY, ..SHUT },
    SHUT,
    Step {
        title: "bookthief added as a source: it steals",
        policies: &["bookstore", "bookthief"],
        expected: EVERYBODY,
        ..SHUT
    },
    Step { title: "bookthief removed: it stops", ..SHUT },
    Step {
        title: "split 100/0: nobody gets bookstore-v2",
        ..canary(
            &[ACCESS, ROUTES, SERVICES, "canary/1-all-v1.yaml"],
            [Trend::Rises, Trend::StandsStill],
        )
    },
    Step {
        title: "split 50/50: both versions sell",
        ..canary(&[ACCESS, ROUTES, SERVICES, "canary/2-half.yaml"], [Trend::Rises, Trend::Rises])
    },
    Step {
        title: "split 0/100: bookstore-v2 has taken over",
        ..canary(
            &[ACCESS, ROUTES, SERVICES, "canary/3-all-v2.yaml"],
            [Trend::StandsStill, Trend::Rises],
        )
    },
    Step {
        title: "bookthief as a source is only watched: it would steal",
        shadow: &["bookstore", "bookthief"],
        expected: Expected { differences: Trend::Rises, ..BUYER },
        ..SHUT
    },
    Step {
        title: "audit: bookthief would be denied, and passes",
        mode: Mode::Audit,
        expected: EVERYBODY,
        ..SHUT
    },
];

const ACCESS: &str = "bookstore/access.yaml";
const ROUTES: &str = "bookstore/routes.yaml";
const SERVICES: &str = "bookstore/services.yaml";

/// From the moment a table is in force everywhere: requests that were decided by
/// the old one have been answered by then.
const SETTLE: Duration = Duration::from_millis(300);

/// Between two looks at the counters.
const GLANCE: Duration = Duration::from_millis(100);

impl Step {
    /// The policies of this step, compiled; `None` when it has none.
    ///
    /// # Errors
    ///
    /// When they have errors.
    pub fn compile(&self) -> Result<Option<Policies>> {
        compiled(self.policies)
    }

    /// Puts the step's policies in force without restarting anything, and watches
    /// the counters for `window`, showing them to `watch` all the time.
    ///
    /// # Errors
    ///
    /// When the policies do not compile or do not come into force. That something
    /// else than expected is seen is no error but an [`Outcome`].
    pub fn play(
        self,
        bookstore: &mut Bookstore,
        window: Duration,
        watch: &mut dyn FnMut(&Counters),
    ) -> Result<Outcome> {
        let (policies, shadow) = (self.compile()?, compiled(self.shadow)?);
        let (policies, shadow) = (policies.as_ref(), shadow.as_ref());
        bookstore.apply_all(InForce { policies, shadow, mode: self.mode })?;
        thread::sleep(SETTLE);
        let (before, differed) = (bookstore.counters(), bookstore.differences()?);
        let end = Instant::now() + window;
        while Instant::now() < end {
            watch(&bookstore.counters());
            thread::sleep(GLANCE);
        }
        let seen = bookstore.counters().since(&before);
        Ok(Outcome { step: self, seen, differences: bookstore.differences()? - differed })
    }
}

impl Outcome {
    /// Whether everything was seen as expected.
    #[must_use]
    pub fn is_as_expected(&self) -> bool {
        let Expected { bought, stolen, sold, restocked, differences, buyer_status, thief_status } =
            self.step.expected;
        bought.fits(self.seen.buyer.books)
            && stolen.fits(self.seen.thief.books)
            && sold.into_iter().zip(self.seen.sold).all(|(trend, growth)| trend.fits(growth))
            && restocked.fits(self.seen.restocked)
            && differences.fits(self.differences)
            && saw_only(&self.seen.buyer, buyer_status)
            && saw_only(&self.seen.thief, thief_status)
    }
}

impl Trend {
    const fn fits(self, growth: u64) -> bool {
        match self {
            Self::Rises => growth > 0,
            Self::StandsStill => growth == 0,
            Self::Either => true,
        }
    }
}

impl fmt::Display for Trend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rises => "rises",
            Self::StandsStill => "stands still",
            Self::Either => "any",
        })
    }
}

/// The policies of files or folders below `examples`; `None` when there are none.
fn compiled(names: &[&str]) -> Result<Option<Policies>> {
    if names.is_empty() {
        return Ok(None);
    }
    let paths: Vec<PathBuf> = names.iter().map(|name| examples().join(name)).collect();
    Policies::load(&paths).map(Some)
}

fn saw_only(purchases: &Purchases, status: u16) -> bool {
    purchases.unanswered == 0 && purchases.statuses.keys().eq([&status])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(books: u64, status: u16) -> Purchases {
        Purchases { books, statuses: [(status, 10)].into(), unanswered: 0 }
    }

    #[test]
    fn an_outcome_is_judged_by_every_number() {
        let [nobody, buyer, ..] = STEPS;
        let counted =
            Counters { buyer: seen(5, 200), thief: seen(0, 403), sold: [4, 1], restocked: 5 };
        let outcome = |step, seen: &Counters| Outcome { step, seen: seen.clone(), differences: 0 };
        assert!(outcome(buyer, &counted).is_as_expected());
        assert!(!outcome(nobody, &counted).is_as_expected());
        for wrong in [
            Counters { buyer: seen(0, 200), ..counted.clone() },
            Counters { thief: seen(1, 403), ..counted.clone() },
            Counters { thief: seen(0, 503), ..counted.clone() },
            Counters { thief: Purchases::default(), ..counted.clone() },
            Counters { restocked: 0, ..counted.clone() },
            Counters { buyer: Purchases { unanswered: 1, ..seen(5, 200) }, ..counted.clone() },
        ] {
            assert!(!outcome(buyer, &wrong).is_as_expected(), "{wrong:?}");
        }
        let differing = Outcome { differences: 1, ..outcome(buyer, &counted) };
        assert!(!differing.is_as_expected());
        let half = Step { expected: Expected { sold: [Trend::Rises; 2], ..BUYER }, ..buyer };
        assert!(outcome(half, &counted).is_as_expected());
        let one_sided = Counters { sold: [5, 0], ..counted };
        assert!(!outcome(half, &one_sided).is_as_expected());
    }

    #[test]
    fn the_story_compiles() {
        for step in STEPS {
            let policies = step.compile().unwrap();
            assert_eq!(policies.is_none(), step.policies.is_empty());
            assert_eq!(policies.unwrap_or_default().warnings, "");
        }
    }
}
