//! The Kubernetes objects that policies refer to.

use super::{Labels, Meta};
use crate::source::{Span, Spanned};

/// A ServiceAccount: an identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAccount {
    /// Name, namespace, place.
    pub meta: Meta,
}

/// A Service: what clients call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Name, namespace, place.
    pub meta: Meta,
    /// The labels of its pods; empty when it selects none by itself.
    pub selector: Labels,
    /// Its ports.
    pub ports: Vec<ServicePort>,
}

/// One port of a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePort {
    /// Its name.
    pub name: Option<Spanned<String>>,
    /// The port that clients use.
    pub port: Spanned<u16>,
    /// The port of the pods; `None` when it is absent, and so the same.
    pub target_port: Option<TargetPort>,
}

/// Which port of its pods a Service means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetPort {
    /// The one with this number.
    Number(Spanned<u16>),
    /// The one that each pod gives this name.
    Name(Spanned<String>),
}

/// A Namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace {
    /// Its name.
    pub name: Spanned<String>,
    /// Its labels.
    pub labels: Labels,
    /// The whole document.
    pub span: Span,
}
