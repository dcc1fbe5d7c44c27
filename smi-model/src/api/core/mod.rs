//! The Kubernetes objects that policies refer to.

pub(super) mod v1;
