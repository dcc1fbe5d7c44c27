//! The Kubernetes objects that policies refer to.

use super::Meta;
use crate::source::Spanned;

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
    /// Its ports.
    pub ports: Vec<ServicePort>,
}

/// One port of a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePort {
    /// The port that clients use.
    pub port: Spanned<u16>,
    /// The port of the pods; `None` when it is absent (the same) or a name.
    pub target_port: Option<Spanned<u16>>,
}
