//! Identities as certificates carry them.

use std::collections::HashMap;
use std::sync::Arc;

use decision_table::IdentityForm;

/// Whether the identity of this ServiceAccount is that of no other one.
///
/// In a service name nothing tells dots of names from those between them: `a.b` in
/// namespace `c` under `d` would be `a` in `b` under `c.d`.
pub(crate) fn is_distinct(form: IdentityForm, namespace: &str, service_account: &str) -> bool {
    match form {
        IdentityForm::Spiffe => true,
        IdentityForm::ServiceName => !namespace.contains('.') && !service_account.contains('.'),
    }
}

/// The names of those who have several, one for each trust domain.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names(HashMap<Arc<str>, Arc<[Arc<str>]>>);

impl Names {
    /// Remembers that these are the names of one ServiceAccount.
    pub(crate) fn add(&mut self, names: &[Arc<str>]) {
        let [first, _, ..] = names else { return };
        if !self.0.contains_key(first) {
            let shared: Arc<[Arc<str>]> = Arc::from(names);
            self.0.extend(names.iter().map(|name| (Arc::clone(name), Arc::clone(&shared))));
        }
    }

    /// The name, in the first trust domain, of whoever is known under this one.
    pub(crate) fn first<'s>(&'s self, name: &'s Arc<str>) -> &'s Arc<str> {
        self.known(name).first().unwrap_or(name)
    }

    /// All names of whoever is known under this one, which comes first.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        let others = self.known(name).iter().filter(|other| ***other != *name);
        let others = others.map(|other| other.to_string());
        std::iter::once(name.to_owned()).chain(others).collect()
    }

    /// All names, in the order of trust domains; none of those who have only one.
    pub(crate) fn known(&self, name: &str) -> &[Arc<str>] {
        self.0.get(name).map_or(&[], |names| names)
    }
}

/// The identities that a rule admits, in order, each once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sources(Arc<[Arc<str>]>);

impl Sources {
    /// Of identities in any order.
    pub(crate) fn new(mut identities: Vec<Arc<str>>) -> Self {
        identities.sort_unstable();
        identities.dedup();
        Self(Arc::from(identities))
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<str>> {
        self.0.iter()
    }

    pub(crate) fn contains(&self, identity: &str) -> bool {
        self.0.binary_search_by(|source| (**source).cmp(identity)).is_ok()
    }

    pub(crate) fn is_subset(&self, of: &Self) -> bool {
        self.0.iter().all(|source| of.contains(source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_found_under_each_name() {
        let mut names = Names::default();
        let [a, b1, b2, b3] = ["a", "b1", "b2", "b3"].map(Arc::<str>::from);
        names.add(std::slice::from_ref(&a));
        names.add(&[b1.clone(), b2.clone(), b3.clone()]);
        assert_eq!(names.all("b2"), ["b2", "b1", "b3"]);
        assert_eq!((names.first(&b3), names.first(&b1)), (&b1, &b1));
        assert_eq!((names.first(&a), names.all("a")), (&a, vec!["a".to_owned()]));
    }

    #[test]
    fn sources_are_a_set() {
        let sources =
            |names: &[&str]| Sources::new(names.iter().map(|it| Arc::from(*it)).collect());
        let [some, all] = [sources(&["c", "a", "c"]), sources(&["a", "b", "c"])];
        assert_eq!(some.iter().map(|it| &**it).collect::<Vec<_>>(), ["a", "c"]);
        assert!(some.contains("c") && !some.contains("b"));
        assert!(some.is_subset(&all) && !all.is_subset(&some));
        assert!(all < some, "ordered as lists");
    }
}
