//! Route objects: their patterns are parsed, once for all targets.

use std::collections::{BTreeMap, BTreeSet};

use smi_model::canonical::{HttpMatch, RouteKind};
use smi_model::diagnostic::Diagnostic;
use smi_model::source::{Span, Spanned};

use super::Resolver;
use crate::automata::{Pattern, PatternError};
use crate::code;
use crate::ir::HttpCondition;
use crate::options::Anchoring;

/// The header name that stands for the request's authority.
const HOST: &str = "host";

/// All route objects by kind, namespace and name.
pub(super) type Routes = BTreeMap<(RouteKind, String, String), Route>;

/// What a rule can refer to.
pub(super) enum Route {
    /// An HTTPRouteGroup: its matches in the order of the text.
    Http(Vec<Match>),
    /// A TCPRoute or UDPRoute.
    L4 {
        /// `None`: every port.
        ports: Option<BTreeSet<u16>>,
        /// The object's name.
        span: Span,
    },
}

/// One match of an HTTPRouteGroup.
pub(super) struct Match {
    pub(super) name: String,
    pub(super) span: Span,
    /// `None` when a pattern of it is invalid: it then grants nothing.
    pub(super) condition: Option<HttpCondition>,
}

impl Resolver<'_> {
    pub(super) fn routes(&mut self) -> Routes {
        let bundle = self.bundle;
        let mut routes = Routes::new();
        for group in &bundle.http_route_groups {
            let matches = group.matches.iter().map(|one| Match {
                name: one.name.value.clone(),
                span: one.name.span,
                condition: self.condition(one),
            });
            let route = Route::Http(matches.collect());
            let (namespace, name) = (&group.meta.namespace.value, &group.meta.name.value);
            routes.insert((RouteKind::Http, namespace.clone(), name.clone()), route);
        }
        let l4 = [(RouteKind::Tcp, &bundle.tcp_routes), (RouteKind::Udp, &bundle.udp_routes)];
        for (kind, objects) in l4 {
            for object in objects {
                let ports: BTreeSet<u16> = object.ports.iter().map(|port| port.value).collect();
                let ports = (!ports.is_empty()).then_some(ports);
                let route = Route::L4 { ports, span: object.meta.name.span };
                let (namespace, name) = (&object.meta.namespace.value, &object.meta.name.value);
                routes.insert((kind, namespace.clone(), name.clone()), route);
            }
        }
        routes
    }

    fn condition(&mut self, one: &HttpMatch) -> Option<HttpCondition> {
        let path = one.path_regex.as_ref().map(|path| self.pattern(path, self.choices.path));
        let mut headers = BTreeMap::new();
        for header in &one.headers {
            let pattern = self.pattern(&header.value, self.choices.header);
            headers.insert(header.name.value.to_ascii_lowercase(), pattern);
        }
        let host = headers.remove(HOST);
        // Every pattern was looked at above, so that all problems are reported.
        let headers: Option<BTreeMap<_, _>> =
            headers.into_iter().map(|(name, pattern)| Some((name, pattern?))).collect();
        Some(HttpCondition {
            path: transpose(path)?,
            methods: one.methods.as_deref().and_then(methods),
            host: transpose(host)?,
            headers: headers?,
        })
    }

    fn pattern(&mut self, text: &Spanned<String>, anchoring: Anchoring) -> Option<Pattern> {
        match Pattern::new(&text.value, anchoring) {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                let diagnostic = describe(text, &error);
                self.report(diagnostic);
                None
            }
        }
    }
}

/// A pattern that is absent is fine; one that is invalid is not.
fn transpose(pattern: Option<Option<Pattern>>) -> Option<Option<Pattern>> {
    match pattern {
        None => Some(None),
        Some(pattern) => pattern.map(Some),
    }
}

/// The methods, or `None` for all of them. No methods at all are no permission.
fn methods(written: &[Spanned<String>]) -> Option<BTreeSet<String>> {
    let methods: BTreeSet<String> = written.iter().map(|method| method.value.clone()).collect();
    (!methods.contains("*")).then_some(methods)
}

fn describe(text: &Spanned<String>, error: &PatternError) -> Diagnostic {
    let expression = &text.value;
    let (diagnostic, help) = match error {
        PatternError::Syntax { start, end, problem } => {
            let message = format!("`{expression}` is not a regular expression: {problem}");
            let place = within(text, *start, *end);
            let help = "the syntax is RE2's: no look-around, no back-references";
            (Diagnostic::error(code::INVALID_PATTERN, place, message), help)
        }
        PatternError::Outside(outside) => {
            let message = format!("`{expression}` is not portable: {}", outside.problem);
            let place = within(text, outside.start, outside.end);
            (Diagnostic::error(code::PATTERN_NOT_PORTABLE, place, message), outside.help)
        }
    };
    if looks_like_glob(expression) {
        let better = expression.replace("**", "*").replace('*', ".*");
        return diagnostic
            .help(format!("this looks like a glob; as a regular expression: `{better}`"));
    }
    diagnostic.help(help)
}

fn looks_like_glob(expression: &str) -> bool {
    expression.starts_with('*') || expression.contains("**")
}

/// The place of some bytes of a value, when the text shows the value as it is.
fn within(text: &Spanned<String>, start: usize, end: usize) -> Span {
    let verbatim = u32::try_from(text.value.len()) == Ok(text.span.len());
    match (u32::try_from(start), u32::try_from(end)) {
        (Ok(start), Ok(end)) if verbatim => {
            Span::new(text.span.start + start, text.span.start + end)
        }
        _ => text.span,
    }
}
