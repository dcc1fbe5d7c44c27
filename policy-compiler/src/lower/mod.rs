//! From permissions to the contents of a table.
//!
//! Every attribute of a request is turned into a small number, its *class*, such
//! that requests of the same class are alike for all rules. Then a decision
//! diagram over classes is built, one level for each attribute. Whatever decides
//! about numbering is sorted, so that the same policies give the same bytes.
//!
//! A table for the mesh has a diagram for each workload, behind one look at the
//! destination. So it decides as fast as the tables of the workloads, and grows
//! no faster than they do together.

mod classes;
mod clause;
mod diagram;
mod levels;
mod plan;
mod splits;

pub(crate) use plan::{Refusal, plan, provenance};
