//! Policies that mean what they say, but perhaps not what is meant.
//!
//! What was reported as an error is not reported again from here.

mod ports;
mod reach;
mod unused;

pub(super) use self::unused::Uses;

use super::Resolver;
use super::bindings::Bindings;
use super::routes::Routes;
use crate::ir::{Rule, Split};

impl<'a> Resolver<'a> {
    pub(super) fn lint(
        &mut self,
        routes: &Routes<'a>,
        bindings: &Bindings<'a>,
        rules: &[Rule],
        splits: &[Split],
    ) {
        self.unused_routes(routes);
        self.service_ports(bindings);
        self.out_of_reach(rules, splits);
    }
}
