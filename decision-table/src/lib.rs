//! The compiled form of SMI policies: a verified byte table and its evaluator.
