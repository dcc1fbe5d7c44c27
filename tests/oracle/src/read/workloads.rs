//! What runs pods, as far as IdentityBindings select pods by their labels.

use serde_yaml::Value;

use crate::objects::{Labels, Workload};

/// The description of the pods of an object, if it has any.
pub(super) fn pod<'a>(document: &'a Value, api_version: &str, kind: &str) -> Option<&'a Value> {
    let path: &[&str] = match (api_version, kind) {
        ("v1", "Pod") => &[],
        ("apps/v1", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet")
        | ("batch/v1", "Job") => &["spec", "template"],
        ("batch/v1", "CronJob") => &["spec", "jobTemplate", "spec", "template"],
        _ => return None,
    };
    path.iter().try_fold(document, |value, step| value.get(step))
}

/// Labels and account of pods. Kubernetes lets those that name no account run
/// under `default`.
pub(super) fn workload(pod: &Value, namespace: &str) -> Option<Workload> {
    let spec = pod.get("spec")?.as_mapping()?;
    let account = match spec.get("serviceAccountName").or_else(|| spec.get("serviceAccount")) {
        Some(account) => account.as_str()?,
        None => "default",
    };
    Some(Workload {
        namespace: namespace.to_owned(),
        labels: labels(pod).unwrap_or_default(),
        service_account: account.to_owned(),
    })
}

fn labels(pod: &Value) -> Option<Labels> {
    let labels = pod.get("metadata")?.get("labels")?.as_mapping()?.iter();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    Some(labels.filter_map(|(key, value)| Some((text(key)?, text(value)?))).collect())
}
