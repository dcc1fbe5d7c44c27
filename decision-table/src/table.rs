//! The verified table.

use crate::dialect::Dialect;
use crate::section::automata::Automata;
use crate::section::levels::{Attribute, Levels};
use crate::section::names::Names;
use crate::section::nodes::Nodes;
use crate::section::ports::Ports;
use crate::section::provenance::{Provenance, RuleInfo};
use crate::verdict::RuleId;
use crate::wire::{self, Directory, FormatError, Kind, malformed};

/// A decision table: bytes that were verified, and where their parts lie.
///
/// `B` is whatever holds the bytes: a slice, a `Vec<u8>`, a buffer that the host
/// allocated. They are read in place and must not change, as none of these do.
#[derive(Clone, Debug)]
pub struct Table<B> {
    bytes: B,
    directory: Directory,
    dialect: Dialect,
}

impl<B: AsRef<[u8]>> Table<B> {
    /// Verifies bytes from outside: the only place where they can be refused.
    ///
    /// Afterwards [`decide`](Self::decide) cannot fail. The cost is one pass over
    /// the bytes; nothing is allocated.
    ///
    /// # Errors
    ///
    /// When the bytes are not a table, are of another format version, were cut or
    /// damaged, or contradict themselves.
    pub fn from_bytes(bytes: B) -> Result<Self, FormatError> {
        let directory = wire::open(bytes.as_ref())?;
        let dialect = bytes.as_ref().get(10).copied().and_then(Dialect::from_id);
        let dialect = dialect.ok_or(malformed("header", "the dialect is unknown"))?;
        let table = Self { bytes, directory, dialect };
        table.verify()?;
        Ok(table)
    }

    /// Each part is made once with all checks. [`sections`](Self::sections) makes
    /// them again from the same bytes, without.
    fn verify(&self) -> Result<(), FormatError> {
        let scope = core::str::from_utf8(self.scope());
        scope.map_err(|_| malformed("scope", "it is not text"))?;
        for kind in [Kind::Destinations, Kind::Peers, Kind::Methods] {
            Names::split(kind.name(), self.section(kind))?.verify(kind.name())?;
        }
        Ports::split(self.section(Kind::Ports))?.verify()?;
        let automata = Automata::split(self.section(Kind::Automata))?;
        automata.verify()?;
        let levels = Levels::split(self.section(Kind::Levels))?;
        levels.verify(automata)?;
        Nodes::split(self.section(Kind::Nodes))?.verify(levels)?;
        Provenance::split(self.section(Kind::Provenance))?.verify()
    }

    /// The SPIFFE ID of the workload that the table is for; `None` when it is for
    /// a whole mesh.
    pub fn workload(&self) -> Option<&str> {
        let scope = core::str::from_utf8(self.scope()).unwrap_or_default();
        (!scope.is_empty()).then_some(scope)
    }

    /// The dialect in which the policies were read.
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// SHA-256 over everything that decides (not over the provenance): two tables
    /// with the same digest give the same verdicts.
    pub fn digest(&self) -> &[u8] {
        self.as_bytes().get(wire::DIGEST).unwrap_or_default()
    }

    /// The names and the place of a rule, when the table carries provenance.
    pub fn rule(&self, rule: RuleId) -> Option<RuleInfo<'_>> {
        Provenance::split(self.section(Kind::Provenance)).ok()?.get(rule)
    }

    /// How many rules the table knows by name: 0 when it has no provenance.
    pub fn named_rules(&self) -> usize {
        Provenance::split(self.section(Kind::Provenance)).map_or(0, Provenance::len)
    }

    /// How many nodes its decision diagram has.
    pub fn nodes(&self) -> u32 {
        Nodes::split(self.section(Kind::Nodes)).map_or(0, Nodes::count)
    }

    /// How many states its automata have together.
    pub fn states(&self) -> u32 {
        let automata = Automata::split(self.section(Kind::Automata)).ok();
        automata.map_or(0, |automata| {
            let count = u32::try_from(automata.len()).unwrap_or(u32::MAX);
            (0..count).filter_map(|index| automata.get(index)).map(|part| part.states()).sum()
        })
    }

    /// Whether any rule depends on the port, so that a host can spare itself
    /// asking for it.
    pub fn uses_ports(&self) -> bool {
        let levels = Levels::split(self.section(Kind::Levels));
        levels.is_ok_and(|levels| levels.iter().any(|level| level == Attribute::Port))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.as_ref()
    }

    /// The parts that decide; `None` cannot happen in a verified table.
    pub(crate) fn sections(&self) -> Option<Sections<'_>> {
        let names = |kind: Kind| Names::split(kind.name(), self.section(kind)).ok();
        Some(Sections {
            destinations: names(Kind::Destinations)?,
            peers: names(Kind::Peers)?,
            methods: names(Kind::Methods)?,
            ports: Ports::split(self.section(Kind::Ports)).ok()?,
            levels: Levels::split(self.section(Kind::Levels)).ok()?,
            automata: Automata::split(self.section(Kind::Automata)).ok()?,
            nodes: Nodes::split(self.section(Kind::Nodes)).ok()?,
        })
    }

    /// [`workload`](Self::workload) as bytes; empty for a whole mesh.
    pub(crate) fn scope(&self) -> &[u8] {
        self.section(Kind::Scope)
    }

    fn section(&self, kind: Kind) -> &[u8] {
        self.directory.section(kind, self.as_bytes())
    }
}

/// The parts of a table that take part in a decision.
#[derive(Clone, Copy)]
pub(crate) struct Sections<'a> {
    pub(crate) destinations: Names<'a>,
    pub(crate) peers: Names<'a>,
    pub(crate) methods: Names<'a>,
    pub(crate) ports: Ports<'a>,
    pub(crate) levels: Levels<'a>,
    pub(crate) automata: Automata<'a>,
    pub(crate) nodes: Nodes<'a>,
}
