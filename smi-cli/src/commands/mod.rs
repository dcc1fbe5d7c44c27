//! One file for each verb.

pub(crate) mod check;
pub(crate) mod compile;
pub(crate) mod convert;
pub(crate) mod decide;
pub(crate) mod envoy;
pub(crate) mod inspect;
pub(crate) mod lints;
pub(crate) mod schema;
pub(crate) mod watch;
