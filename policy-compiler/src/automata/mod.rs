//! From regular expressions to small deterministic automata, and what can be asked
//! of them.
//!
//! A [`Pattern`] is an expression of a policy with a fixed anchoring. [`pack`]
//! turns a set of patterns into automata that tell which of them match all of a
//! text. [`Texts`] answers whether patterns overlap, include each other or match
//! anything, with an example, and [`OpenEnd`] what an expression without an end
//! admits.

mod algebra;
mod around;
mod build;
mod bytes;
mod continuation;
mod determinise;
mod dfa;
mod domain;
mod holes;
mod minimise;
mod pattern;
mod sample;
mod words;

pub(crate) use algebra::Texts;
pub(crate) use build::{Group, Text, automaton, pack};
pub(crate) use continuation::{OpenEnd, plain_surprise};
pub(crate) use dfa::{Dfa, TooLarge};
pub(crate) use domain::Domain;
pub(crate) use pattern::Pattern;
