//! Resolves SMI policies and compiles them to a decision table.
