//! The decision diagram: at each node one attribute is looked at, and its class
//! says where to go next, until a leaf is reached.
//!
//! A node's successors stand on later levels, so that a decision takes at most as
//! many steps as there are levels, whatever the number of rules.

use super::levels::Levels;
use crate::verdict::{Denial, Reason, RuleId, Verdict};
use crate::wire::{FormatError, Reader, U32s};

/// Set in a reference to a leaf.
const LEAF: u32 = 1 << 31;
/// Where the reason of a leaf stands; 0 means allowed.
const REASON_SHIFT: u32 = 27;
/// The bits of the rule of a leaf.
const RULE_MASK: u32 = (1 << REASON_SHIFT) - 1;
/// The rule bits of a leaf that names no rule.
const NO_RULE: u32 = RULE_MASK;
/// The largest number of rules that a table can name.
#[cfg(feature = "alloc")]
pub(crate) const MOST_RULES: u32 = NO_RULE;
/// The largest number of nodes that can be referred to.
#[cfg(feature = "alloc")]
pub(crate) const MOST_NODES: u32 = LEAF;

/// Where a class leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
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

fn decode(word: u32) -> Option<Next> {
    if word & LEAF == 0 {
        return Some(Next::Node(word));
    }
    let rule = (word & RULE_MASK != NO_RULE).then_some(RuleId(word & RULE_MASK));
    let verdict = match (word & !LEAF) >> REASON_SHIFT {
        0 => Verdict::Allowed(rule?),
        number => {
            let reason = *LEAF_REASONS.get(number as usize - 1)?;
            Verdict::Denied(Denial { reason, nearest: rule })
        }
    };
    Some(Next::Leaf(verdict))
}

#[derive(Clone, Copy)]
pub(crate) struct Nodes<'a> {
    root: u32,
    /// Where each node starts in `body`, in words, and where the last one ends.
    starts: U32s<'a>,
    body: &'a [u8],
}

/// One node.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a> {
    level: u32,
    otherwise: u32,
    /// Pairs of class and reference, in ascending order of class.
    edges: &'a [[u8; 8]],
}

impl<'a> Nodes<'a> {
    pub(crate) fn split(bytes: &'a [u8]) -> Result<Self, FormatError> {
        let mut reader = Reader::new("nodes", bytes);
        let (root, count) = (reader.u32()?, reader.u32()?);
        let Some(starts) = count.checked_add(1) else {
            return reader.fail("a count is too large");
        };
        let starts = reader.u32s(starts)?;
        Ok(Self { root, starts, body: reader.rest() })
    }

    pub(crate) fn verify(self, levels: Levels<'_>) -> Result<(), FormatError> {
        let fail = |problem| Reader::new("nodes", &[]).fail(problem);
        if !self.leads_on(self.root, None) {
            return fail("the root leads nowhere");
        }
        for index in 0..self.count() {
            let Some(node) = self.node(index) else {
                return fail("one lies outside the section");
            };
            if node.level as usize >= levels.len() {
                return fail("one looks at a level that does not exist");
            }
            if !node.edges.is_sorted_by(|a, b| edge(*a).0 < edge(*b).0) {
                return fail("the edges of one are not in order");
            }
            let mut targets = node.edges.iter().map(|pair| edge(*pair).1).chain([node.otherwise]);
            if !targets.all(|target| self.leads_on(target, Some(node.level))) {
                return fail("an edge leads nowhere or back");
            }
        }
        Ok(())
    }

    /// Whether a reference is a leaf, or a node on a later level than `level`.
    fn leads_on(self, reference: u32, level: Option<u32>) -> bool {
        match decode(reference) {
            None => false,
            Some(Next::Leaf(_)) => true,
            Some(Next::Node(index)) => {
                self.node(index).is_some_and(|node| level.is_none_or(|level| node.level > level))
            }
        }
    }

    pub(crate) fn root(self) -> Option<Next> {
        decode(self.root)
    }

    pub(crate) fn count(self) -> u32 {
        u32::try_from(self.starts.len()).unwrap_or(u32::MAX).saturating_sub(1)
    }

    pub(crate) fn node(self, index: u32) -> Option<Node<'a>> {
        let offset = |word: u32| usize::try_from(word).ok()?.checked_mul(4);
        let start = offset(self.starts.get(index as usize)?)?;
        let end = offset(self.starts.get((index as usize).checked_add(1)?)?)?;
        let (head, edges) = self.body.get(start..end)?.split_first_chunk()?;
        let (level, otherwise) = edge(*head);
        let (edges, rest) = edges.as_chunks();
        rest.is_empty().then_some(Node { level, otherwise, edges })
    }
}

impl Node<'_> {
    pub(crate) const fn level(self) -> usize {
        self.level as usize
    }

    /// Where a class leads; `None` cannot happen in a verified table.
    pub(crate) fn next(self, class: u32) -> Option<Next> {
        let found = self.direct(class).or_else(|| {
            let found = self.edges.binary_search_by_key(&class, |pair| edge(*pair).0);
            found.ok().and_then(|index| self.edges.get(index))
        });
        decode(found.map_or(self.otherwise, |pair| edge(*pair).1))
    }

    /// The edge of a class when there is no gap in front of it, which needs no search.
    fn direct(&self, class: u32) -> Option<&[u8; 8]> {
        let first = edge(*self.edges.first()?).0;
        let pair = self.edges.get(class.checked_sub(first)? as usize)?;
        (edge(*pair).0 == class).then_some(pair)
    }
}

/// Two words.
const fn edge([a, b, c, d, e, f, g, h]: [u8; 8]) -> (u32, u32) {
    (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]))
}

#[cfg(feature = "alloc")]
pub(crate) use write::write;

#[cfg(feature = "alloc")]
mod write {
    use super::{LEAF, LEAF_REASONS, NO_RULE, REASON_SHIFT};
    use crate::plan::{Buffer, Next, Node, TooLarge};
    use crate::verdict::{Reason, RuleId, Verdict};

    pub(crate) fn write(root: Next, nodes: &[Node]) -> Result<Buffer, TooLarge> {
        let mut out = Buffer::default();
        out.u32(encode(root));
        out.length(nodes.len())?;
        let mut start = 0;
        out.length(start)?;
        for node in nodes {
            start += 2 + 2 * node.edges.len();
            out.length(start)?;
        }
        for node in nodes {
            out.u32(node.level);
            out.u32(encode(node.otherwise));
            for (class, next) in &node.edges {
                out.u32(*class);
                out.u32(encode(*next));
            }
        }
        Ok(out)
    }

    fn encode(next: Next) -> u32 {
        match next {
            Next::Node(index) => index,
            Next::Leaf(Verdict::Allowed(RuleId(rule))) => LEAF | rule,
            Next::Leaf(Verdict::Denied(denial)) => {
                let rule = denial.nearest.map_or(NO_RULE, |RuleId(rule)| rule);
                LEAF | (number(denial.reason) << REASON_SHIFT) | rule
            }
        }
    }

    fn number(reason: Reason) -> u32 {
        let index = LEAF_REASONS.iter().position(|candidate| *candidate == reason);
        // A reason that is not a table's to give still denies.
        u32::try_from(index.unwrap_or(0) + 1).unwrap_or(1)
    }
}
