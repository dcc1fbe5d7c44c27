//! Whether an HTTP request is one that a match of an HTTPRouteGroup describes.
//! Access and splits ask the same.

use crate::objects::HttpMatch;
use crate::pattern::Anchor;
use crate::{Dialect, Protocol, Question, Request, wire};

impl Question<'_> {
    /// An HTTP request needs a method and a path that every server reads alike;
    /// otherwise the path that was judged might not be the path that is served.
    pub(crate) fn is_judged_as_http(&self) -> bool {
        let Request { protocol, method, path, .. } = self.request;
        *protocol == Protocol::Http
            && method.as_ref().is_some_and(|method| !method.is_empty())
            && path.as_deref().is_some_and(wire::is_canonical_path)
    }

    /// Specs, HTTPRouteGroup: path, methods and headers of one match must all
    /// hold; what is omitted does not restrict.
    pub(crate) fn fulfils(&self, candidate: &HttpMatch) -> bool {
        self.has_the_path(candidate)
            && self.has_the_method(candidate)
            && candidate.headers.iter().all(|(name, pattern)| self.has_the_header(name, pattern))
    }

    /// Specs: the regular expression is matched against the URI's path, anchored
    /// at its beginning. Meshes disagreed about the anchor (dialect).
    fn has_the_path(&self, candidate: &HttpMatch) -> bool {
        let Some(pattern) = &candidate.path_regex else { return true };
        let path = self.request.path.as_deref().unwrap_or_default();
        let anchor = match self.dialect {
            Dialect::Spec | Dialect::Traefik => Anchor::Start,
            Dialect::Osm => Anchor::Both,
            Dialect::Nginx => Anchor::None,
        };
        self.patterns.matches(pattern, anchor, wire::without_query(path))
    }

    /// Specs: a list of methods, `*` for all of them.
    fn has_the_method(&self, candidate: &HttpMatch) -> bool {
        let Some(methods) = &candidate.methods else { return true };
        let method = self.request.method.as_deref().unwrap_or_default();
        methods.iter().any(|allowed| allowed == "*" || allowed.as_bytes() == method)
    }

    /// Specs: a header's value matches a regular expression. The header must be
    /// there, and a client that sends it twice must mean the same both times.
    fn has_the_header(&self, name: &str, pattern: &str) -> bool {
        let anchor = match self.dialect {
            Dialect::Spec | Dialect::Osm => Anchor::Both,
            Dialect::Traefik | Dialect::Nginx => Anchor::None,
        };
        let values = self.values_of(name);
        let matches = |value: &Vec<u8>| self.patterns.matches(pattern, anchor, value);
        !values.is_empty() && values.iter().all(matches)
    }

    /// The values of a header. HTTP/2 has no `host` header: the name means the
    /// authority, as OSM reads it, and a host's spelling does not matter.
    fn values_of(&self, name: &str) -> Vec<Vec<u8>> {
        if name.eq_ignore_ascii_case("host") {
            return self.request.authority.iter().filter_map(|text| wire::host(text)).collect();
        }
        let headers = self.request.headers.iter();
        let named = headers.filter(|(key, _)| key.eq_ignore_ascii_case(name.as_bytes()));
        named.map(|(_, value)| value.clone()).collect()
    }
}
