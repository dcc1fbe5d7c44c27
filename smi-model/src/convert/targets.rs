//! Which version each API group is converted to.

use std::collections::BTreeMap;

use crate::api::{SCHEMAS, Schema, UNRELEASED};

/// The versions to convert to, at most one for each API group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Targets {
    versions: BTreeMap<&'static str, &'static str>,
}

/// Why a text names no version to convert to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// No group has such a version.
    #[error("`{0}` is not a version of SMI; write `v1alpha4` or `access.smi-spec.io/v1alpha3`")]
    Unknown(String),
    /// The group is named twice with different versions.
    #[error("`{0}` is to be converted to two versions")]
    Twice(&'static str),
}

impl Targets {
    /// Reads a list of versions: `v1alpha4` for every group that has released it,
    /// or `access.smi-spec.io/v1alpha3` for one group, which outweighs the former.
    ///
    /// # Errors
    ///
    /// When a text is no version of SMI, or a group is named twice.
    pub fn parse<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Self, TargetError> {
        let (mut all, mut single) = (BTreeMap::new(), BTreeMap::new());
        for text in texts {
            let (chosen, targets) = match text.split_once('/') {
                Some((group, version)) => (matching(Some(group), version), &mut single),
                None => (matching(None, text), &mut all),
            };
            if chosen.is_empty() {
                return Err(TargetError::Unknown(text.to_owned()));
            }
            for (group, version) in chosen {
                if targets.insert(group, version).is_some_and(|other| other != version) {
                    return Err(TargetError::Twice(group));
                }
            }
        }
        all.extend(single);
        Ok(Self { versions: all })
    }

    /// With the newest version for every group that has none, a draft only when
    /// it is needed.
    pub(super) fn or_newest(mut self, needs_draft: bool) -> Self {
        let is_fit = |row: &&Schema| {
            row.smi.is_some() && (needs_draft || (row.group, row.version) != UNRELEASED)
        };
        // Within a group, the newest version comes last.
        for row in SCHEMAS.iter().rev().filter(is_fit) {
            self.versions.entry(row.group).or_insert(row.version);
        }
        self
    }

    /// The version that objects of a group are converted to.
    pub(super) fn version(&self, group: &str) -> Option<&'static str> {
        self.versions.get(group).copied()
    }
}

/// The groups that have a version. A draft must be asked for by its group.
fn matching(group: Option<&str>, version: &str) -> BTreeMap<&'static str, &'static str> {
    let rows = SCHEMAS.iter().filter(|row| row.smi.is_some() && row.version == version);
    rows.filter(|row| match group {
        Some(group) => group == row.group,
        None => (row.group, row.version) != UNRELEASED,
    })
    .map(|row| (row.group, row.version))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_for_all_groups_that_have_it() {
        let targets = Targets::parse(["v1alpha4", "split.smi-spec.io/v1alpha2"]).unwrap();
        assert_eq!(targets.version("specs.smi-spec.io"), Some("v1alpha4"));
        assert_eq!(targets.version("split.smi-spec.io"), Some("v1alpha2"));
        assert_eq!(targets.version("metrics.smi-spec.io"), None);
        assert_eq!(targets.version("access.smi-spec.io"), None, "it is a draft there");
        let draft = Targets::parse(["access.smi-spec.io/v1alpha4"]).unwrap();
        assert_eq!(draft.version("access.smi-spec.io"), Some("v1alpha4"));
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in ["v1", "v1beta1", "apps/v1", "split.smi-spec.io", "access/v1alpha3", ""] {
            assert_eq!(Targets::parse([text]), Err(TargetError::Unknown(text.to_owned())));
        }
        assert_eq!(
            Targets::parse(["v1alpha2", "v1alpha3"]),
            Err(TargetError::Twice("access.smi-spec.io"))
        );
    }
}
