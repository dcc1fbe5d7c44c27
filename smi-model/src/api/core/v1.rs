//! Kubernetes' own `v1`. Only what policies need is looked at; the rest is
//! Kubernetes' business.
//!
//! ```yaml
//! # Service
//! spec:
//!   ports:
//!   - {port, targetPort?: port or name, …}
//! # ServiceAccount has a name and a namespace
//! ```

use crate::{
    api::{
        Resource,
        cursor::{Object, Value},
        metadata::metadata,
        values::port,
    },
    canonical::{Service, ServiceAccount, ServicePort},
    source::Spanned,
};

pub(in crate::api) fn service_account(object: &mut Object<'_>) -> Option<Resource> {
    object.ignore_others();
    Some(Resource::ServiceAccount(ServiceAccount { meta: metadata(object)? }))
}

/// Services of type ExternalName have no ports.
pub(in crate::api) fn service(object: &mut Object<'_>) -> Option<Resource> {
    object.ignore_others();
    let meta = metadata(object);
    let ports = object.optional("spec", |spec| {
        spec.object(|spec| {
            spec.ignore_others();
            spec.optional("ports", |ports| ports.list(|it| it.object(service_port)))
        })
    });
    let ports = ports?.flatten().unwrap_or_default();
    Some(Resource::Service(Service { meta: meta?, ports }))
}

fn service_port(fields: &mut Object<'_>) -> Option<ServicePort> {
    fields.ignore_others();
    let number = fields.required("port", port);
    let target_port = fields.optional("targetPort", target_port);
    Some(ServicePort { port: number?, target_port: target_port?.flatten() })
}

/// A target port is a number, or the name of a container's port.
fn target_port(value: Value<'_>) -> Option<Option<Spanned<u16>>> {
    if value.is_integer() { port(value).map(Some) } else { value.text().map(|_| None) }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn services_keep_their_ports() {
        let bundle = accept(
            "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: ns}\nspec:\n\
             \x20 selector: {app: web}\n  ports:\n  - {port: 80, targetPort: 8080, name: http}\n\
             \x20 - {port: 443, targetPort: https}\n  - {port: 90}\n",
        );
        let ports = bundle.services[0].ports.iter();
        let ports: Vec<_> = ports
            .map(|it| (it.port.value, it.target_port.as_ref().map(|port| port.value)))
            .collect();
        assert_eq!(ports, [(80, Some(8080)), (443, None), (90, None)]);
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
