//! TrafficSplits: which Services share the requests for which.

use std::collections::BTreeMap;

use smi_model::canonical::TrafficSplit;
use smi_model::diagnostic::Diagnostic;
use smi_model::source::{Span, Spanned};

use super::{Resolver, nearest};
use crate::code;
use crate::ir::{Backend, Share, Split};

impl Resolver<'_> {
    pub(super) fn splits(&mut self) -> Vec<Split> {
        let mut splits: BTreeMap<(String, String), (Span, Split)> = BTreeMap::new();
        // By name, so that the order of the documents decides nothing.
        let mut written: Vec<&TrafficSplit> = self.bundle.traffic_splits.iter().collect();
        written.sort_by_key(|split| split.meta.qualified_name());
        for split in written {
            let Some(resolved) = self.split(split) else { continue };
            let key = (resolved.namespace.clone(), resolved.root.clone());
            if let Some((first, _)) = splits.get(&key) {
                let message = format!("a second TrafficSplit shares the requests for `{}`", key.1);
                let error = Diagnostic::error(code::SECOND_SPLIT, split.service.span, message)
                    .related(*first, "the first one")
                    .help("merge their backends, or give all but one of them `matches`");
                self.report(error);
            } else {
                splits.insert(key, (split.service.span, resolved));
            }
        }
        splits.into_values().map(|(_, split)| split).collect()
    }

    fn split(&mut self, split: &TrafficSplit) -> Option<Split> {
        let namespace = &split.meta.namespace.value;
        let root = service_name(&split.service.value);
        self.service(&split.service, namespace);
        let mut valid = true;
        for backend in &split.backends {
            self.service(&backend.service, namespace);
            if service_name(&backend.service.value) == root && !self.choices.split_to_itself {
                let message =
                    format!("backend `{}` is the root of this split itself", backend.service.value);
                self.report(
                    Diagnostic::error(code::SPLIT_TO_ITSELF, backend.service.span, message)
                        .related(split.service.span, "the root")
                        .help("name the Service of the version instead"),
                );
                valid = false;
            }
        }
        if let Some(first) = split.matches.first() {
            let message = "splits with `matches` are not compiled yet: all requests go to the root";
            self.report(Diagnostic::warning(code::SPLIT_MATCHES, first.span, message));
        }
        let backends = split.backends.iter().map(|backend| Backend {
            service: service_name(&backend.service.value).to_owned(),
            weight: backend.weight.value,
            target_port: None,
        });
        (valid && split.matches.is_empty()).then(|| Split {
            namespace: namespace.clone(),
            name: split.meta.name.value.clone(),
            root: root.to_owned(),
            conditions: None,
            shares: vec![Share { ports: None, backends: backends.collect() }],
            span: split.service.span,
        })
    }

    fn service(&mut self, service: &Spanned<String>, namespace: &str) {
        let name = service_name(&service.value);
        if let Some(names) = self.known.others("Service", namespace, name) {
            let message = format!(
                "there is no Service `{name}` in namespace `{namespace}` among the documents"
            );
            let warning = Diagnostic::warning(code::UNKNOWN_SERVICE, service.span, message);
            let diagnostic = nearest::suggest(warning, service, names.iter().copied());
            self.report(diagnostic);
        }
    }
}

/// `bookstore`, `bookstore.bookstore` and `bookstore.bookstore.svc.cluster.local`
/// are the same service.
fn service_name(written: &str) -> &str {
    written.split('.').next().unwrap_or(written)
}
