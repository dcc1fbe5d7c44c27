//! What a finding says of a request: text for people, and data for the tests that
//! ask a table whether it is true.

use smi_model::source::Span;

use crate::Dialect;
use crate::example::Example;

/// That a request passes, or that it does not.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(super) request: Example,
    pub(super) passes: bool,
    pub(super) says: Says,
}

/// Who says that it passes.
#[derive(Clone, Debug)]
#[cfg_attr(not(test), expect(dead_code, reason = "tests ask tables whether it is true"))]
pub(super) enum Says {
    /// The rules that were written at this place: other rules may say otherwise.
    Rule(Span),
    /// Those at one place, and those at another.
    Both(Span, Span),
    /// The same, under another dialect.
    Dialect(Dialect, Span),
    /// All policies.
    Policies {
        /// Who calls.
        peer: String,
        /// Who is called.
        destination: String,
        /// On which port; `None`: on any.
        port: Option<u16>,
    },
}

impl Claim {
    /// That the rules at a place admit a request.
    pub(super) const fn admitted(route: Span, request: Example) -> Self {
        Self { request, passes: true, says: Says::Rule(route) }
    }

    /// That the rules at a place do not admit a request.
    pub(super) const fn denied(route: Span, request: Example) -> Self {
        Self { request, passes: false, says: Says::Rule(route) }
    }

    /// As a line of help.
    pub(super) fn line(&self) -> String {
        let Self { request, passes, says } = self;
        match (says, passes) {
            (Says::Rule(_), true) => format!("for example, it admits {request}"),
            (Says::Rule(_), false) => format!("for example, it does not admit {request}"),
            (Says::Both(..), true) => format!("for example, both admit {request}"),
            (Says::Both(..), false) => format!("for example, neither admits {request}"),
            (Says::Dialect(dialect, _), true) => format!("dialect `{dialect}` admits {request}"),
            (Says::Dialect(dialect, _), false) => {
                format!("dialect `{dialect}` does not admit {request}")
            }
            (Says::Policies { peer, .. }, true) => {
                format!("for example, `{peer}` may send {request}")
            }
            (Says::Policies { peer, .. }, false) => {
                format!("for example, `{peer}` may not send {request}")
            }
        }
    }
}
