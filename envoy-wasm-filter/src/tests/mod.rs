//! The filter in a proxy that remembers what it did.

mod access;
mod configuration;
mod connections;
mod modes;
mod splits;
