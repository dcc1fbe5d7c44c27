//! Who may call whom: `access.smi-spec.io`.

use super::Meta;
use crate::source::{Span, Spanned};

/// A TrafficTarget: its sources may call its destination on its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficTarget {
    /// Name, namespace, place.
    pub meta: Meta,
    /// Who is called.
    pub destination: Subject,
    /// The only port of the destination that the target covers; `None` when it
    /// leaves ports to its rules. Only v1alpha1 and v1alpha2 can write it.
    pub port: Option<Spanned<u16>>,
    /// Who calls; at least one in a valid document.
    pub sources: Vec<Subject>,
    /// On which routes; at least one in a valid document.
    pub rules: Vec<RuleRef>,
}

/// An identity as TrafficTargets name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// What kind of object the name names.
    pub kind: SubjectKind,
    /// The object's name.
    pub name: Spanned<String>,
    /// The object's namespace, when written.
    pub namespace: Option<Spanned<String>>,
    /// The whole subject.
    pub span: Span,
}

/// Kinds of subjects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectKind {
    /// A Kubernetes ServiceAccount.
    ServiceAccount,
    /// An IdentityBinding, which lists identities. Only v1alpha4 can write it.
    IdentityBinding,
}

/// A reference from a TrafficTarget to routes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleRef {
    /// Which kind of route object.
    pub kind: RouteKind,
    /// Its name, in the namespace of the TrafficTarget.
    pub name: Spanned<String>,
    /// Names of the matches that apply; `None` when the field is absent.
    pub matches: Option<Vec<Spanned<String>>>,
    /// The whole reference.
    pub span: Span,
}

/// Kinds of route objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RouteKind {
    /// HTTPRouteGroup.
    Http,
    /// TCPRoute.
    Tcp,
    /// UDPRoute.
    Udp,
}

impl RouteKind {
    /// The `kind` as documents write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "HTTPRouteGroup",
            Self::Tcp => "TCPRoute",
            Self::Udp => "UDPRoute",
        }
    }
}
