//! Services among the documents, and the pods behind them.

use std::collections::{BTreeMap, BTreeSet};

use smi_model::canonical::{
    Bundle, ContainerPort, Labels, Service, ServicePort, TargetPort, Workload,
};
use smi_model::source::Spanned;

/// The ServiceAccounts, with their namespace, under which the pods of a Service run, as
/// far as the documents tell.
#[must_use]
pub fn accounts<'a>(
    bundle: &'a Bundle,
    namespace: &str,
    service: &str,
) -> BTreeSet<(&'a str, &'a str)> {
    let services = Services::of(bundle);
    let service = services.get(namespace, service);
    service.map(|service| services.accounts(service)).unwrap_or_default()
}

/// Services by name, and who runs pods by the labels of these.
pub(super) struct Services<'a> {
    by_name: BTreeMap<(&'a str, &'a str), &'a Service>,
    /// By namespace, name and number; TCP and UDP may share a number.
    ports: BTreeMap<(&'a str, &'a str, u16), Vec<&'a ServicePort>>,
    /// By namespace and each of the labels.
    pods: BTreeMap<(&'a str, &'a str, &'a str), Vec<&'a Workload>>,
}

/// Where connections to a port of a Service arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PodPort {
    Number(u16),
    /// At a port with a name which the pods do not tell, or not all alike.
    Unclear,
}

impl<'a> Services<'a> {
    pub(super) fn of(bundle: &'a Bundle) -> Self {
        let mut by_name = BTreeMap::new();
        let mut ports: BTreeMap<_, Vec<&ServicePort>> = BTreeMap::new();
        for service in &bundle.services {
            let (namespace, name) = names(service);
            by_name.insert((namespace, name), service);
            for port in &service.ports {
                ports.entry((namespace, name, port.port.value)).or_default().push(port);
            }
        }
        let mut pods: BTreeMap<_, Vec<&Workload>> = BTreeMap::new();
        for workload in &bundle.workloads {
            let namespace = workload.meta.namespace.value.as_str();
            for (key, value) in &workload.labels {
                let label = (namespace, key.value.as_str(), value.value.as_str());
                pods.entry(label).or_default().push(workload);
            }
        }
        Self { by_name, ports, pods }
    }

    pub(super) fn get(&self, namespace: &str, name: &str) -> Option<&'a Service> {
        self.by_name.get(&(namespace, name)).copied()
    }

    /// Who runs the pods that a Service selects.
    pub(super) fn pods<'s>(
        &'s self,
        service: &'s Service,
    ) -> impl Iterator<Item = &'a Workload> + use<'s, 'a> {
        let namespace = service.meta.namespace.value.as_str();
        let with = |(key, value): &'s (Spanned<String>, Spanned<String>)| {
            let label = (namespace, key.value.as_str(), value.value.as_str());
            self.pods.get(&label).map_or(&[][..], Vec::as_slice)
        };
        // Those with the rarest label, so that few are left to be looked at.
        let fewest = service.selector.iter().map(with).min_by_key(|pods| pods.len());
        let candidates = fewest.unwrap_or_default().iter().copied();
        candidates.filter(|workload| has_all(&workload.labels, &service.selector))
    }

    /// The ServiceAccounts, with their namespace, under which these pods run.
    pub(super) fn accounts(&self, service: &Service) -> BTreeSet<(&'a str, &'a str)> {
        let account = |workload: &'a Workload| {
            let Workload { meta, service_account, .. } = workload;
            (meta.namespace.value.as_str(), service_account.value.as_str())
        };
        self.pods(service).map(account).collect()
    }

    /// The port of its pods that a port of a Service leads to; `None` when the
    /// Service has no such port.
    pub(super) fn pod_port(&self, service: &Service, port: u16) -> Option<PodPort> {
        let (namespace, name) = names(service);
        let ports = self.ports.get(&(namespace, name, port))?.iter();
        let mut leads_to: Vec<PodPort> = ports
            .map(|it| match &it.target_port {
                None => PodPort::Number(port),
                Some(TargetPort::Number(number)) => PodPort::Number(number.value),
                Some(TargetPort::Name(name)) => self.named_port(service, &name.value),
            })
            .collect();
        leads_to.dedup();
        match leads_to.as_slice() {
            [single] => Some(*single),
            _ => Some(PodPort::Unclear),
        }
    }

    fn named_port(&self, service: &Service, name: &str) -> PodPort {
        let has_name =
            |it: &&ContainerPort| it.name.as_ref().is_some_and(|of_port| of_port.value == name);
        let ports = self.pods(service).flat_map(|workload| workload.ports.iter().filter(has_name));
        let numbers: BTreeSet<u16> = ports.map(|port| port.number.value).collect();
        match numbers.first() {
            Some(number) if numbers.len() == 1 => PodPort::Number(*number),
            _ => PodPort::Unclear,
        }
    }
}

fn names(service: &Service) -> (&str, &str) {
    (&service.meta.namespace.value, &service.meta.name.value)
}

/// Whether labels have all that are wanted.
pub(super) fn has_all(labels: &Labels, wanted: &Labels) -> bool {
    wanted.iter().all(|(key, value)| {
        labels
            .iter()
            .any(|(of_key, of_value)| of_key.value == key.value && of_value.value == value.value)
    })
}

#[cfg(test)]
mod tests {
    use smi_model::{Limits, source::SourceMap};

    use super::*;

    #[test]
    fn ports_lead_to_ports_of_pods() {
        let pods = |name: &str, labels: &str, port: u16| {
            format!(
                "---\napiVersion: apps/v1\nkind: Deployment\n\
                 metadata: {{name: {name}, namespace: shop}}\nspec:\n  template:\n    \
                 metadata: {{labels: {{{labels}}}}}\n    spec:\n      containers:\n      - ports: \
                 [{{name: web, containerPort: {port}}}, {{name: admin, containerPort: 9000}}]\n"
            )
        };
        let text = [
            "apiVersion: v1\nkind: Service\nmetadata: {name: store, namespace: shop}\nspec:\n  \
             selector: {app: store, tier: front}\n  ports: [{port: 80, targetPort: web}, {port: 81, \
             targetPort: admin}, {port: 82, targetPort: gone}, {port: 83}, {port: 84, targetPort: \
             8080}, {port: 53, protocol: UDP}, {port: 53, targetPort: 5353}]\n",
            &pods("a", "app: store, tier: front", 8080),
            &pods("b", "tier: front, app: store, more: labels", 8081),
            &pods("c", "app: store", 8082),
        ];
        let mut sources = SourceMap::new();
        sources.add("a.yaml", text.concat()).unwrap();
        let bundle = smi_model::read(&sources, &Limits::default()).value;
        let services = Services::of(&bundle);
        let store = services.get("shop", "store").unwrap();
        let mut pods: Vec<&str> =
            services.pods(store).map(|it| it.meta.name.value.as_str()).collect();
        pods.sort_unstable();
        assert_eq!(pods, ["a", "b"]);
        for (port, expected) in [
            (80, Some(PodPort::Unclear)),
            (81, Some(PodPort::Number(9000))),
            (82, Some(PodPort::Unclear)),
            (83, Some(PodPort::Number(83))),
            (84, Some(PodPort::Number(8080))),
            (53, Some(PodPort::Unclear)),
            (8080, None),
        ] {
            assert_eq!(services.pod_port(store, port), expected, "{port}");
        }
    }
}
