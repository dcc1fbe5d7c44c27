//! The list of all lints.
//!
//! A lint is one file: its documentation, which is also what users read, its level
//! unless they say otherwise, and the check. To add one, write the file and its row
//! here, its code in `code.rs`, and policies with and without findings in
//! `tests/lints`.

mod block_scalar_pattern;
mod comments;
mod covered_rule;
mod cross_namespace_source;
mod deprecated_version;
mod dialect_dependent_rule;
mod get_without_head;
mod glob_pattern;
mod grants_every_route;
mod impossible_rule;
mod noticed;
mod open_ended_path;
mod slash_variant;
mod unescaped_dot;
mod zero_weight_backend;

use super::Lint;

/// All lints, in the order of their codes.
pub(super) const ALL: &[&Lint] = &[
    &noticed::UNUSED_ROUTE,
    &noticed::UNUSED_MATCH,
    &noticed::SERVICE_PORT,
    &noticed::NESTED_SPLIT,
    &noticed::OUT_OF_REACH,
    &open_ended_path::LINT,
    &unescaped_dot::LINT,
    &glob_pattern::LINT,
    &impossible_rule::LINT,
    &block_scalar_pattern::LINT,
    &covered_rule::LINT,
    &grants_every_route::LINT,
    &get_without_head::LINT,
    &slash_variant::LINT,
    &cross_namespace_source::LINT,
    &zero_weight_backend::LINT,
    &deprecated_version::LINT,
    &dialect_dependent_rule::LINT,
    &comments::UNKNOWN_LINT,
    &comments::UNUSED_ALLOW,
    &comments::UNANSWERED_LINT,
];

/// Declares a lint. Its documentation is the page that users read.
macro_rules! lint {
    (
        $(#[doc = $line:literal])+
        $name:ident: $code:ident, $level:ident $(, $check:expr)?
    ) => {
        $(#[doc = $line])+
        pub(in crate::lint) static $name: $crate::lint::Lint = $crate::lint::Lint {
            code: $crate::code::$code,
            default: $crate::lint::Level::$level,
            page: concat!($($line, "\n"),+),
            check: lint!(@check $($check)?),
        };
    };
    (@check) => { None };
    (@check $check:expr) => { Some($check) };
}
use lint;
