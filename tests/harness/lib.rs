//! One corpus and one property suite for every engine.
//!
//! [`case`] reads the corpus (`corpus/decisions/*.md`), [`generate`] makes
//! policies and requests up, [`engine`] has everything that can decide, and
//! [`compare`] asks all of them the same. The tests in `suite/` bring them together. `tests/README.md` tells how to add to
//! them.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "test support: when a premise does not hold, the test has failed"
)]

pub mod case;
pub mod compare;
pub mod engine;
pub mod generate;
pub mod request;
