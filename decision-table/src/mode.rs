//! What a host does with verdicts.

use crate::verdict::Verdict;

/// Whether a host enforces verdicts. A matter of the host's configuration, not of
/// a table: the same table can be watched before it is enforced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// What is denied does not pass.
    #[default]
    Enforce,
    /// Everything passes. Decisions are made, counted and logged all the same.
    Audit,
    /// Everything passes and no decision is made; splits still apply. Open
    /// Service Mesh calls it the permissive traffic policy mode.
    Permissive,
}

impl Mode {
    /// All modes.
    pub const ALL: [Self; 3] = [Self::Enforce, Self::Audit, Self::Permissive];

    /// The name as options and configurations write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Audit => "audit",
            Self::Permissive => "permissive",
        }
    }

    /// Whether a request with this verdict may pass.
    #[must_use]
    pub const fn admits(self, verdict: Verdict) -> bool {
        match self {
            Self::Enforce => verdict.is_allowed(),
            Self::Audit | Self::Permissive => true,
        }
    }

    /// Whether the host asks for verdicts at all.
    #[must_use]
    pub const fn decides(self) -> bool {
        !matches!(self, Self::Permissive)
    }
}

impl core::fmt::Display for Mode {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

impl core::str::FromStr for Mode {
    type Err = UnknownMode;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|mode| mode.name() == name).ok_or(UnknownMode)
    }
}

/// A name that is not a mode's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownMode;

impl core::fmt::Display for UnknownMode {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the modes are `enforce`, `audit` and `permissive`")
    }
}

impl core::error::Error for UnknownMode {}
