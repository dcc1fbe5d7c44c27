//! A decision diagram: at each node one attribute is looked at, and its class
//! says where to go next, until a leaf is reached.
//!
//! A node's successors stand on later levels, so that a decision takes at most as
//! many steps as there are levels, whatever the number of rules.

use super::levels::Levels;
use crate::verdict::{Denial, Reason, RuleId, Verdict};
use crate::wire::{FormatError, Part, Reader, Words};

/// The two highest bits of a word tell what it is: a class or the place of a node
/// (`0x`), a leaf (`10`), or the head of a node (`11`). So a reference is known to
/// be one by looking at the word that it leads to.
const TAG: u32 = 0b11 << 30;
const LEAF: u32 = 0b10 << 30;
const HEAD: u32 = 0b11 << 30;
/// Where the reason of a leaf stands; 0 means allowed.
const REASON_SHIFT: u32 = 27;
/// The bits of the rule of a leaf.
const RULE_MASK: u32 = (1 << REASON_SHIFT) - 1;
/// The rule bits of a leaf that names no rule.
const NO_RULE: u32 = RULE_MASK;
/// Words of a node in front of its edges: head, number of edges, otherwise.
const NODE_WORDS: usize = 3;
/// The largest number of rules that a table can name.
#[cfg(feature = "alloc")]
pub(crate) const MOST_RULES: u32 = NO_RULE;

/// Where a class leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// To the node at this word.
    Node(u32),
    Leaf(Verdict),
}

/// Reasons that a leaf may carry, by number. The others are not a table's to give.
const LEAF_REASONS: [Reason; 7] = [
    Reason::Destination,
    Reason::Peer,
    Reason::Port,
    Reason::Path,
    Reason::Method,
    Reason::Host,
    Reason::Header,
];

/// Whether a reference leads to a node, and not to a leaf.
pub(crate) const fn is_node(reference: u32) -> bool {
    reference & LEAF == 0
}

/// The verdict of a leaf.
pub(crate) fn verdict(reference: u32) -> Option<Verdict> {
    match decode(reference)? {
        Next::Leaf(verdict) => Some(verdict),
        Next::Node(_) => None,
    }
}

fn decode(word: u32) -> Option<Next> {
    if is_node(word) {
        return Some(Next::Node(word));
    }
    let rule = (word & RULE_MASK != NO_RULE).then_some(RuleId(word & RULE_MASK));
    let verdict = match (word & !TAG) >> REASON_SHIFT {
        0 => Verdict::Allowed(rule?),
        number => {
            let reason = *LEAF_REASONS.get(number as usize - 1)?;
            Verdict::Denied(Denial { reason, nearest: rule })
        }
    };
    (word & TAG == LEAF).then_some(Next::Leaf(verdict))
}

/// What leaves may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaves {
    /// Verdicts on access.
    Rules,
    /// One of so many shares of splits, or no split.
    Shares(u32),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Nodes {
    root: u32,
    body: Part,
}

/// One node.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a> {
    level: u32,
    otherwise: u32,
    /// Pairs of class and reference, in ascending order of class.
    edges: &'a [[[u8; 4]; 2]],
}

impl Nodes {
    /// Reads and verifies the section.
    pub(crate) fn open(
        mut reader: Reader<'_>,
        levels: Levels,
        leaves: Leaves,
    ) -> Result<Self, FormatError> {
        let root = reader.u32()?;
        let nodes = Self { root, body: reader.rest() };
        let words = nodes.words(reader.table);
        if !nodes.body.len().is_multiple_of(4) {
            return reader.fail("it ends within a word");
        }
        if !nodes.leads_on(words, root, None, leaves) {
            return reader.fail("the root leads nowhere");
        }
        let mut at = 0;
        while at < words.len() {
            let Some(node) = u32::try_from(at).ok().and_then(|at| node(words, at)) else {
                return reader.fail("one is cut off");
            };
            if node.level >= levels.len() {
                return reader.fail("one looks at a level that does not exist");
            }
            let classes = node.edges.iter().map(|pair| edge(*pair).0);
            if classes.clone().any(|class| class & LEAF != 0) || !classes.is_sorted_by(|a, b| a < b)
            {
                return reader.fail("the edges of one are not in order");
            }
            let mut targets = node.edges.iter().map(|pair| edge(*pair).1).chain([node.otherwise]);
            if !targets.all(|target| nodes.leads_on(words, target, Some(node.level), leaves)) {
                return reader.fail("an edge leads nowhere or back");
            }
            at += NODE_WORDS + 2 * node.edges.len();
        }
        Ok(nodes)
    }

    /// Whether a reference is a leaf, or a node on a later level than `level`.
    fn leads_on(self, words: Words<'_>, to: u32, level: Option<u32>, leaves: Leaves) -> bool {
        match (decode(to), leaves) {
            (None, _) => false,
            (Some(Next::Leaf(_)), Leaves::Rules) => true,
            (Some(Next::Leaf(Verdict::Allowed(RuleId(share)))), Leaves::Shares(most)) => {
                share < most
            }
            (Some(Next::Leaf(Verdict::Denied(denial))), Leaves::Shares(_)) => {
                denial.nearest.is_none()
            }
            (Some(Next::Node(index)), _) => {
                node(words, index).is_some_and(|node| level.is_none_or(|level| node.level > level))
            }
        }
    }

