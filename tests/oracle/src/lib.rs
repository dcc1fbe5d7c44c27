//! An independent interpreter of SMI policies, written from the specification's words.
