//! The Kubernetes objects that policies refer to.

pub(super) mod v1;
mod workloads;

pub(super) use workloads::bystander;
