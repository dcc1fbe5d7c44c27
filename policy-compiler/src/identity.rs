//! Identities as certificates carry them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// How certificates name ServiceAccounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentityForm {
    /// `spiffe://<trust domain>/ns/<namespace>/sa/<name>`.
    #[default]
    Spiffe,
    /// `<name>.<namespace>.<trust domain>`, as in Open Service Mesh.
    ServiceName,
}

impl IdentityForm {
    /// All forms.
    pub const ALL: [Self; 2] = [Self::Spiffe, Self::ServiceName];

    /// The name as options write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spiffe => "spiffe",
            Self::ServiceName => "service-name",
        }
    }

    /// The identity of a ServiceAccount.
    ///
    /// ```
    /// use policy_compiler::IdentityForm;
    ///
    /// let id = IdentityForm::ServiceName.identity("cluster.local", "bookstore", "bookstore-v1");
    /// assert_eq!(id, "bookstore-v1.bookstore.cluster.local");
    /// ```
    #[must_use]
    pub fn identity(self, trust_domain: &str, namespace: &str, service_account: &str) -> String {
        match self {
            Self::Spiffe => crate::spiffe_id(trust_domain, namespace, service_account),
            Self::ServiceName => format!("{service_account}.{namespace}.{trust_domain}"),
        }
    }

    /// Whether a certificate can carry this identity: one that none can carry would
    /// never match.
    #[must_use]
    pub fn is_valid(self, identity: &str) -> bool {
        const LONGEST_NAME: usize = 253;
        let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        match self {
            Self::Spiffe => decision_table::normalise::is_spiffe_id(identity.as_bytes()),
            Self::ServiceName => {
                (1..=LONGEST_NAME).contains(&identity.len()) && identity.bytes().all(is_of_name)
            }
        }
    }

    /// Whether the identity of this ServiceAccount is that of no other one.
    ///
    /// In a service name nothing tells dots of names from those between them:
    /// `a.b` in namespace `c` under `d` would be `a` in `b` under `c.d`.
    pub(crate) fn is_distinct(self, namespace: &str, service_account: &str) -> bool {
        match self {
            Self::Spiffe => true,
            Self::ServiceName => !namespace.contains('.') && !service_account.contains('.'),
        }
    }
}

impl fmt::Display for IdentityForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for IdentityForm {
    type Err = UnknownForm;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|form| form.name() == name).ok_or(UnknownForm)
    }
}

/// A name that is no [`IdentityForm`]'s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownForm;

impl fmt::Display for UnknownForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the forms of identities are `spiffe` and `service-name`")
    }
}

impl std::error::Error for UnknownForm {}

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
    fn service_names_have_an_alphabet_and_an_end() {
        let form = IdentityForm::ServiceName;
        for valid in ["store.shop.cluster.local", "a_b.c-d.E", &"a".repeat(253)] {
            assert!(form.is_valid(valid), "{valid}");
        }
        for invalid in ["", "spiffe://td/ns/a/sa/b", "a b", "ä.b.c", "a,b", &"a".repeat(254)] {
            assert!(!form.is_valid(invalid), "{invalid}");
        }
    }

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
