//! From regular expressions to small deterministic automata.
//!
//! [`Pattern`] is an expression of a policy with a fixed anchoring; [`pack`] turns a set of patterns into automata that tell
//! which of them match all of a text.

mod build;
mod minimise;
mod pattern;

pub(crate) use build::{Values, pack};
pub(crate) use pattern::Pattern;
