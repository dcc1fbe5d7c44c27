//! What the filter is configured with.
//!
//! A configuration is one of these:
//!
//! - nothing: no policy, so that everything is denied;
//! - the bytes of a table, which is enforced;
//! - settings: a JSON object on one line, and behind the line's end the bytes of the
//!   table and of the shadow table. Control planes that carry only text put tables
//!   into the object, in base64.
//!
//! All of it is good, or nothing is taken: a setting that is not known may be one
//! that somebody relies on.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use decision_table::{FormatError, Mode, Table, declared_length};
use serde::Deserialize;

/// A table that stays in a buffer of its own.
pub(crate) type OwnedTable = Table<Vec<u8>>;

/// Settings as they are written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// `enforce`, `audit` or `permissive`.
    mode: Option<String>,
    /// The table in base64, when it does not follow.
    table: Option<String>,
    /// The table that is only watched, likewise.
    shadow: Option<String>,
    /// Whether a shadow table follows the table.
    has_shadow: bool,
    /// The header whose value keeps requests with the same backend of a split.
    split_key: Option<String>,
    /// The namespace of Services that are called by their name alone.
    namespace: Option<String>,
    /// The port of the workload that the listener stands for, when it listens on
    /// another one itself.
    port: Option<u16>,
    /// Whether access logs are told about allowed requests too.
    log_allowed: bool,
}

/// What is enforced, and how.
#[derive(Default)]
pub(crate) struct Policy {
    pub(crate) mode: Mode,
    /// `None`: nobody said what is allowed.
    pub(crate) table: Option<OwnedTable>,
    /// What would be enforced, to see what it would change.
    pub(crate) shadow: Option<OwnedTable>,
    pub(crate) split_key: Option<String>,
    pub(crate) namespace: Option<String>,
    pub(crate) port: Option<u16>,
    pub(crate) log_allowed: bool,
    /// Whether a decision depends on the port: asked of every request, and so looked up
    /// once.
    pub(crate) uses_ports: bool,
    /// Whether a decision depends on the workload that is called, likewise.
    pub(crate) is_for_mesh: bool,
}

