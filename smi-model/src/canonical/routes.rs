//! Which requests and connections: `specs.smi-spec.io`.

use super::Meta;
use crate::source::{Span, Spanned};

/// An HTTPRouteGroup: named matches over HTTP requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRouteGroup {
    /// Name, namespace, place.
    pub meta: Meta,
    /// The matches, with unique names.
    pub matches: Vec<HttpMatch>,
}

/// One match: the AND of what it states; what it omits is unconstrained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpMatch {
    /// Its name, unique in the group.
    pub name: Spanned<String>,
    /// A regular expression over the path.
    pub path_regex: Option<Spanned<String>>,
    /// Methods; `None` when absent. `*` stands for all.
    pub methods: Option<Vec<Spanned<String>>>,
    /// Header conditions, all of which must hold.
    pub headers: Vec<HeaderMatch>,
    /// The whole match.
    pub span: Span,
}

/// A condition on one header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderMatch {
    /// The header's name as written; names compare case-insensitively.
    pub name: Spanned<String>,
    /// A regular expression over each value.
    pub value: Spanned<String>,
}

/// A TCPRoute or UDPRoute: ports of the destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct L4Route {
    /// Name, namespace, place.
    pub meta: Meta,
    /// The name of its one match, which means nothing.
    pub match_name: Option<Spanned<String>>,
    /// The ports; empty means every port.
    pub ports: Vec<Spanned<u16>>,
}

impl L4Route {
    /// A route of the versions that know no ports.
    pub(crate) const fn of_every_port(meta: Meta) -> Self {
        Self { meta, match_name: None, ports: Vec::new() }
    }
}
