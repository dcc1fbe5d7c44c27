//! Engines that decide about the same requests under the same policies.
//!
//! Each policy is written as somebody who knows the engine would write it, with
//! what the engine offers to be fast. What an engine's encoding leaves out stands
//! in its file.

#![expect(
    clippy::expect_used,
    reason = "for benchmarks; one whose engine refuses its policy has failed"
)]

mod cedar;
mod index;
mod rego;
mod scan;
mod set;
mod table;

use bench_workload::{Call, Policies};

pub use cedar::Cedar;
pub use index::Index;
pub use rego::Rego;
pub use scan::Scan;
pub use set::Set;
pub use table::CompiledTable;

/// Something that decides.
pub trait Engine: Sized {
    /// How reports call it.
    const NAME: &'static str;

    /// The form in which policies are kept or sent.
    type Kept;

    /// A request in the engine's own form. It is made before the clock runs: a
    /// proxy would have to make it, too, so this favours engines that want much.
    type Input<'a>;

    /// From rules to what is kept.
    fn keep(policies: &Policies) -> Self::Kept;

    /// From what is kept to something that decides.
    fn load(kept: &Self::Kept) -> Self;

    /// Brings a request into the engine's form.
    fn input(call: &Call) -> Self::Input<'_>;

    /// Whether the request is allowed.
    fn decide(&mut self, input: &Self::Input<'_>) -> bool;
}
