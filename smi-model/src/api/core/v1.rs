//! Kubernetes' own `v1`. Only what policies need is looked at; the rest is
//! Kubernetes' business.
//!
//! ```yaml
//! # Service
//! spec:
//!   selector?: {key: value}
//!   ports:
//!   - {port, name?, targetPort?: port or name, …}
//! # ServiceAccount has a name and a namespace
//! ```

use crate::{
    api::{
        Resource,
        cursor::{Object, Value},
        metadata::metadata,
        values::port,
    },
    canonical::{Service, ServiceAccount, ServicePort, TargetPort},
};

pub(in crate::api) fn service_account(object: &mut Object<'_>) -> Option<Resource> {
    object.ignore_others();
    Some(Resource::ServiceAccount(ServiceAccount { meta: metadata(object)? }))
}

/// Services of type ExternalName have no ports.
pub(in crate::api) fn service(object: &mut Object<'_>) -> Option<Resource> {
    object.ignore_others();
    let meta = metadata(object);
    let spec = object.optional("spec", |spec| {
        spec.object(|spec| {
            spec.ignore_others();
            let selector = spec.optional("selector", |it| Some(it.peek().labels()));
            let ports = spec.optional("ports", |ports| ports.list(|it| it.object(service_port)));
            Some((selector?, ports?))
        })
    });
    let (selector, ports) = spec?.unwrap_or_default();
    let (selector, ports) = (selector.unwrap_or_default(), ports.unwrap_or_default());
    Some(Resource::Service(Service { meta: meta?, selector, ports }))
}

fn service_port(fields: &mut Object<'_>) -> Option<ServicePort> {
    fields.ignore_others();
    let number = fields.required("port", port);
    let name = fields.optional("name", |it| Some(it.peek().text()));
    let target_port = fields.optional("targetPort", target_port);
    Some(ServicePort { name: name?.flatten(), port: number?, target_port: target_port? })
}

/// A target port is a number, or the name of a container's port.
fn target_port(value: Value<'_>) -> Option<TargetPort> {
    if value.is_integer() {
        port(value).map(TargetPort::Number)
    } else {
        value.text().map(TargetPort::Name)
    }
}

#[cfg(test)]
mod tests {
    use crate::{canonical::TargetPort, testing::*};

    #[test]
    fn every_field_is_kept() {
        let bundle = accept(
            "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: ns}\nspec:\n\
             \x20 selector: {app: web}\n  ports:\n  - {port: 80, targetPort: 8080, name: http}\n\
             \x20 - {port: 443, targetPort: https}\n  - {port: 90}\n",
        );
        let service = &bundle.services[0];
        assert_eq!((service.selector[0].0.value.as_str(), service.selector.len()), ("app", 1));
        let [http, https, other] = &service.ports[..] else { panic!("three ports") };
        assert_eq!((http.name.as_ref().unwrap().value.as_str(), http.port.value), ("http", 80));
        assert!(matches!(&http.target_port, Some(TargetPort::Number(it)) if it.value == 8080));
        assert!(matches!(&https.target_port, Some(TargetPort::Name(it)) if it.value == "https"));
        assert_eq!((&other.name, &other.target_port), (&None, &None));
    }

    #[test]
    fn what_policies_do_not_need_is_not_judged() {
        let bundle = accept(
            "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\nsecrets: [{name: s}]\n---\n\
             apiVersion: v1\nkind: Service\nmetadata: {name: e}\nspec: {type: ExternalName}\n---\n\
             apiVersion: apps/v1\nkind: Deployment\nmetadata: {nmae: 1}\n",
        );
        assert_eq!(bundle.service_accounts[0].meta.qualified_name(), "default/a");
        assert!(bundle.services[0].ports.is_empty());
    }
}
