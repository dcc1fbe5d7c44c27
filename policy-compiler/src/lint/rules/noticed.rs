//! What is noticed while policies are resolved. Only the pages are here: the checks
//! need what resolving knows.

use super::lint;

lint! {
    /// Nothing refers to a route object.
    ///
    /// ## What it finds
    ///
    /// HTTPRouteGroups, TCPRoutes and UDPRoutes that no TrafficTarget or TrafficSplit
    /// names, unless there are no TrafficTargets at all.
    ///
    /// ## Why it matters
    ///
    /// A route grants nothing by itself: either it is a leftover, or a rule is missing.
    ///
    /// ## What to do
    ///
    /// Name it in a TrafficTarget of its namespace, or remove it.
    UNUSED_ROUTE: UNUSED_ROUTE, Warn
}

lint! {
    /// No rule selects a match.
    ///
    /// ## What it finds
    ///
    /// Matches of an HTTPRouteGroup that is referred to, but never with this match.
    ///
    /// ## Why it matters
    ///
    /// It grants nothing: either it is a leftover, or some rule forgot to list it.
    ///
    /// ## What to do
    ///
    /// List it in the `matches` of a rule, or remove it.
    UNUSED_MATCH: UNUSED_MATCH, Warn
}

lint! {
    /// A port of a Service stands where a port of pods is meant.
    ///
    /// ## What it finds
    ///
    /// Ports of TCPRoutes, UDPRoutes and TrafficTargets which a Service of the
    /// destination has, and maps to another port of its pods.
    ///
    /// ## Why it matters
    ///
    /// A sidecar sees the port of the pod, so that the rule admits other connections than
    /// it seems to.
    ///
    /// ## What to do
    ///
    /// Write the port of the pods, `targetPort`.
    SERVICE_PORT: SERVICE_PORT, Warn
}

lint! {
    /// A backend of a split is the root of another one.
    ///
    /// ## What it finds
    ///
    /// Backends that another TrafficSplit shares among backends of its own.
    ///
    /// ## Why it matters
    ///
    /// Splits are not followed: the requests stay with the backend.
    ///
    /// ## What to do
    ///
    /// List the backends of the other split in the first one.
    NESTED_SPLIT: NESTED_SPLIT, Warn
}

lint! {
    /// A backend denies callers of its split.
    ///
    /// ## What it finds
    ///
    /// Backends whose workload does not let in somebody who may call another backend of
    /// the split.
    ///
    /// ## Why it matters
    ///
    /// A split grants nothing: a share of these callers' requests is denied.
    ///
    /// ## What to do
    ///
    /// Let them in by a TrafficTarget for the backend, or take it out of the split.
    OUT_OF_REACH: OUT_OF_REACH, Warn
}
