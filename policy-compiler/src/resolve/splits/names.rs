//! Names of Services, in the forms in which clients call them.

use smi_model::canonical::TrafficSplit;
use smi_model::diagnostic::Diagnostic;
use smi_model::source::Spanned;

use crate::code;
use crate::resolve::{Resolver, nearest};

/// A split whose Services are told by their names alone.
pub(super) struct Named<'a> {
    pub(super) split: &'a TrafficSplit,
    pub(super) root: &'a str,
    /// In the order of the text; `None` for one that was reported.
    pub(super) backends: Vec<Option<&'a str>>,
}

impl<'a> Resolver<'a> {
    /// `None` when the root was reported.
    pub(super) fn named(&mut self, split: &'a TrafficSplit) -> Option<Named<'a>> {
        let root = self.service(&split.service, split);
        let services = split.backends.iter().map(|backend| &backend.service);
        let backends = services.map(|service| self.service(service, split)).collect();
        Some(Named { split, root: root?, backends })
    }

    /// The name of a Service of the split's own namespace.
    ///
    /// No mesh that a dialect is named after knows others: the specification leaves
    /// open whether there may be any.
    fn service(&mut self, written: &'a Spanned<String>, split: &TrafficSplit) -> Option<&'a str> {
        let own = &split.meta.namespace;
        let Some((name, namespace)) = parts(&written.value) else {
            self.report(no_service(written));
            return None;
        };
        if let Some(namespace) = namespace.filter(|namespace| *namespace != own.value) {
            self.report(foreign(written, namespace, split));
            return None;
        }
        if let Some(names) = self.known.others("Service", &own.value, name) {
            let message = format!(
                "there is no Service `{name}` in namespace `{}` among the documents",
                own.value
            );
            let warning = Diagnostic::warning(code::UNKNOWN_SERVICE, written.span, message);
            let name = Spanned::new(name.to_owned(), written.span);
            let diagnostic = nearest::suggest(warning, &name, names.iter().copied());
            self.report(diagnostic);
        }
        Some(name)
    }
}

/// Name and namespace of a Service.
///
/// What follows `svc` is the domain of the cluster, which the documents do not tell.
fn parts(written: &str) -> Option<(&str, Option<&str>)> {
    let mut labels = written.split('.');
    let (name, namespace, svc) = (labels.next()?, labels.next(), labels.next());
    svc.is_none_or(|svc| svc == "svc").then_some((name, namespace))
}

fn no_service(written: &Spanned<String>) -> Diagnostic {
    let message = format!("`{}` is not the name of a Service", written.value);
    Diagnostic::error(code::NO_SERVICE, written.span, message)
        .label("this split is not in force")
        .help("write its name, `name.namespace`, or `name.namespace.svc.cluster.local`")
}

fn foreign(written: &Spanned<String>, namespace: &str, split: &TrafficSplit) -> Diagnostic {
    let own = &split.meta.namespace;
    let message = format!(
        "Service `{}` is in namespace `{namespace}`, this TrafficSplit in `{}`",
        written.value, own.value
    );
    let error = Diagnostic::error(code::FOREIGN_SERVICE, written.span, message)
        .label("this split is not in force");
    if split.meta.written_namespace().is_none() {
        return error
            .help(format!("write `namespace: {namespace}` in its metadata, if it belongs there"));
    }
    error
        .related(own.span, "the TrafficSplit's namespace")
        .help("a TrafficSplit shares requests among Services of its own namespace")
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn services_have_names_of_several_forms() {
        for (written, expected) in [
            ("store", Some(("store", None))),
            ("store.shop", Some(("store", Some("shop")))),
            ("store.shop.svc", Some(("store", Some("shop")))),
            ("store.shop.svc.cluster.local", Some(("store", Some("shop")))),
            ("store.shop.svc.example.org", Some(("store", Some("shop")))),
            ("www.shop.example", None),
            ("store.shop.cluster.local", None),
        ] {
            assert_eq!(parts(written), expected, "{written}");
        }
    }
}
