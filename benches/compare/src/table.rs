//! This project's tables. They also refuse paths that are not canonical and peers
//! that are no SPIFFE IDs, and tell the rule or the reason, which the others do not.

use bench_workload::{Call, DESTINATION, Policies};
use decision_table::{Destination, NoHeaders, Request, Table};
use policy_compiler::{Scope, spiffe_id};

use crate::Engine;

/// A table for one workload.
pub struct CompiledTable(Table<Vec<u8>>);

impl Engine for CompiledTable {
    const NAME: &'static str = "decision table";
    type Kept = Vec<u8>;
    type Input<'a> = Request<'a>;

    fn keep(policies: &Policies) -> Vec<u8> {
        let workload = spiffe_id("cluster.local", "app", DESTINATION);
        policies.compile(Scope::Workload(&workload))
    }

    fn load(kept: &Vec<u8>) -> Self {
        Self(Table::from_bytes(kept.clone()).expect("a compiled table verifies"))
    }

    fn input(call: &Call) -> Request<'_> {
        call.request(Destination::OfTable, &NoHeaders)
    }

    fn decide(&mut self, input: &Request<'_>) -> bool {
        self.0.decide(input).is_allowed()
    }
}
