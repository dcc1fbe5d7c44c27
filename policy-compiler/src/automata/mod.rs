//! From regular expressions to small deterministic automata.
//!
//! [`Pattern`] is an expression of a policy with a fixed anchoring; [`pack`] turns
//! a set of patterns into automata that tell which of them match all of a text.

mod build;
mod determinise;
mod dfa;
mod minimise;
mod pattern;

pub(crate) use build::{Group, Text, pack};
pub(crate) use pattern::Pattern;
