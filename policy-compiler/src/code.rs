//! Every code that this crate reports, in one list.

smi_model::diagnostic_codes! {
    /// A rule or a split refers to a route object that is not among the documents.
    UNKNOWN_ROUTE = 302 "unknown-route";
    /// A rule refers to a match that its HTTPRouteGroup does not have.
    UNKNOWN_MATCH = 303 "unknown-match";
    /// A TrafficTarget opens a workload of another namespace.
    FOREIGN_DESTINATION = 304 "foreign-destination";
    /// An identity without a namespace, where the dialect gives it none.
    MISSING_NAMESPACE = 305 "missing-namespace";
    /// A ServiceAccount that is not among those given for its namespace.
    UNKNOWN_SERVICE_ACCOUNT = 306 "unknown-service-account";
    /// A rule without `matches`, where the dialect reads this as none.
    OMITTED_MATCHES = 307 "omitted-matches";
    /// An identity that no certificate can carry, or that could be another's.
    INVALID_IDENTITY = 308 "invalid-identity";
    /// A Service that is not among those given for its namespace.
    UNKNOWN_SERVICE = 310 "unknown-service";
    /// A split that names its root among its backends.
    SPLIT_TO_ITSELF = 311 "split-to-itself";
    /// Several splits for all requests of one root.
    SECOND_SPLIT = 312 "second-split";
    /// A split with `matches`, where the dialect has none.
    SPLIT_MATCHES = 313 "split-matches";
    /// A subject refers to an IdentityBinding that is not among the documents.
    UNKNOWN_BINDING = 314 "unknown-identity-binding";
    /// Labels that no pods among the documents have.
    SELECTS_NOTHING = 315 "selects-nothing";
    /// A destination with an identity that may be of another namespace.
    FOREIGN_IDENTITY = 316 "foreign-identity";
    /// Labels that only some pods of a ServiceAccount have.
    SHARED_ACCOUNT = 317 "shared-service-account";
    /// A split of a Service of another namespace.
    FOREIGN_SERVICE = 318 "foreign-service";
    /// A name that no Service can have.
    NO_SERVICE = 319 "no-service";
    /// A backend whose Service lacks a port of the root.
    MISSING_PORT = 320 "missing-port";
    /// A port of the root that no backend with a positive weight has.
    NO_BACKEND = 321 "no-backend";
    /// Two splits of one root that want the same request.
    OVERLAPPING_SPLITS = 322 "overlapping-splits";
    /// An expression whose automaton exceeds the limit.
    PATTERN_TOO_LARGE = 403 "pattern-too-large";
    /// Policies whose table would exceed a limit.
    POLICIES_TOO_LARGE = 404 "policies-too-large";
    /// A route object that nothing refers to.
    UNUSED_ROUTE = 501 "unused-route";
    /// A match that no rule selects, of a group that is used.
    UNUSED_MATCH = 502 "unused-match";
    /// A port of a Service that leads to another port of its pods.
    SERVICE_PORT = 503 "service-port";
    /// A backend that is the root of another split.
    NESTED_SPLIT = 504 "nested-split";
    /// A backend that some callers of its split may not call.
    OUT_OF_REACH = 505 "out-of-reach";
    /// An expression that admits paths which only begin like the one that is meant.
    OPEN_ENDED_PATH = 510 "open-ended-path";
    /// A `.` inside of a word, which stands for any character.
    UNESCAPED_DOT = 511 "unescaped-dot";
    /// A glob that is a regular expression of another meaning.
    GLOB_PATTERN = 512 "glob-pattern";
    /// A rule that no request can match.
    IMPOSSIBLE_RULE = 513 "impossible-rule";
    /// An expression that ends in a line break.
    BLOCK_SCALAR_PATTERN = 514 "block-scalar-pattern";
    /// A rule that admits nothing which another one does not.
    COVERED_RULE = 515 "covered-rule";
    /// A rule that admits every HTTP request.
    GRANTS_EVERY_ROUTE = 516 "grants-every-route";
    /// A match of GET that denies HEAD.
    GET_WITHOUT_HEAD = 517 "get-without-head";
    /// A path that is admitted only without a slash at its end.
    SLASH_VARIANT = 518 "slash-variant";
    /// A source of another namespace.
    CROSS_NAMESPACE_SOURCE = 519 "cross-namespace-source";
    /// A backend that gets no requests.
    ZERO_WEIGHT_BACKEND = 520 "zero-weight-backend";
    /// An object of a version that a release has replaced.
    DEPRECATED_VERSION = 521 "deprecated-version";
    /// A rule that other dialects read differently.
    DIALECT_DEPENDENT_RULE = 522 "dialect-dependent-rule";
    /// A comment that allows a lint which does not exist, or is not understood.
    UNKNOWN_LINT = 530 "unknown-lint";
    /// A comment that allows a lint which finds nothing there.
    UNUSED_ALLOW = 531 "unused-allow";
    /// A question of a lint that takes too much work.
    UNANSWERED_LINT = 532 "unanswered-lint";
    /// Weights whose sum another system cannot count.
    WEIGHTS_BEYOND_TARGET = 601 "weights-beyond-target";
    /// A condition that another system has no words for.
    BEYOND_TARGET = 602 "beyond-target";
    /// A condition on a header that another system reads as one text when it is sent
    /// several times.
    JOINED_HEADER = 603 "joined-header";
    /// A backend for which no upstream was given.
    BACKEND_WITHOUT_UPSTREAM = 604 "backend-without-upstream";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_unique_over_all_crates() {
        let all = || ALL.iter().chain(smi_model::diagnostic::code::ALL);
        assert_eq!(all().map(|code| code.number).collect::<BTreeSet<_>>().len(), all().count());
        assert_eq!(all().map(|code| code.name).collect::<BTreeSet<_>>().len(), all().count());
    }
}
