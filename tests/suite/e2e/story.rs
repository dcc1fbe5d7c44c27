//! The story that `cargo xtask demo` tells.

use std::time::Duration;

use anyhow::{Result, ensure};
use loopback_mesh::bookstore::Bookstore;
use loopback_mesh::story::STEPS;

use super::fixture::tools;

/// Some thirty requests of each customer.
const WINDOW: Duration = Duration::from_secs(1);

#[test]
fn every_step_of_the_story_is_seen_in_real_envoys() -> Result<()> {
    let mut bookstore = Bookstore::start(tools()?, "story")?;
    for step in STEPS {
        let outcome = step.play(&mut bookstore, WINDOW, &mut |_| ())?;
        ensure!(outcome.is_as_expected(), "not as expected: {outcome:#?}");
    }
    Ok(())
}