    pub(crate) const fn root(self) -> u32 {
        self.root
    }

    pub(crate) fn words(self, table: &[u8]) -> Words<'_> {
        self.body.words(table)
    }

    /// How many nodes there are.
    pub(crate) fn count(self, table: &[u8]) -> u32 {
        let words = self.words(table);
        let heads = (0..words.len()).filter(|at| words.get(*at).is_some_and(|it| it & TAG == HEAD));
        u32::try_from(heads.count()).unwrap_or(u32::MAX)
    }
}

/// The node at a word; `None` when there is none.
pub(crate) fn node(words: Words<'_>, at: u32) -> Option<Node<'_>> {
    let ([head, count, otherwise], rest) = words.split(at)?;
    if head & TAG != HEAD {
        return None;
    }
    let edges = rest.pairs().get(..count as usize)?;
    Some(Node { level: head & !TAG, otherwise, edges })
}

impl Node<'_> {
    pub(crate) const fn level(self) -> u32 {
        self.level
    }

    /// The reference to which a class leads.
    pub(crate) fn next(self, class: u32) -> u32 {
        if let Some(reference) = self.direct(class) {
            return reference;
        }
        let found = self.edges.binary_search_by_key(&class, |pair| edge(*pair).0);
        let pair = found.ok().and_then(|index| self.edges.get(index));
        pair.map_or(self.otherwise, |pair| edge(*pair).1)
    }

    /// The edge of a class when there is no gap in front of it, or when it is in
    /// front of all, which needs no search.
    fn direct(&self, class: u32) -> Option<u32> {
        let Some(first) = self.edges.first() else { return Some(self.otherwise) };
        let Some(index) = class.checked_sub(edge(*first).0) else { return Some(self.otherwise) };
        let (of, reference) = edge(*self.edges.get(index as usize)?);
        (of == class).then_some(reference)
    }
}

/// Class and reference.
const fn edge([class, reference]: [[u8; 4]; 2]) -> (u32, u32) {
    (u32::from_le_bytes(class), u32::from_le_bytes(reference))
}

#[cfg(feature = "alloc")]
pub(crate) use write::write;

#[cfg(feature = "alloc")]
mod write {
    use super::{HEAD, LEAF, LEAF_REASONS, MOST_RULES, NO_RULE, NODE_WORDS, REASON_SHIFT, TAG};
    use crate::plan::{Buffer, Next, Node, TooLarge};
    use crate::verdict::{Reason, RuleId, Verdict};
    use alloc::vec::Vec;

    pub(crate) fn write(root: Next, nodes: &[Node]) -> Result<Buffer, TooLarge> {
        let mut places = Vec::with_capacity(nodes.len());
        let mut place = 0_u32;
        for node in nodes {
            places.push(place);
            let words = u32::try_from(NODE_WORDS + 2 * node.edges.len()).map_err(|_| TooLarge)?;
            place = place.checked_add(words).filter(|end| *end < LEAF).ok_or(TooLarge)?;
        }
        let mut out = Buffer::default();
        out.u32(encode(root, &places)?);
        for node in nodes {
            out.u32(HEAD | untagged(node.level)?);
            out.length(node.edges.len())?;
            out.u32(encode(node.otherwise, &places)?);
            for (class, next) in &node.edges {
                out.u32(untagged(*class)?);
                out.u32(encode(*next, &places)?);
            }
        }
        Ok(out)
    }

    fn encode(next: Next, places: &[u32]) -> Result<u32, TooLarge> {
        Ok(match next {
            // A node that is not there becomes a place that verification refuses.
            Next::Node(index) => places.get(index as usize).copied().unwrap_or(LEAF - 1),
            Next::Leaf(Verdict::Allowed(rule)) => LEAF | bits(rule)?,
            Next::Leaf(Verdict::Denied(denial)) => {
                let rule = denial.nearest.map_or(Ok(NO_RULE), bits)?;
                LEAF | (number(denial.reason) << REASON_SHIFT) | rule
            }
        })
    }

    /// A number beside the two bits that tell what a word is.
    fn untagged(number: u32) -> Result<u32, TooLarge> {
        if number & TAG == 0 { Ok(number) } else { Err(TooLarge) }
    }

    fn bits(RuleId(rule): RuleId) -> Result<u32, TooLarge> {
        if rule < MOST_RULES { Ok(rule) } else { Err(TooLarge) }
    }

    fn number(reason: Reason) -> u32 {
        let index = LEAF_REASONS.iter().position(|candidate| *candidate == reason);
        // A reason that is not a table's to give still denies.
        u32::try_from(index.unwrap_or(0) + 1).unwrap_or(1)
    }
}
