//! Whom subjects stand for.

use std::sync::Arc;

use smi_model::diagnostic::Diagnostic;
use smi_model::source::{Span, Spanned};

use super::{Resolver, nearest};
use crate::code;
use crate::identity::is_distinct;
use decision_table::IdentityForm;

/// An identity that a subject stands for.
#[derive(Clone, Debug)]
pub(super) struct Identity<'a> {
    /// Its name; that of a ServiceAccount in the first trust domain.
    pub(super) name: Arc<str>,
    /// The names of the ServiceAccount in the other trust domains.
    pub(super) others: Vec<Arc<str>>,
    /// Namespace and name of the ServiceAccount; `None` for what is named literally.
    pub(super) account: Option<(&'a str, &'a str)>,
    /// Where it was written.
    pub(super) span: Span,
}

impl Identity<'_> {
    pub(super) fn into_names(self) -> impl Iterator<Item = Arc<str>> {
        std::iter::once(self.name).chain(self.others)
    }

    /// Whether it says of itself that its workload is in this namespace.
    ///
    /// A literal may say so of other trust domains, too: clusters that trust each
    /// other mean the same by a namespace, and trust domains get new names.
    pub(super) fn is_of(&self, namespace: &str) -> bool {
        if let Some((home, _)) = self.account {
            return home == namespace;
        }
        let id = self.name.strip_prefix("spiffe://").unwrap_or_default();
        let mut parts = id.split('/').skip(1);
        parts.next() == Some("ns") && parts.next() == Some(namespace) && parts.next().is_some()
    }
}

impl<'a> Resolver<'a> {
    /// The identity of a ServiceAccount that is named, with a warning when the
    /// documents list the accounts of the namespace and this one is not among them.
    pub(super) fn named_account(
        &mut self,
        namespace: &'a str,
        name: &'a Spanned<String>,
    ) -> Option<Identity<'a>> {
        if let Some(names) = self.known.others("ServiceAccount", namespace, &name.value) {
            let message = format!(
                "there is no ServiceAccount `{}` in namespace `{namespace}` among the documents",
                name.value
            );
            let warning = Diagnostic::warning(code::UNKNOWN_SERVICE_ACCOUNT, name.span, message);
            let diagnostic = nearest::suggest(warning, name, names.iter().copied());
            self.report(diagnostic);
        }
        self.account(namespace, &name.value, name.span)
    }

    /// The identity of a ServiceAccount; `None` when that was reported.
    pub(super) fn account(
        &mut self,
        namespace: &'a str,
        name: &'a str,
        span: Span,
    ) -> Option<Identity<'a>> {
        let form = self.options.identity_form;
        let names = self.options.identities(namespace, name);
        if let Some(invalid) = names.iter().find(|name| !form.admits(name.as_bytes())) {
            let message = match form {
                IdentityForm::Spiffe => format!("`{invalid}` is not a SPIFFE ID"),
                IdentityForm::ServiceName => format!("no certificate can carry `{invalid}`"),
            };
            self.report(Diagnostic::error(code::INVALID_IDENTITY, span, message));
            return None;
        }
        if !is_distinct(form, namespace, name) {
            let message = format!("the identity of `{name}` could be that of others");
            self.report(
                Diagnostic::error(code::INVALID_IDENTITY, span, message)
                    .help("as service names, identities need ServiceAccounts without dots"),
            );
            return None;
        }
        let names: Vec<Arc<str>> = names.into_iter().map(Arc::from).collect();
        self.names.add(&names);
        let account = Some((namespace, name));
        let mut names = names.into_iter();
        Some(Identity { name: names.next()?, others: names.collect(), account, span })
    }

    /// An identity that is named literally; `None` when that was reported.
    pub(super) fn literal(&mut self, id: &Spanned<String>) -> Option<Identity<'a>> {
        let form = self.options.identity_form;
        if !form.admits(id.value.as_bytes()) {
            let message = format!("`{}` can never match", id.value);
            self.report(
                Diagnostic::error(code::INVALID_IDENTITY, id.span, message)
                    .label("this identity grants nothing")
                    .help(format!(
                        "identities have the form `{form}` here; name the `serviceAccount`"
                    )),
            );
            return None;
        }
        let name = Arc::from(id.value.as_str());
        Some(Identity { name, others: Vec::new(), account: None, span: id.span })
    }
}

