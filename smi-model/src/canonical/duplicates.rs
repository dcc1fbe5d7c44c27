//! An object exists once: of two definitions, nobody knows which one counts.

use std::collections::BTreeMap;

use super::{Broken, Bundle, Meta};
use crate::diagnostic::{Diagnostic, code};

impl Bundle {
    /// Moves every object whose kind, namespace and name another one has as
    /// well, and that other one, to what is broken.
    pub(crate) fn withdraw_duplicates(&mut self, diagnostics: &mut Vec<Diagnostic>) {
        let mut round = Round { broken: &mut self.broken, diagnostics };
        round.withdraw("TrafficTarget", &mut self.traffic_targets, |it| &it.meta);
        round.withdraw("HTTPRouteGroup", &mut self.http_route_groups, |it| &it.meta);
        round.withdraw("TCPRoute", &mut self.tcp_routes, |it| &it.meta);
        round.withdraw("UDPRoute", &mut self.udp_routes, |it| &it.meta);
        round.withdraw("TrafficSplit", &mut self.traffic_splits, |it| &it.meta);
        round.withdraw("Service", &mut self.services, |it| &it.meta);
        round.withdraw("ServiceAccount", &mut self.service_accounts, |it| &it.meta);
    }
}

struct Round<'a> {
    broken: &'a mut Vec<Broken>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Round<'_> {
    fn withdraw<T>(&mut self, kind: &str, objects: &mut Vec<T>, meta: fn(&T) -> &Meta) {
        let mut definitions: BTreeMap<String, Vec<Meta>> = BTreeMap::new();
        for object in objects.iter().map(meta) {
            definitions.entry(object.qualified_name()).or_default().push(object.clone());
        }
        definitions.retain(|_, metas| metas.len() > 1);
        objects.retain(|object| !definitions.contains_key(&meta(object).qualified_name()));
        for (name, metas) in definitions {
            self.report(kind, &name, &metas);
            self.broken.extend(metas.into_iter().map(|meta| Broken {
                kind: kind.to_owned(),
                namespace: meta.namespace.value,
                name: Some(meta.name.value),
                span: meta.span,
            }));
        }
    }

    /// One finding for each definition after the first.
    fn report(&mut self, kind: &str, name: &str, definitions: &[Meta]) {
        let Some((first, others)) = definitions.split_first() else { return };
        for other in others {
            let message = format!("the {kind} `{name}` is defined more than once");
            self.diagnostics.push(
                Diagnostic::error(code::DUPLICATE_OBJECT, other.name.span, message)
                    .label("defined again here")
                    .related(first.name.span, "first defined here")
                    .help("neither definition counts until one of them is removed or renamed"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn neither_of_two_definitions_counts() {
        let account =
            "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: ns}\n---\n";
        let findings = read(&format!("{account}{account}{}", account.replace("ns}", "m}")));
        assert_eq!(findings.diagnostics.len(), 1);
        assert_eq!(findings.diagnostics[0].related.len(), 1);
        assert_eq!(findings.value.broken.len(), 2);
        assert_eq!(findings.value.service_accounts[0].meta.namespace.value, "m");
    }
}
