//! Which version each API group is converted to.

use std::collections::BTreeMap;

use crate::api::KindVersion;

/// The versions to convert to, at most one for each API group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Targets {
    goals: BTreeMap<&'static str, Goal>,
}

/// Where the objects of a group go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Goal {
    version: &'static str,
    /// Whether only older objects go there, and newer ones stay.
    upward_only: bool,
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
    /// Reads a list of versions: `access.smi-spec.io/v1alpha3` for one group, or
    /// `v1alpha4` for all that no other text names. A group that has not released
    /// that version goes up to its newest one before.
    ///
    /// # Errors
    ///
    /// When a text is no version of SMI, or a group is named twice.
    pub fn parse<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Self, TargetError> {
        let (mut all, mut single) = (BTreeMap::new(), BTreeMap::new());
        for text in texts {
            let (chosen, targets) = match text.split_once('/') {
                Some((group, version)) => (of_group(group, version), &mut single),
                None => (of_all_groups(text), &mut all),
            };
            if chosen.is_empty() {
                return Err(TargetError::Unknown(text.to_owned()));
            }
            for (group, goal) in chosen {
                if targets.insert(group, goal).is_some_and(|other| other != goal) {
                    return Err(TargetError::Twice(group));
                }
            }
        }
        all.extend(single);
        Ok(Self { goals: all })
    }

    /// With the newest version for every group that has none, a draft only when
    /// it is needed.
    pub(super) fn or_newest(mut self, needs_draft: bool) -> Self {
        // Within a group, the newest version comes last.
        let fit = KindVersion::of_smi().filter(|row| needs_draft || row.is_released());
        for row in fit.rev() {
            let goal = Goal { version: row.version, upward_only: false };
            self.goals.entry(row.group).or_insert(goal);
        }
        self
    }

    /// The version that objects of a group are converted to.
    pub(super) fn version(&self, group: &str) -> Option<&'static str> {
        self.goals.get(group).map(|goal| goal.version)
    }

    /// The version that an object of this version is converted to.
    pub(super) fn version_after(&self, group: &str, version: &'static str) -> &'static str {
        match self.goals.get(group) {
            // Versions have one digit, and compare as texts.
            Some(goal) if !goal.upward_only || version < goal.version => goal.version,
            _ => version,
        }
    }
}

/// A group by its name, when it has the version.
fn of_group(group: &str, version: &str) -> BTreeMap<&'static str, Goal> {
    KindVersion::of_smi()
        .filter(|row| row.group == group && row.version == version)
        .map(|row| (row.group, Goal { version: row.version, upward_only: false }))
        .collect()
}

/// All groups, each with the newest version that it has released up to this one;
/// none when no group has it. A draft must be asked for by its group.
fn of_all_groups(version: &str) -> BTreeMap<&'static str, Goal> {
    let rows = || KindVersion::of_smi().filter(|row| row.is_released());
    if !rows().any(|row| row.version == version) {
        return BTreeMap::new();
    }
    let mut goals: BTreeMap<&'static str, Goal> = BTreeMap::new();
    for row in rows().filter(|row| row.version <= version) {
        let goal = Goal { version: row.version, upward_only: row.version < version };
        let newest = goals.entry(row.group).or_insert(goal);
        if newest.version < row.version {
            *newest = goal;
        }
    }
    goals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_for_all_groups_as_far_as_they_have_it() {
        let targets = Targets::parse(["v1alpha4", "split.smi-spec.io/v1alpha2"]).unwrap();
        assert_eq!(targets.version("specs.smi-spec.io"), Some("v1alpha4"));
        assert_eq!(targets.version("split.smi-spec.io"), Some("v1alpha2"));
        assert_eq!(targets.version("access.smi-spec.io"), Some("v1alpha3"), "v1alpha4 is a draft");
        assert_eq!(targets.version_after("access.smi-spec.io", "v1alpha1"), "v1alpha3");
        assert_eq!(targets.version_after("access.smi-spec.io", "v1alpha4"), "v1alpha4");
        assert_eq!(targets.version_after("split.smi-spec.io", "v1alpha4"), "v1alpha2");
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
