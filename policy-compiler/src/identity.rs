//! Identities as certificates carry them.

use std::collections::BTreeMap;
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
pub(crate) struct Names(BTreeMap<String, Arc<[String]>>);

impl Names {
    /// Remembers that these are the names of one ServiceAccount.
    pub(crate) fn add(&mut self, names: &[String]) {
        let [first, _, ..] = names else { return };
        if !self.0.contains_key(first) {
            let shared: Arc<[String]> = Arc::from(names);
            self.0.extend(names.iter().map(|name| (name.clone(), Arc::clone(&shared))));
        }
    }

    /// The name, in the first trust domain, of whoever is known under this one.
    pub(crate) fn first<'s>(&'s self, name: &'s str) -> &'s str {
        self.0.get(name).and_then(|names| names.first()).map_or(name, String::as_str)
    }

    /// All names of whoever is known under this one, which comes first.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        let others = self.0.get(name).into_iter().flat_map(|names| names.iter());
        let others = others.filter(|other| *other != name).cloned();
        std::iter::once(name.to_owned()).chain(others).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_found_under_each_name() {
        let mut names = Names::default();
        names.add(&["a".to_owned()]);
        names.add(&["b1".to_owned(), "b2".to_owned(), "b3".to_owned()]);
        assert_eq!(names.all("b2"), ["b2", "b1", "b3"]);
        assert_eq!((names.first("b3"), names.first("b1")), ("b1", "b1"));
        assert_eq!((names.first("a"), names.all("a")), ("a", vec!["a".to_owned()]));
    }
}
