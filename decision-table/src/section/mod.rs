//! The parts of a table, one file each, reader and writer side by side.
//!
//! Every section has a type that is made by `open`, which checks everything that
//! can be wrong with its bytes, and that remembers where its parts lie. A look-up
//! that would leave the section cannot happen after `open`; if it did, it would
//! answer "nothing", which grants nothing.

pub(crate) mod automata;
pub(crate) mod levels;
pub(crate) mod names;
pub(crate) mod nodes;
pub(crate) mod ports;
pub(crate) mod provenance;
pub(crate) mod shares;
