//! The ways in which meshes read SMI.

/// How the open questions of the specification were answered when a table was
/// compiled. A table carries its dialect for reports; deciding does not depend
/// on it any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// The words of the specification.
    #[default]
    Spec,
    /// Open Service Mesh.
    Osm,
    /// Traefik Mesh.
    Traefik,
    /// NGINX Service Mesh.
    Nginx,
}

impl Dialect {
    /// All dialects.
    pub const ALL: [Self; 4] = [Self::Spec, Self::Osm, Self::Traefik, Self::Nginx];

    /// The name as options and reports write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spec => "spec",
            Self::Osm => "osm",
            Self::Traefik => "traefik",
            Self::Nginx => "nginx",
        }
    }

    /// The byte that stands for it in a table.
    #[must_use]
    pub const fn id(self) -> u8 {
        match self {
            Self::Spec => 0,
            Self::Osm => 1,
            Self::Traefik => 2,
            Self::Nginx => 3,
        }
    }

    /// The dialect of a byte in a table.
    #[must_use]
    pub fn from_id(id: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.id() == id)
    }
}

impl core::fmt::Display for Dialect {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

impl core::str::FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == name).ok_or(UnknownDialect)
    }
}

/// A name that is not a dialect's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownDialect;

impl core::fmt::Display for UnknownDialect {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the dialects are `spec`, `osm`, `traefik` and `nginx`")
    }
}

impl core::error::Error for UnknownDialect {}
