//! The answer to a [`Request`](crate::Request).

use core::fmt;

/// A rule of the table: one match of one route under one TrafficTarget.
///
/// [`Table::rule`](crate::Table::rule) tells its names and where it was written,
/// when the table carries provenance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub u32);

/// Allowed or denied, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// This rule allows it. When several do, the first of them by the names of
    /// TrafficTarget, route and match.
    Allowed(RuleId),
    /// No rule allows it.
    Denied(Denial),
}

impl Verdict {
    /// Whether the request may pass.
    #[must_use]
    pub const fn is_allowed(self) -> bool {
        matches!(self, Self::Allowed(_))
    }
}

/// Why a request was denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Denial {
    /// What was missing.
    pub reason: Reason,
    /// The rule that came nearest: everything before `reason` was as it wants.
    pub nearest: Option<RuleId>,
}

/// Why no rule allows a request, in the order in which the evaluator looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// There is no table; decided by the host, never by a table.
    NoPolicy,
    /// The request cannot be judged: no method, no path, or the table does not
    /// say which workload it is for.
    MalformedRequest,
    /// The path is not in canonical form, so that proxy and application might
    /// read it differently.
    NonCanonicalPath,
    /// The connection carries no identity.
    MissingPeer,
    /// The identity is not a SPIFFE ID.
    MalformedPeer,
    /// No TrafficTarget has this workload as its destination.
    Destination,
    /// No TrafficTarget lets this peer call this workload.
    Peer,
    /// The peer may call this workload, but not on this port or protocol.
    Port,
    /// … but not on this path.
    Path,
    /// … but not with this method.
    Method,
    /// … but not under this host name.
    Host,
    /// … but not without the headers that the rules want.
    Header,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 12] = [
        Self::NoPolicy,
        Self::MalformedRequest,
        Self::NonCanonicalPath,
        Self::MissingPeer,
        Self::MalformedPeer,
        Self::Destination,
        Self::Peer,
        Self::Port,
        Self::Path,
        Self::Method,
        Self::Host,
        Self::Header,
    ];

    /// The stable name that appears in logs, metrics, response details and JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoPolicy => "no_policy",
            Self::MalformedRequest => "malformed_request",
            Self::NonCanonicalPath => "non_canonical_path",
            Self::MissingPeer => "missing_peer",
            Self::MalformedPeer => "malformed_peer",
            Self::Destination => "destination_not_covered",
            Self::Peer => "peer_not_allowed",
            Self::Port => "port_not_allowed",
            Self::Path => "path_not_allowed",
            Self::Method => "method_not_allowed",
            Self::Host => "host_not_allowed",
            Self::Header => "header_not_allowed",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoPolicy => "no policy is loaded",
            Self::MalformedRequest => "the request has no method, no path or no destination",
            Self::NonCanonicalPath => "the path is not in canonical form",
            Self::MissingPeer => "the peer presented no identity",
            Self::MalformedPeer => "the peer's identity is not a SPIFFE ID",
            Self::Destination => "no TrafficTarget has this workload as its destination",
            Self::Peer => "no TrafficTarget lets this peer call this workload",
            Self::Port => "the peer may not call this port with this protocol",
            Self::Path => "the peer may not call this path",
            Self::Method => "the peer may not use this method on this path",
            Self::Host => "the peer may not use this host name on this path",
            Self::Header => "the peer may call this path only with other headers",
        })
    }
}
