//! All kinds of findings of this crate.

use smi_model::diagnostic::Code;

pub(crate) const UNKNOWN_ROUTE: Code = Code::new(301, "unknown-route");
pub(crate) const UNKNOWN_MATCH: Code = Code::new(302, "unknown-match");
pub(crate) const FOREIGN_DESTINATION: Code = Code::new(303, "foreign-destination");
pub(crate) const MISSING_NAMESPACE: Code = Code::new(304, "missing-namespace");
pub(crate) const UNKNOWN_SERVICE_ACCOUNT: Code = Code::new(305, "unknown-service-account");
pub(crate) const OMITTED_MATCHES: Code = Code::new(306, "omitted-matches");
pub(crate) const INVALID_IDENTITY: Code = Code::new(307, "invalid-identity");
pub(crate) const UNKNOWN_SERVICE: Code = Code::new(310, "unknown-service");
pub(crate) const SPLIT_TO_ITSELF: Code = Code::new(311, "split-to-itself");
pub(crate) const SECOND_SPLIT: Code = Code::new(312, "second-split");
pub(crate) const SPLIT_MATCHES: Code = Code::new(313, "split-matches");
pub(crate) const INVALID_PATTERN: Code = Code::new(401, "invalid-pattern");
pub(crate) const PATTERN_NOT_PORTABLE: Code = Code::new(402, "pattern-not-portable");
pub(crate) const PATTERN_TOO_LARGE: Code = Code::new(403, "pattern-too-large");
pub(crate) const POLICIES_TOO_LARGE: Code = Code::new(404, "policies-too-large");

/// Every code, for `smi explain-code` and for the test that keeps them unique.
pub const ALL: [Code; 15] = [
    UNKNOWN_ROUTE,
    UNKNOWN_MATCH,
    FOREIGN_DESTINATION,
    MISSING_NAMESPACE,
    UNKNOWN_SERVICE_ACCOUNT,
    OMITTED_MATCHES,
    INVALID_IDENTITY,
    UNKNOWN_SERVICE,
    SPLIT_TO_ITSELF,
    SECOND_SPLIT,
    SPLIT_MATCHES,
    INVALID_PATTERN,
    PATTERN_NOT_PORTABLE,
    PATTERN_TOO_LARGE,
    POLICIES_TOO_LARGE,
];
