//! The verified table.

use crate::dialect::Dialect;
use crate::normalise::IdentityForm;
use crate::section::automata::{Automata, Located, Shape};
use crate::section::levels::{Attribute, Levels};
use crate::section::names::Names;
use crate::section::nodes::{Leaves, Nodes};
use crate::section::ports::Ports;
use crate::section::provenance::{Provenance, RuleInfo};
use crate::section::shares::{Share, Shares};
use crate::verdict::RuleId;
use crate::wire::{self, Directory, FormatError, Kind, Part, malformed};

/// A decision table: bytes that were verified, and where their parts lie.
///
/// `B` is whatever holds the bytes: a slice, a `Vec<u8>`, a buffer that the host
/// allocated. They are read in place and must not change, as none of these do.
#[derive(Clone, Debug)]
pub struct Table<B> {
    bytes: B,
    pub(crate) parts: Parts,
}

/// Where the parts of a table lie, and what its header says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts {
    dialect: Dialect,
    pub(crate) identities: IdentityForm,
    pub(crate) scope: Part,
    pub(crate) destinations: Names,
    pub(crate) peers: Names,
    pub(crate) services: Names,
    pub(crate) methods: Names,
    pub(crate) ports: Ports,
    pub(crate) levels: Levels,
    pub(crate) automata: Automata,
    /// The automaton of paths, when there is just one.
    pub(crate) paths: Option<Located>,
    pub(crate) access: Nodes,
    pub(crate) splits: Nodes,
    pub(crate) shares: Shares,
    provenance: Provenance,
}

impl Parts {
    /// Verifies everything.
    fn open(bytes: &[u8]) -> Result<Self, FormatError> {
        let directory: Directory = wire::open(bytes)?;
        let header = |at: usize| bytes.get(at).copied().unwrap_or(u8::MAX);
        let dialect = Dialect::from_id(header(wire::DIALECT));
        let identities = IdentityForm::from_id(header(wire::IDENTITIES));
        let identities =
            identities.ok_or(malformed("header", "the form of identities is unknown"))?;
        let read = |kind| directory.reader(kind, bytes);
        let names = |kind, is_fine: &dyn Fn(&[u8]) -> bool| Names::open(read(kind), is_fine);
        let is_identity = |name: &[u8]| identities.admits(name);
        let is_text = |name: &[u8]| core::str::from_utf8(name).is_ok();

        let scope = directory.part(Kind::Scope);
        if scope.len() > 0 && !is_identity(scope.of(bytes)) {
            return Err(malformed("scope", "it is not an identity"));
        }
        let automata = Automata::open(read(Kind::Automata))?;
        let levels = Levels::open(read(Kind::Levels), automata.len())?;
        let shares = Shares::open(read(Kind::Shares))?;
        Ok(Self {
            dialect: dialect.ok_or(malformed("header", "the dialect is unknown"))?,
            identities,
            scope,
            destinations: names(Kind::Destinations, &is_identity)?,
            peers: names(Kind::Peers, &is_identity)?,
            services: names(Kind::Services, &is_text)?,
            methods: names(Kind::Methods, &is_text)?,
            ports: Ports::open(read(Kind::Ports))?,
            levels,
            automata,
            paths: only_path(levels, bytes).and_then(|index| automata.locate(bytes, index)),
            access: Nodes::open(read(Kind::Access), levels, Leaves::Rules)?,
            splits: Nodes::open(read(Kind::Splits), levels, Leaves::Shares(shares.len()))?,
            shares,
            provenance: Provenance::open(read(Kind::Provenance))?,
        })
    }
}

