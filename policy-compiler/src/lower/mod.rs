//! From permissions to the contents of a table.
//!
//! Every attribute of a request is turned into a small number, its *class*, such
//! that requests of the same class are alike for all rules. Then a decision
//! diagram over classes is built, one level for each attribute. Whatever decides
//! about numbering is sorted, so that the same policies give the same bytes.

mod classes;
mod diagram;
mod plan;

pub(crate) use plan::{Refusal, plan};