#[cfg(test)]
mod tests {
    use smi_model::source::Span;

    use super::*;
    use crate::options::Options;
    use crate::resolve::testing::*;

    #[test]
    fn an_identity_tells_its_namespace_by_its_path_alone() {
        for (id, is_of) in [
            ("spiffe://td/ns/shop/sa/store", true),
            ("spiffe://other.td/ns/shop/v2", true),
            ("spiffe://td/ns/shopping/sa/store", false),
            ("spiffe://td/ns/shop", false),
            ("spiffe://ns/shop/sa/store", false),
            ("spiffe://td/a/ns/shop/sa/store", false),
            ("spiffe://td/store/shop", false),
        ] {
            let (name, span) = (Arc::from(id), Span::new(0, 0));
            let identity = Identity { name, others: Vec::new(), account: None, span };
            assert_eq!(identity.is_of("shop"), is_of, "{id}");
        }
    }

    const POLICIES: &str = "\
apiVersion: specs.smi-spec.io/v1alpha4
kind: TCPRoute
metadata: {name: all, namespace: shop}
spec: {matches: {}}
---
apiVersion: access.smi-spec.io/v1alpha4
kind: TrafficTarget
metadata: {name: t, namespace: shop}
spec:
  destination: {kind: ServiceAccount, name: store}
  sources:
  - {kind: ServiceAccount, name: buyer, namespace: town}
SOURCES  rules: [{kind: TCPRoute, name: all}]
---
apiVersion: access.smi-spec.io/v1alpha4
kind: IdentityBinding
metadata: {name: guests, namespace: shop}
spec: {schemes: {spiffeIdentities: ['spiffe://abroad/guest']}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: store, namespace: shop}
";
    const BINDING: &str = "  - {kind: IdentityBinding, name: guests}\n";

    fn options(trust_domains: &[&str], identity_form: IdentityForm) -> Options {
        let trust_domains = trust_domains.iter().map(|domain| (*domain).to_owned()).collect();
        Options { trust_domains, identity_form, ..Options::default() }
    }

    #[test]
    fn accounts_are_known_in_every_trust_domain_and_literals_as_they_are() {
        let policies = POLICIES.replace("SOURCES", BINDING);
        let options = options(&["new", "old", "new"], IdentityForm::Spiffe);
        let set = findings_with(&[&policies], &options).value;
        let store = "spiffe://new/ns/shop/sa/store";
        assert!(set.rules.iter().all(|rule| *rule.destination == *store));
        assert_eq!(
            set.rules[0].sources.iter().map(|it| &**it).collect::<Vec<_>>(),
            [
                "spiffe://abroad/guest",
                "spiffe://new/ns/town/sa/buyer",
                "spiffe://old/ns/town/sa/buyer"
            ]
        );
        assert_eq!(set.workloads().collect::<Vec<_>>(), [store]);
        let old = "spiffe://old/ns/shop/sa/store";
        assert_eq!(set.names_of(store), [store, old]);
        assert_eq!(set.names_of(old), [old, store]);
        assert_eq!(set.names_of("spiffe://abroad/guest"), ["spiffe://abroad/guest"]);
    }

    #[test]
    fn service_names_name_accounts_without_dots() {
        let options = options(&["cluster.local"], IdentityForm::ServiceName);
        let policies = POLICIES.replace("SOURCES", "");
        let set = findings_with(&[&policies], &options).value;
        assert_eq!(set.workloads().collect::<Vec<_>>(), ["store.shop.cluster.local"]);
        assert!(set.rules[0].sources.contains("buyer.town.cluster.local"));

        let dotted = policies.replace("name: buyer", "name: buyer.of");
        let findings = findings_with(&[&dotted], &options);
        assert!(findings.value.rules.is_empty() && findings.has_errors());
    }
}