/// The automaton of the only level that looks at paths.
fn only_path(levels: Levels, table: &[u8]) -> Option<u32> {
    let mut paths = levels.iter(table).filter_map(|level| match level {
        Attribute::Path(index) => Some(index),
        _ => None,
    });
    paths.next().filter(|_| paths.next().is_none())
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
        let parts = Parts::open(bytes.as_ref())?;
        Ok(Self { bytes, parts })
    }

    /// The identity of the workload that the table is for; `None` when it is for a
    /// whole mesh.
    pub fn workload(&self) -> Option<&str> {
        let scope = core::str::from_utf8(self.parts.scope.of(self.as_bytes())).unwrap_or_default();
        (!scope.is_empty()).then_some(scope)
    }

    /// The dialect in which the policies were read.
    pub const fn dialect(&self) -> Dialect {
        self.parts.dialect
    }

    /// How identities are written.
    pub const fn identities(&self) -> IdentityForm {
        self.parts.identities
    }

    /// SHA-256 over everything that decides (not over the provenance): two tables
    /// with the same digest give the same verdicts.
    pub fn digest(&self) -> &[u8] {
        self.as_bytes().get(wire::DIGEST).unwrap_or_default()
    }

    /// The names and the place of a rule, when the table carries provenance.
    pub fn rule(&self, rule: RuleId) -> Option<RuleInfo<'_>> {
        self.parts.provenance.get(self.as_bytes(), rule)
    }

    /// How many rules the table knows by name: 0 when it has no provenance.
    pub const fn named_rules(&self) -> u32 {
        self.parts.provenance.len()
    }

    /// Whether any rule depends on the port, so that a host can spare itself
    /// asking for it.
    pub fn uses_ports(&self) -> bool {
        self.levels().any(|level| level == Attribute::Port)
    }

    /// Whether any rule names this identity as a peer.
    pub fn lists_peer(&self, identity: &[u8]) -> bool {
        self.parts.peers.class(self.as_bytes(), identity) != 0
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.as_ref()
    }

    /// What the table looks at, in this order.
    pub fn levels(&self) -> impl Iterator<Item = Attribute<'_>> {
        self.parts.levels.iter(self.as_bytes())
    }
}

/// What a table contains, for people and tools.
impl<B: AsRef<[u8]>> Table<B> {
    /// The sections that it has, and their lengths in bytes, in their order.
    pub fn sections(&self) -> impl Iterator<Item = (&'static str, usize)> {
        let directory = wire::open(self.as_bytes()).unwrap_or_default();
        let sections = Kind::ALL.into_iter();
        sections.map(move |kind| (kind.name(), directory.part(kind).len()))
    }

    /// All sections but the provenance, with their bytes.
    #[cfg(feature = "alloc")]
    pub(crate) fn deciding_sections(&self) -> impl Iterator<Item = (Kind, &[u8])> {
        let directory = wire::open(self.as_bytes()).unwrap_or_default();
        let kinds = Kind::ALL.into_iter().filter(|kind| *kind != Kind::Provenance);
        kinds.map(move |kind| (kind, directory.part(kind).of(self.as_bytes())))
    }

    /// The size of each automaton.
    pub fn automata(&self) -> impl Iterator<Item = Shape> {
        let all = 0..self.parts.automata.len();
        all.filter_map(|index| Some(self.parts.automata.get(self.as_bytes(), index)?.shape()))
    }

    /// How many nodes the decision diagrams of access and of splits have.
    pub fn nodes(&self) -> (u32, u32) {
        let bytes = self.as_bytes();
        (self.parts.access.count(bytes), self.parts.splits.count(bytes))
    }

    /// Identities of destinations with their classes.
    pub fn destinations(&self) -> impl Iterator<Item = (&[u8], u32)> {
        self.parts.destinations.iter(self.as_bytes())
    }

    /// Identities of peers with their classes: those of one class may do the same.
    pub fn peers(&self) -> impl Iterator<Item = (&[u8], u32)> {
        self.parts.peers.iter(self.as_bytes())
    }

    /// Methods that rules name, with their classes.
    pub fn methods(&self) -> impl Iterator<Item = (&[u8], u32)> {
        self.parts.methods.iter(self.as_bytes())
    }

    /// Root Services of splits, `namespace/name`, with their classes.
    pub fn services(&self) -> impl Iterator<Item = (&[u8], u32)> {
        self.parts.services.iter(self.as_bytes())
    }

    /// Ports that rules name.
    pub fn ports(&self) -> impl Iterator<Item = u16> {
        self.parts.ports.iter(self.as_bytes())
    }

    /// The shares of all splits.
    pub fn shares(&self) -> impl Iterator<Item = Share<'_>> {
        let all = 0..self.parts.shares.len();
        all.filter_map(|index| self.parts.shares.get(self.as_bytes(), index))
    }
}
