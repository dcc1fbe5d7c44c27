//! What runs pods.

use super::{Labels, Meta};
use crate::source::Spanned;

/// An object that runs pods, and what is to be known of these pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// Name, namespace, place of the object.
    pub meta: Meta,
    /// What kind of object.
    pub kind: WorkloadKind,
    /// The labels of its pods.
    pub labels: Labels,
    /// Their ServiceAccount: `default`, at the object's name, when none is written.
    pub service_account: Spanned<String>,
    /// The ports of all their containers.
    pub ports: Vec<ContainerPort>,
}

/// A port that a container listens on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerPort {
    /// Its number.
    pub number: Spanned<u16>,
    /// Its name, to which Services can refer.
    pub name: Option<Spanned<String>>,
    /// Its protocol, such as `UDP`; `None` when absent, which means TCP.
    pub protocol: Option<Spanned<String>>,
}

/// Kinds of objects that run pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WorkloadKind {
    /// A single Pod.
    Pod,
    /// A Deployment.
    Deployment,
    /// A ReplicaSet.
    ReplicaSet,
    /// A StatefulSet.
    StatefulSet,
    /// A DaemonSet.
    DaemonSet,
    /// A Job.
    Job,
    /// A CronJob.
    CronJob,
}

impl WorkloadKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Pod,
        Self::Deployment,
        Self::ReplicaSet,
        Self::StatefulSet,
        Self::DaemonSet,
        Self::Job,
        Self::CronJob,
    ];

    /// The `kind` as documents write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pod => "Pod",
            Self::Deployment => "Deployment",
            Self::ReplicaSet => "ReplicaSet",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::Job => "Job",
            Self::CronJob => "CronJob",
        }
    }
}
