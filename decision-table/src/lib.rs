//! The compiled form of Service Mesh Interface policies, and its evaluator.
//!
//! A [`Table`] is a run of bytes that says who may call whom on which routes. It
//! is written by a compiler, carried by whatever carries configuration, and read
//! by a proxy, a browser or a command-line tool, which all get the same answer
//! because they run this crate on the same bytes.
//!
//! ```
//! use decision_table::{Destination, NoHeaders, Protocol, Request, Table};
//!
//! # fn judge(bytes: &[u8]) -> Result<(), decision_table::FormatError> {
//! let table = Table::from_bytes(bytes)?; // the only step that can fail
//! let verdict = table.decide(&Request {
//!     protocol: Protocol::Http,
//!     peer: Some(b"spiffe://cluster.local/ns/bookbuyer/sa/bookbuyer"),
//!     destination: Destination::OfTable,
//!     port: Some(8080),
//!     method: Some(b"GET"),
//!     path: Some(b"/books-bought"),
//!     authority: Some(b"bookstore"),
//!     headers: &NoHeaders,
//! });
//! println!("{verdict:?}");
//! # Ok(())
//! # }
//! # assert!(judge(b"no table").is_err());
//! ```
//!
//! # Tour
//!
//! - [`Table::from_bytes`] is the trust boundary: bytes are hostile until it has
//!   verified every offset, index and order in them. Afterwards
//!   [`Table::decide`] is total: it cannot fail, panic, loop or allocate.
//! - A [`Request`] is what the proxy saw, as raw bytes. The evaluator brings it
//!   into canonical form itself, or denies it: see [`path::canonical`] and
//!   [`normalise`].
//! - A [`Verdict`] names the rule that allows, or the [`Reason`] of the denial
//!   and the rule that came nearest. [`Table::rule`] tells where it was written.
//! - With feature `alloc`, a `plan::Plan` writes tables.
//!
//! The crate is `no_std` and has one dependency, for a checksum. The byte format
//! is described below.
//!
#![doc = include_str!("FORMAT.md")]
#![no_std]

#[cfg(feature = "alloc")]
extern crate alloc;

mod choose;
mod dialect;
mod evaluate;
mod mode;
pub mod normalise;
pub mod path;
#[cfg(feature = "alloc")]
pub mod plan;
mod request;
mod section;
mod table;
mod verdict;
mod wire;

pub use choose::Draw;
pub use dialect::{Dialect, UnknownDialect};
pub use mode::{Mode, UnknownMode};
pub use normalise::{IdentityForm, UnknownForm};
pub use request::{Destination, Headers, NoHeaders, Protocol, Request};
pub use section::automata::Shape;
pub use section::levels::Attribute;
pub use section::provenance::RuleInfo;
pub use section::shares::{Backend, Share};
pub use table::Table;
pub use verdict::{Denial, Reason, RuleId, Verdict};
pub use wire::{FORMAT_VERSION, FormatError, declared_length};
