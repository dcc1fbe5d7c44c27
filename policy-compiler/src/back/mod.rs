//! Configuration for systems that have formats of their own.

pub mod envoy;
