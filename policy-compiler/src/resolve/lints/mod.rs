//! Policies that mean what they say, but perhaps not what is meant.
//!
//! What was reported as an error is not reported again from here.

mod unused;

use super::Resolver;
use super::routes::Routes;

impl Resolver<'_> {
    pub(super) fn lint(&mut self, routes: &Routes<'_>) {
        self.unused_routes(routes);
    }
}
