//! Walking a document while decoding it: every value knows its path and its
//! place, every problem is reported and none stops the rest.
//!
//! A reader asks for fields and gets `Option`s: `None` means that the problem is
//! reported already. So a decoder asks for all fields first and unwraps them
//! with `?` only when it builds its result.

mod context;
mod fields;
mod object;
mod path;
mod peek;
mod value;

pub(crate) use context::Context;
pub(crate) use object::Object;
pub(crate) use peek::Peek;
pub(crate) use value::Value;
