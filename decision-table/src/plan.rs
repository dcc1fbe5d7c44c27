//! Writing tables (feature `alloc`).
//!
//! A [`Plan`] says what a table contains; [`Plan::write`] gives the bytes. The
//! same plan always gives the same bytes.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use sha2::{Digest, Sha256};

use alloc::collections::BTreeMap;

use crate::dialect::Dialect;
use crate::normalise::IdentityForm;
use crate::section::{automata, levels, names, nodes, ports, provenance, shares};
use crate::table::Table;
use crate::verdict::{Denial, Reason, Verdict};
use crate::wire::{
    CHECKSUM, ENTRY_LENGTH, FORMAT_VERSION, HEADER_LENGTH, Kind, MAGIC, checksum_of,
};

/// The contents of a table. The default one is for a mesh and allows nothing.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The dialect in which the policies were read.
    pub dialect: Dialect,
    /// How identities are written.
    pub identities: IdentityForm,
    /// The identity of the workload that the table is for; `None`: a whole mesh.
    pub workload: Option<String>,
    /// Identities of destinations and their classes, from 1.
    pub destinations: Vec<(String, u32)>,
    /// Identities of peers and their classes, from 1.
    pub peers: Vec<(String, u32)>,
    /// Root Services of splits, `namespace/name`, and their classes, from 1.
    pub services: Vec<(String, u32)>,
    /// Methods that rules name and their classes, from 1.
    pub methods: Vec<(String, u32)>,
    /// Ports that rules name, in ascending order; their classes count from 1.
    pub ports: Vec<u16>,
    /// What is looked at, in this order.
    pub levels: Vec<Level>,
    /// The automata that the levels refer to.
    pub automata: Vec<Automaton>,
    /// Who may call whom.
    pub access: Diagram,
    /// Which share applies to a request for a root Service. A leaf that allows
    /// names a share in place of a rule; one that denies says that none applies.
    pub splits: Diagram,
    /// Who gets the requests that splits share.
    pub shares: Vec<Share>,
    /// Names and places of the rules by their id; empty leaves the provenance out.
    pub rules: Vec<Rule>,
}

/// What a level looks at; automata are given by their index in the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Level {
    /// HTTP is class 1, TCP 2, UDP 3.
    Protocol,
    /// The called workload, by [`Plan::destinations`].
    Destination,
    /// The caller, by [`Plan::peers`].
    Peer,
    /// The port, by [`Plan::ports`].
    Port,
    /// The path without its query.
    Path(u32),
    /// The method, by [`Plan::methods`].
    Method,
    /// The host in lower case, without port and trailing dot.
    Host(u32),
    /// All values of the header with this lower-case name.
    Header(String, u32),
    /// The root Service of a split, by [`Plan::services`].
    Service,
}

/// An automaton that tells which set of patterns matches all of a text.
///
/// State 0 is dead: it accepts class 0 and has no edges.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Automaton {
    /// The states; the first is the dead one.
    pub states: Vec<State>,
    /// The state in which a text begins.
    pub start: u32,
    /// How many classes there are; class 0 is the empty set of patterns.
    pub classes: u32,
    /// For pairs of different classes a < b that share patterns, in ascending
    /// order: the class of the shared ones. Pairs that are not listed share none.
    pub meets: Vec<[u16; 3]>,
}

/// A state of an automaton.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct State {
    /// The class of a text that ends here.
    pub class: u16,
    /// Where bytes lead, in ascending order; bytes without an edge lead to state 0.
    pub edges: Vec<Edge>,
}

/// Bytes that lead from one state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Edge {
    /// The first of the bytes.
    pub first: u8,
    /// The last of them.
    pub last: u8,
    /// The state to which they lead.
    pub to: u32,
}

/// A decision diagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagram {
    /// Where it begins.
    pub root: Next,
    /// Its nodes.
    pub nodes: Vec<Node>,
}

impl Default for Diagram {
    /// The diagram in which no rule has any destination.
    fn default() -> Self {
        let denial = Denial { reason: Reason::Destination, nearest: None };
        Self { root: Next::Leaf(Verdict::Denied(denial)), nodes: Vec::new() }
    }
}

/// A node of the diagram.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    /// What it looks at: an index into [`Plan::levels`].
    pub level: u32,
    /// Where classes without an edge lead.
    pub otherwise: Next,
    /// Where classes lead, in ascending order.
    pub edges: Vec<(u32, Next)>,
}

/// Where an edge leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Next {
    /// To the node with this index, on a later level.
    Node(u32),
    /// To an answer.
    Leaf(Verdict),
}

/// Who gets the requests that a split shares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The TrafficSplit: `namespace/name`.
    pub split: String,
    /// The backends. The sum of their weights must be positive.
    pub backends: Vec<Backend>,
}

/// A Service that gets a part of the requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// The Service: `namespace/name`.
    pub service: String,
    /// Its weight relative to the others.
    pub weight: u32,
    /// The port of its pods, when it differs from the port that a request is for.
    pub target_port: Option<u16>,
}

/// The names and the place of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// See [`RuleInfo::target`](crate::RuleInfo::target).
    pub target: String,
    /// See [`RuleInfo::route`](crate::RuleInfo::route).
    pub route: String,
    /// See [`RuleInfo::file`](crate::RuleInfo::file).
    pub file: String,
    /// See [`RuleInfo::line`](crate::RuleInfo::line).
    pub line: u32,
}

