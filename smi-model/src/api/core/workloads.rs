//! Objects of which policies speak without naming them: Namespaces, and whatever
//! runs pods.
//!
//! They are looked at, not judged: a Deployment with a mistake is Kubernetes'
//! business, and people give folders full of them. What cannot be used is passed
//! over. Only current versions are read; `extensions/v1beta1` is history.
//!
//! ```yaml
//! # a Pod, or the template below `spec.template` and `spec.jobTemplate.spec.template`
//! metadata: {labels?}
//! spec:
//!   serviceAccountName?: name
//!   containers:
//!   - ports?:
//!     - {containerPort, name?, protocol?, …}
//! ```

use crate::{
    api::{Resource, cursor::Peek, metadata::DEFAULT_NAMESPACE},
    canonical::{ContainerPort, Meta, Namespace, Workload, WorkloadKind},
    source::Spanned,
};

/// Where the pods of a kind are described, below the object itself.
struct Pods {
    api_version: &'static str,
    kind: WorkloadKind,
    path: &'static [&'static str],
}

const TEMPLATE: &[&str] = &["spec", "template"];

#[rustfmt::skip]
const WORKLOADS: [Pods; 7] = [
    pods("v1", WorkloadKind::Pod, &[]),
    pods("apps/v1", WorkloadKind::Deployment, TEMPLATE),
    pods("apps/v1", WorkloadKind::ReplicaSet, TEMPLATE),
    pods("apps/v1", WorkloadKind::StatefulSet, TEMPLATE),
    pods("apps/v1", WorkloadKind::DaemonSet, TEMPLATE),
    pods("batch/v1", WorkloadKind::Job, TEMPLATE),
    pods("batch/v1", WorkloadKind::CronJob, &["spec", "jobTemplate", "spec", "template"]),
];

const fn pods(
    api_version: &'static str,
    kind: WorkloadKind,
    path: &'static [&'static str],
) -> Pods {
    Pods { api_version, kind, path }
}

/// The account under which pods run that name none.
const DEFAULT_SERVICE_ACCOUNT: &str = "default";

/// What can be used of an object that is neither SMI's nor named by it.
pub(in crate::api) fn bystander(object: Peek<'_>) -> Option<Resource> {
    let api_version = object.get("apiVersion")?.text()?.value;
    let kind = object.get("kind")?.text()?.value;
    if (api_version.as_str(), kind.as_str()) == ("v1", "Namespace") {
        return namespace(object).map(Resource::Namespace);
    }
    let is_it = |pods: &&Pods| pods.api_version == api_version && pods.kind.as_str() == kind;
    workload(object, WORKLOADS.iter().find(is_it)?).map(Resource::Workload)
}

fn namespace(object: Peek<'_>) -> Option<Namespace> {
    let metadata = object.get("metadata")?;
    let name = metadata.get("name")?.text()?;
    let labels = metadata.get("labels").map(|it| it.labels()).unwrap_or_default();
    Some(Namespace { name, labels, span: object.span() })
}

fn workload(object: Peek<'_>, pods: &Pods) -> Option<Workload> {
    let meta = meta(object)?;
    let pod = pods.path.iter().try_fold(object, |it, step| it.get(step))?;
    let labels = pod.get("metadata").and_then(|it| it.get("labels"));
    let spec = pod.get("spec")?;
    Some(Workload {
        service_account: service_account(spec, &meta)?,
        labels: labels.map(|it| it.labels()).unwrap_or_default(),
        ports: list(spec, "containers").flat_map(|it| list(it, "ports")).filter_map(port).collect(),
        kind: pods.kind,
        meta,
    })
}

fn meta(object: Peek<'_>) -> Option<Meta> {
    let metadata = object.get("metadata")?;
    let name = metadata.get("name")?.text()?;
    let namespace = match metadata.get("namespace") {
        Some(namespace) => namespace.text()?,
        None => Spanned::new(DEFAULT_NAMESPACE.to_owned(), name.span),
    };
    let labels = |name| metadata.get(name).map(|it| it.labels()).unwrap_or_default();
    Some(Meta {
        name,
        namespace,
        labels: labels("labels"),
        annotations: labels("annotations"),
        // What Kubernetes keeps for itself matters only to who writes objects.
        others: serde_json::Map::new(),
        api_version: None,
        span: object.span(),
    })
}

/// The account of a pod; `None` when it cannot be told, which is not the same as
/// being the default one.
fn service_account(spec: Peek<'_>, meta: &Meta) -> Option<Spanned<String>> {
    spec.entries()?;
    // The second is the first's old name, which Kubernetes still takes.
    match spec.get("serviceAccountName").or_else(|| spec.get("serviceAccount")) {
        Some(account) => account.text(),
        None => Some(Spanned::new(DEFAULT_SERVICE_ACCOUNT.to_owned(), meta.name.span)),
    }
}

fn list<'a>(object: Peek<'a>, name: &str) -> impl Iterator<Item = Peek<'a>> {
    object.get(name).map(|it| it.items()).unwrap_or_default().into_iter()
}