/// Why a configuration was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the settings are wrong: {0}")]
    Settings(#[from] serde_json_core::de::Error),
    #[error("`mode`: {0}")]
    Mode(#[from] decision_table::UnknownMode),
    #[error("`{0}` is not base64")]
    Base64(&'static str),
    #[error("the {0} is given twice")]
    Twice(&'static str),
    #[error("the shadow table is missing")]
    NoShadow,
    #[error("{0}")]
    Table(FormatError),
    #[error("the shadow table is refused: {0}")]
    Shadow(FormatError),
}

impl Policy {
    /// Reads a configuration.
    pub(crate) fn read(bytes: Vec<u8>) -> Result<Self, Refusal> {
        let mut policy = Self::stated(bytes)?;
        let uses_ports = policy.tables().any(Table::uses_ports);
        let is_for_mesh = policy.tables().any(|table| table.workload().is_none());
        (policy.uses_ports, policy.is_for_mesh) = (uses_ports, is_for_mesh);
        Ok(policy)
    }

    /// What a configuration says.
    fn stated(bytes: Vec<u8>) -> Result<Self, Refusal> {
        if bytes.first() != Some(&b'{') {
            let table = open(Some(bytes), Refusal::Table)?;
            return Ok(Self { table, ..Self::default() });
        }
        let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
        let (line, behind) = bytes.split_at(end);
        let mut unescaped = vec![0; line.len()];
        let (mut settings, _): (Settings, _) =
            serde_json_core::from_slice_escaped(line, &mut unescaped)?;
        let behind = behind.get(1..).unwrap_or_default();
        let [table, shadow] = tables(&mut settings, behind)?;
        Ok(Self {
            mode: settings.mode.map_or(Ok(Mode::default()), |name| name.parse())?,
            table: open(table, Refusal::Table)?,
            shadow: open(shadow, Refusal::Shadow)?,
            split_key: settings.split_key.map(|name| name.to_ascii_lowercase()),
            namespace: settings.namespace,
            port: settings.port,
            log_allowed: settings.log_allowed,
            ..Self::default()
        })
    }

    /// A number by which an operator recognises a table in a metric and in the log:
    /// the first four bytes of its digest. Zero when there is none.
    pub(crate) fn id_of(table: Option<&OwnedTable>) -> u32 {
        let digest = table.and_then(|table| table.digest().first_chunk());
        digest.map_or(0, |start| u32::from_be_bytes(*start))
    }

    /// The namespace of Services that are called by their name alone: that of the
    /// workload, unless the settings say another.
    pub(crate) fn own_namespace(&self) -> Option<String> {
        let of_workload = || {
            // spiffe://trust-domain/ns/NAMESPACE/…
            let mut parts = self.table.as_ref()?.workload()?.split('/').skip(3);
            parts.next().filter(|part| *part == "ns")?;
            parts.next().map(str::to_owned)
        };
        self.namespace.clone().or_else(of_workload)
    }

    fn tables(&self) -> impl Iterator<Item = &OwnedTable> {
        self.table.iter().chain(&self.shadow)
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.table {
            None if self.mode == Mode::Enforce => {
                f.write_str("no policy, everything will be denied")?;
            }
            None => f.write_str("no policy")?,
            Some(table) => describe(f, "table", table)?,
        }
        if let Some(shadow) = &self.shadow {
            describe(f, ", shadow table", shadow)?;
        }
        if self.mode == Mode::Enforce { Ok(()) } else { write!(f, ", mode {}", self.mode) }
    }
}

fn describe(f: &mut fmt::Formatter<'_>, what: &str, table: &OwnedTable) -> fmt::Result {
    let workload = table.workload().unwrap_or("the whole mesh");
    let id = Policy::id_of(Some(table));
    write!(f, "{what} {id:08x} for {workload}, dialect {}", table.dialect())
}

fn open(
    bytes: Option<Vec<u8>>,
    refuse: impl FnOnce(FormatError) -> Refusal,
) -> Result<Option<OwnedTable>, Refusal> {
    // Without bytes there is no table, which is not a broken one.
    let bytes = bytes.filter(|bytes| !bytes.is_empty());
    bytes.map(Table::from_bytes).transpose().map_err(refuse)
}

/// The bytes of table and shadow table, from the settings or from behind them.
fn tables(settings: &mut Settings, behind: &[u8]) -> Result<[Option<Vec<u8>>; 2], Refusal> {
    let table = decode("table", settings.table.take())?;
    let shadow = decode("shadow", settings.shadow.take())?;
    let (first, second) = match settings.has_shadow {
        true => behind.split_at(declared_length(behind).min(behind.len())),
        false => (behind, &[][..]),
    };
    if settings.has_shadow && second.is_empty() {
        return Err(Refusal::NoShadow);
    }
    Ok([one_of("table", table, first)?, one_of("shadow table", shadow, second)?])
}

fn decode(name: &'static str, text: Option<String>) -> Result<Option<Vec<u8>>, Refusal> {
    let decoded = text.map(|text| STANDARD.decode(text));
    decoded.transpose().map_err(|_| Refusal::Base64(name))
}

fn one_of(
    name: &'static str,
    inside: Option<Vec<u8>>,
    behind: &[u8],
) -> Result<Option<Vec<u8>>, Refusal> {
    match inside {
        Some(_) if !behind.is_empty() => Err(Refusal::Twice(name)),
        Some(_) => Ok(inside),
        None => Ok(Some(behind.to_vec())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Shape, table};

    fn read(parts: &[&[u8]]) -> Result<Policy, String> {
        Policy::read(parts.concat()).map_err(|refusal| refusal.to_string())
    }

    fn ids(policy: &Policy) -> [u32; 2] {
        [&policy.table, &policy.shadow].map(|table| Policy::id_of(table.as_ref()))
    }

    #[test]
    fn a_table_alone_is_enforced() {
        let policy = read(&[&table(Shape::default())]).unwrap();
        assert_eq!(policy.mode, Mode::Enforce);
        assert!(policy.table.is_some() && policy.shadow.is_none());
        assert!(read(&[]).unwrap().table.is_none());
    }

    #[test]
    fn tables_stand_behind_the_settings_or_in_them() {
        let [one, other] = [false, true].map(|mesh| table(Shape { mesh, ..Shape::default() }));
        let behind = read(&[b"{\"has_shadow\": true}\n", &one, &other]).unwrap();
        let [table, shadow] = [&one, &other].map(|bytes| STANDARD.encode(bytes));
        let inside = format!("{{\"table\": \"{table}\", \"shadow\": \"{shadow}\"}}");
        let inside = read(&[inside.as_bytes()]).unwrap();
        assert_eq!(ids(&behind), ids(&inside));
        assert!(!ids(&behind).contains(&0));
        let mixed = format!("{{\"shadow\": \"{shadow}\"}}\n");
        assert_eq!(ids(&read(&[mixed.as_bytes(), &one]).unwrap()), ids(&behind));
    }

    #[test]
    fn settings_are_read() {
        let settings = br#"{"mode": "audit", "split_key": "X-User", "namespace": "shop",
            "port": 8080, "log_allowed": true}"#;
        let settings: Vec<u8> = settings.iter().copied().filter(|byte| *byte != b'\n').collect();
        let policy = read(&[&settings]).unwrap();
        assert_eq!(policy.mode, Mode::Audit);
        assert_eq!(policy.split_key.as_deref(), Some("x-user"));
        assert_eq!(policy.namespace.as_deref(), Some("shop"));
        assert_eq!((policy.port, policy.log_allowed), (Some(8080), true));
        assert_eq!(policy.to_string(), "no policy, mode audit");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let good = table(Shape::default());
        let cut = &good[..good.len() - 1];
        let twice = format!("{{\"table\": \"{}\"}}\n", STANDARD.encode(&good));
        for (parts, problem) in [
            (&[&b"{\"moed\": \"audit\"}"[..]][..], "the settings are wrong"),
            (&[b"{\"mode\": \"open\"}"], "`mode`: the modes are"),
            (&[b"{\"table\": \"?\"}"], "`table` is not base64"),
            (&[b"{"], "the settings are wrong"),
            (&[b"{}\n", b"kind: TrafficTarget"], "not a decision table"),
            (&[b"{}\n", cut], "should have"),
            (&[b"{}\n", &good, &good], "should have"),
            (&[b"{\"has_shadow\": true}\n", &good], "the shadow table is missing"),
            (&[b"{\"has_shadow\": true}\n", &good, cut], "the shadow table is refused"),
            (&[twice.as_bytes(), &good], "the table is given twice"),
        ] {
            let refusal = read(parts).err().unwrap_or_default();
            assert!(refusal.contains(problem), "{refusal:?} instead of {problem:?}");
        }
    }
}
