//! Faults: of tables, files, the filter's machine, Envoy itself, and under load.
//!
//! Whatever breaks, two things hold: what policies deny is never served, and what they
//! permit is served again within [`RECOVERY`] after the fault is over.

mod files;
mod load;
mod machine;
mod tables;

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::client::Client;
use super::fixture::Shop;

/// How soon permitted requests are served after a fault.
const RECOVERY: Duration = Duration::from_secs(1);

/// What the example's policies let bookbuyer do, and not bookthief.
const BOOK: &str = "/buy-a-book/new";

/// Two who want the same of a shop.
struct Customers {
    buyer: Client,
    thief: Client,
}

impl Customers {
    fn of(shop: &Shop) -> Result<Self> {
        Ok(Self { buyer: shop.client("bookbuyer")?, thief: shop.client("bookthief")? })
    }

    /// The policies are in force.
    fn check(&self) -> Result<()> {
        let buyer = self.buyer.get(BOOK)?;
        ensure!(buyer.status == 200, "bookbuyer is denied: {buyer:?}");
        self.check_thief(&[403])
    }

    /// The thief gets one of these answers, of which none is a book.
    fn check_thief(&self, statuses: &[u16]) -> Result<()> {
        let thief = self.thief.get(BOOK)?;
        ensure!(statuses.contains(&thief.status), "bookthief: {thief:?}");
        Ok(())
    }

    /// Waits until the buyer is served, and says how long it took; the thief asks too.
    fn wait_for_recovery(&self) -> Result<Duration> {
        let start = Instant::now();
        while self.buyer.get(BOOK)?.status != 200 {
            self.check_thief(&[403, 503])?;
            ensure!(start.elapsed() < RECOVERY, "nothing is served after {:?}", start.elapsed());
        }
        self.check()?;
        Ok(start.elapsed())
    }
}