fn port(port: Peek<'_>) -> Option<ContainerPort> {
    Some(ContainerPort {
        number: port.get("containerPort")?.port()?,
        name: port.get("name").and_then(|it| it.text()),
        protocol: port.get("protocol").and_then(|it| it.text()),
    })
}

#[cfg(test)]
mod tests {
    use crate::{
        canonical::{Labels, WorkloadKind},
        testing::*,
    };

    const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: ns, labels: {not: these}}
spec:
  replicas: 3
  template:
    metadata: {labels: {app: web, tier: front}}
    spec:
      serviceAccountName: web-account
      containers:
      - name: a
        ports: [{containerPort: 80, name: http}, {containerPort: 53, protocol: UDP}]
      - name: b
        ports: [{containerPort: 90}]
";

    fn shown(labels: &Labels) -> Vec<String> {
        labels.iter().map(|(key, value)| format!("{}={}", key.value, value.value)).collect()
    }

    #[test]
    fn every_field_is_kept() {
        let workload = accept(DEPLOYMENT).workloads.remove(0);
        assert_eq!(workload.meta.qualified_name(), "ns/web");
        assert_eq!(workload.kind, WorkloadKind::Deployment);
        assert_eq!(shown(&workload.labels), ["app=web", "tier=front"]);
        assert_eq!(workload.service_account.value, "web-account");
        let ports: Vec<_> = workload.ports.iter().map(|port| port.number.value).collect();
        assert_eq!(ports, [80, 53, 90]);
        assert_eq!(workload.ports[0].name.as_ref().unwrap().value, "http");
        assert_eq!(workload.ports[1].protocol.as_ref().unwrap().value, "UDP");
    }

    #[test]
    fn all_kinds_are_found_at_their_place() {
        let pod = "metadata: {name: it, labels: {a: b}}\nspec: {containers: []}\n";
        let template =
            "metadata: {name: it}\nspec: {template: {metadata: {labels: {a: b}}, spec: {}}}\n";
        let job = "metadata: {name: it}\nspec: {jobTemplate: {spec: {template: {metadata: {labels: {a: b}}, spec: {}}}}}\n";
        for (api_version, kind, body) in [
            ("v1", "Pod", pod),
            ("apps/v1", "ReplicaSet", template),
            ("apps/v1", "StatefulSet", template),
            ("apps/v1", "DaemonSet", template),
            ("batch/v1", "Job", template),
            ("batch/v1", "CronJob", job),
        ] {
            let text = format!("apiVersion: {api_version}\nkind: {kind}\n{body}");
            let workload = accept(&text).workloads.remove(0);
            assert_eq!(workload.kind.as_str(), kind);
            assert_eq!(shown(&workload.labels), ["a=b"]);
            assert_eq!(workload.service_account.value, "default");
            assert_eq!(workload.meta.qualified_name(), "default/it");
        }
    }

    #[test]
    fn namespaces_have_labels() {
        let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {a: b}}\n";
        let namespaces = accept(&format!("{namespace}---\n{namespace}")).namespaces;
        assert_eq!((namespaces.len(), namespaces[1].name.value.as_str()), (2, "shop"));
        assert_eq!(shown(&namespaces[0].labels), ["a=b"]);
    }

    #[test]
    fn what_is_odd_is_passed_over() {
        let passed = |text: &str| accept(text).workloads.is_empty();
        for (written, odd) in [
            ("apps/v1", "extensions/v1beta1"),
            ("apps/v1", "apps.example.com/v1"),
            ("name: web,", "name: {{ .Values.name }},"),
            ("name: web,", ""),
            ("namespace: ns", "namespace: [ns]"),
            ("template:", "tmplate:"),
            ("web-account", "12"),
            ("web-account", "a\n      serviceAccountName: b"),
            ("kind: Deployment", "kind: Deployment\nkind: Deployment"),
        ] {
            assert!(passed(&DEPLOYMENT.replacen(written, odd, 1)), "{odd}");
        }
        let odd = DEPLOYMENT.replace("tier: front", "tier: 1").replace("90", "http");
        let workload = accept(&odd).workloads.remove(0);
        assert_eq!(
            (shown(&workload.labels), workload.ports.len()),
            (vec!["app=web".to_owned()], 2)
        );
    }

    #[test]
    fn without_an_api_version_it_may_be_anything() {
        let findings = read(DEPLOYMENT.split_once('\n').unwrap().1);
        assert_eq!(findings.diagnostics[0].code.name, "not-an-object");
        assert!(findings.value.workloads.is_empty() && findings.value.broken.is_empty());
    }

    #[test]
    fn merged_entries_and_the_old_name_of_the_account_count() {
        let text = DEPLOYMENT
            .replace("{app: web, tier: front}", "{<<: {app: other, tier: front}, app: web}")
            .replace("serviceAccountName", "serviceAccount");
        let workload = accept(&text).workloads.remove(0);
        assert_eq!(shown(&workload.labels), ["app=web", "tier=front"]);
        assert_eq!(workload.service_account.value, "web-account");
    }
}
