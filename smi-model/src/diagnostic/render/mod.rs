//! Diagnostics as people and programs read them: one file per format.

mod text;

pub use text::text;