/// The contents do not fit into a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the policies do not fit into a table: it would be larger than 4 GiB")
    }
}

impl core::error::Error for TooLarge {}

impl Plan {
    /// The most rules that a table can name.
    pub const MOST_RULES: u32 = nodes::MOST_RULES;

    /// The bytes of the table.
    ///
    /// # Errors
    ///
    /// When they would be more than 4 GiB.
    pub fn write(&self) -> Result<Vec<u8>, TooLarge> {
        let mut scope = Buffer::default();
        scope.bytes(self.workload.as_deref().unwrap_or_default().as_bytes());
        let mut sections = alloc::vec![
            (Kind::Scope, scope),
            (Kind::Destinations, names::write(&self.destinations)?),
            (Kind::Peers, names::write(&self.peers)?),
            (Kind::Services, names::write(&self.services)?),
            (Kind::Methods, names::write(&self.methods)?),
            (Kind::Ports, ports::write(&self.ports)?),
            (Kind::Levels, levels::write(&self.levels)?),
            (Kind::Automata, automata::write(&self.automata)?),
            (Kind::Access, nodes::write(self.access.root, &self.access.nodes)?),
            (Kind::Splits, nodes::write(self.splits.root, &self.splits.nodes)?),
            (Kind::Shares, shares::write(&self.shares)?),
        ];
        let digest = self.digest(&sections)?;
        if !self.rules.is_empty() {
            sections.push((Kind::Provenance, provenance::write(&self.rules)?));
        }
        frame([self.dialect.id(), self.identities.id()], &digest, sections)
    }

    /// Over version, dialect, form of identities and, for each deciding section,
    /// kind, length, bytes.
    fn digest(&self, sections: &[(Kind, Buffer)]) -> Result<[u8; 32], TooLarge> {
        let mut digest = Sha256::new();
        digest.update(FORMAT_VERSION.to_le_bytes());
        digest.update([self.dialect.id(), self.identities.id()]);
        for (kind, section) in sections {
            let length = u32::try_from(section.len()).map_err(|_| TooLarge)?;
            digest.update(kind.id().to_le_bytes());
            digest.update(length.to_le_bytes());
            digest.update(&section.0);
        }
        Ok(digest.finalize().into())
    }
}

/// The bytes of a table with other names and places of its rules, and all else as
/// it is.
///
/// # Errors
///
/// When they would be more than 4 GiB.
pub fn with_provenance<B: AsRef<[u8]>>(
    table: &Table<B>,
    rules: &[Rule],
) -> Result<Vec<u8>, TooLarge> {
    let mut sections = Vec::new();
    for (kind, bytes) in table.deciding_sections() {
        let mut section = Buffer::default();
        section.bytes(bytes);
        sections.push((kind, section));
    }
    if !rules.is_empty() {
        sections.push((Kind::Provenance, provenance::write(rules)?));
    }
    let digest = table.digest().first_chunk().ok_or(TooLarge)?;
    frame([table.dialect().id(), table.identities().id()], digest, sections)
}

fn frame(
    reading: [u8; 2],
    digest: &[u8; 32],
    sections: Vec<(Kind, Buffer)>,
) -> Result<Vec<u8>, TooLarge> {
    let mut directory = Buffer::default();
    directory.length(sections.len())?;
    let mut body = Buffer::default();
    let body_start = HEADER_LENGTH + sections.len() * ENTRY_LENGTH;
    for (kind, section) in sections {
        directory.u32(kind.id());
        directory.length(body_start + body.len())?;
        directory.length(section.len())?;
        body.bytes(&section.0);
        body.pad();
    }

    let mut behind = Buffer::default();
    behind.bytes(digest);
    behind.bytes(&directory.0);
    behind.bytes(&body.0);

    let mut out = Buffer::default();
    out.bytes(&MAGIC);
    out.u16(FORMAT_VERSION);
    out.bytes(&reading);
    out.length(CHECKSUM.end + behind.len())?;
    out.u32(checksum_of(&out.0, &behind.0));
    out.bytes(&behind.0);
    Ok(out.0)
}

/// Bytes under construction.
#[derive(Clone, Debug, Default)]
pub(crate) struct Buffer(Vec<u8>);

impl Buffer {
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn u16(&mut self, value: u16) {
        self.bytes(&value.to_le_bytes());
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.bytes(&value.to_le_bytes());
    }

    /// A count, offset or length.
    pub(crate) fn length(&mut self, value: usize) -> Result<(), TooLarge> {
        self.u32(u32::try_from(value).map_err(|_| TooLarge)?);
        Ok(())
    }

    /// Adds zeros up to a multiple of four.
    pub(crate) fn pad(&mut self) {
        self.0.resize(self.0.len().next_multiple_of(4), 0);
    }

    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Texts of a section, each once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Text<'a> {
    text: Vec<u8>,
    written: BTreeMap<&'a str, usize>,
}

impl<'a> Text<'a> {
    /// Writes offset and length of a text.
    pub(crate) fn refer_to(&mut self, text: &'a str, out: &mut Buffer) -> Result<(), TooLarge> {
        let offset = *self.written.entry(text).or_insert_with(|| {
            self.text.extend_from_slice(text.as_bytes());
            self.text.len() - text.len()
        });
        out.length(offset)?;
        out.length(text.len())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.text
    }
}
