//! What becomes of findings: nothing, a warning or an error.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use smi_model::diagnostic::{Diagnostic, Severity, suggest};

use super::{Lint, find, find_by_code, rules};

/// The name that stands for every lint.
const ALL: &str = "all";

/// What becomes of the findings of a lint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// They are not even looked for.
    Allow,
    /// They are warnings.
    Warn,
    /// They are errors.
    Deny,
}

impl Level {
    /// All levels, from the mildest on.
    pub const ALL: [Self; 3] = [Self::Allow, Self::Warn, Self::Deny];

    /// The name as options and files write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(name: &str) -> Result<Self, UnknownLevel> {
        Self::ALL.into_iter().find(|level| level.name() == name).ok_or(UnknownLevel)
    }
}

/// A name that is no [`Level`]'s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownLevel;

impl fmt::Display for UnknownLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the levels of lints are `allow`, `warn` and `deny`")
    }
}

impl std::error::Error for UnknownLevel {}

/// The levels of all lints.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    /// Those of lints that were set on their own.
    of_some: BTreeMap<&'static str, Level>,
    /// That of all others; `None`: their own.
    of_others: Option<Level>,
}

impl Levels {
    /// Sets the level of a lint, or, with the name `all`, that of every lint.
    ///
    /// # Errors
    ///
    /// When there is no lint of this name.
    pub fn set(&mut self, name: &str, level: Level) -> Result<(), UnknownLint> {
        if name == ALL {
            *self = Self { of_some: BTreeMap::new(), of_others: Some(level) };
            return Ok(());
        }
        let lint = find(name).ok_or_else(|| UnknownLint::of(name))?;
        self.of_some.insert(lint.name(), level);
        Ok(())
    }

    /// Sets several levels of equal weight: one of a lint counts for more than one
    /// of `all`, and the stricter of two for the same lint.
    ///
    /// # Errors
    ///
    /// When there is no lint of one of the names.
    pub fn set_all<'n>(
        &mut self,
        levels: impl IntoIterator<Item = (&'n str, Level)>,
    ) -> Result<(), UnknownLint> {
        let mut levels: Vec<(&str, Level)> = levels.into_iter().collect();
        levels.sort_by_key(|(name, level)| (*name != ALL, *level));
        levels.into_iter().try_for_each(|(name, level)| self.set(name, level))
    }

    /// The level of a lint.
    #[must_use]
    pub fn of(&self, lint: &Lint) -> Level {
        let own = self.of_some.get(lint.name()).copied();
        own.or(self.of_others).unwrap_or(lint.default)
    }

    /// Gives a finding its severity; false when it is allowed. What is not of a
    /// lint stays as it is.
    pub(super) fn apply(&self, finding: &mut Diagnostic) -> bool {
        let Some(lint) = find_by_code(finding.code) else { return true };
        finding.severity = match self.of(lint) {
            Level::Allow => return false,
            Level::Warn => Severity::Warning,
            Level::Deny => Severity::Error,
        };
        true
    }
}

/// A name that is no lint's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownLint {
    name: String,
    nearest: Option<&'static str>,
}

impl UnknownLint {
    /// The error for this name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let nearest = suggest::closest(name, rules::ALL.iter().map(|lint| lint.name()));
        Self { name: name.to_owned(), nearest }
    }

    /// The name of a lint that may be meant.
    #[must_use]
    pub const fn nearest(&self) -> Option<&'static str> {
        self.nearest
    }
}

impl fmt::Display for UnknownLint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no lint `{}`", self.name)?;
        match self.nearest {
            Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for UnknownLint {}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(levels: &Levels, name: &str) -> Level {
        levels.of(find(name).unwrap())
    }

    #[test]
    fn what_is_said_of_one_lint_outweighs_what_is_said_of_all() {
        let mut levels = Levels::default();
        let default = find("open-ended-path").unwrap().default_level();
        assert_eq!(level(&levels, "open-ended-path"), default);
        levels.set_all([("open-ended-path", Level::Deny), ("all", Level::Allow)]).unwrap();
        assert_eq!(level(&levels, "open-ended-path"), Level::Deny);
        assert_eq!(level(&levels, "unused-route"), Level::Allow);
        levels.set_all([("all", Level::Warn)]).unwrap();
        assert_eq!(level(&levels, "open-ended-path"), Level::Warn, "said later");
    }

    #[test]
    fn of_two_levels_the_stricter_counts() {
        let mut levels = Levels::default();
        levels.set_all([("SMI501", Level::Deny), ("unused-route", Level::Allow)]).unwrap();
        assert_eq!(level(&levels, "unused-route"), Level::Deny);
    }

    #[test]
    fn names_that_nobody_has_are_errors() {
        let error = Levels::default().set("open-end-path", Level::Warn).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no lint `open-end-path`; did you mean `open-ended-path`?"
        );
        assert_eq!(UnknownLint::of("x").to_string(), "there is no lint `x`");
    }
}
