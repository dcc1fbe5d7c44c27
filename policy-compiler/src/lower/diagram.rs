//! The decision diagram: which classes, level after level, lead to which verdict.

use std::collections::{BTreeMap, HashMap};

use decision_table::plan::{Next, Node};
use decision_table::{Denial, Reason, RuleId, Verdict};

/// A level and what every rule wants of it.
pub(super) struct Level {
    /// Why requests are denied that no rule wants any more.
    pub(super) reason: Reason,
    /// For each rule, in order: the classes it admits; `None` admits everything.
    pub(super) admitted: Vec<Option<Vec<u32>>>,
}

/// The diagram has more edges than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooManyEdges;

/// Builds the diagram of rules `0..rules` over the levels: its root and nodes.
///
/// # Errors
///
/// When it would have more than `most_edges` edges.
pub(super) fn build(
    levels: &[Level],
    rules: u32,
    most_edges: usize,
) -> Result<(Next, Vec<Node>), TooManyEdges> {
    let mut builder = Builder {
        levels,
        nodes: Vec::new(),
        interned: HashMap::new(),
        built: HashMap::new(),
        edges_left: most_edges,
    };
    let root = match rules {
        0 => denied(Reason::Destination, None),
        _ => builder.decide(0, (0..rules).collect())?,
    };
    Ok((root, builder.nodes))
}

struct Builder<'a> {
    levels: &'a [Level],
    nodes: Vec<Node>,
    /// Equal nodes are one node.
    interned: HashMap<Node, u32>,
    /// Where a level with the rules that are left leads.
    built: HashMap<(usize, Vec<u32>), Next>,
    edges_left: usize,
}

impl Builder<'_> {
    /// Where requests go of which, in front of `level`, only `left` are left of the
    /// rules that could allow them. INVARIANT: `left` is in order and not empty.
    fn decide(&mut self, level: usize, left: Vec<u32>) -> Result<Next, TooManyEdges> {
        // A rule that wants nothing more allows, whatever the others want.
        if let Some(rule) = left.iter().find(|rule| !self.wants_more(**rule, level)) {
            return Ok(Next::Leaf(Verdict::Allowed(RuleId(*rule))));
        }
        let mut level = level;
        while left.iter().all(|rule| self.admitted(*rule, level).is_none()) {
            level += 1;
        }
        let key = (level, left);
        if let Some(next) = self.built.get(&key) {
            return Ok(*next);
        }
        let next = self.look(level, &key.1)?;
        self.built.insert(key, next);
        Ok(next)
    }

    /// Looks at a level: each class leads to what the rules that admit it decide.
    fn look(&mut self, level: usize, left: &[u32]) -> Result<Next, TooManyEdges> {
        let mut indifferent = Vec::new();
        let mut admitting: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for rule in left {
            match self.admitted(*rule, level) {
                None => indifferent.push(*rule),
                Some(classes) => {
                    for class in classes {
                        admitting.entry(*class).or_default().push(*rule);
                    }
                }
            }
        }
        let otherwise = if indifferent.is_empty() {
            let reason = self.levels.get(level).map_or(Reason::Destination, |level| level.reason);
            denied(reason, left.first().copied())
        } else {
            self.decide(level + 1, indifferent.clone())?
        };
        let mut edges = Vec::new();
        for (class, mut rules) in admitting {
            rules.extend(&indifferent);
            rules.sort_unstable();
            let next = self.decide(level + 1, rules)?;
            if next != otherwise {
                edges.push((class, next));
            }
        }
        if edges.is_empty() {
            return Ok(otherwise);
        }
        self.intern(Node { level: u32::try_from(level).unwrap_or(u32::MAX), otherwise, edges })
    }

    fn intern(&mut self, node: Node) -> Result<Next, TooManyEdges> {
        if let Some(index) = self.interned.get(&node) {
            return Ok(Next::Node(*index));
        }
        let cost = node.edges.len().saturating_add(1);
        self.edges_left = self.edges_left.checked_sub(cost).ok_or(TooManyEdges)?;
        let index = u32::try_from(self.nodes.len()).map_err(|_| TooManyEdges)?;
        self.nodes.push(node.clone());
        self.interned.insert(node, index);
        Ok(Next::Node(index))
    }

    fn admitted(&self, rule: u32, level: usize) -> Option<&[u32]> {
        self.levels.get(level)?.admitted.get(rule as usize)?.as_deref()
    }

    fn wants_more(&self, rule: u32, level: usize) -> bool {
        (level..self.levels.len()).any(|level| self.admitted(rule, level).is_some())
    }
}

fn denied(reason: Reason, nearest: Option<u32>) -> Next {
    Next::Leaf(Verdict::Denied(Denial { reason, nearest: nearest.map(RuleId) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(reason: Reason, admitted: &[Option<&[u32]>]) -> Level {
        let admitted = admitted.iter().map(|classes| classes.map(<[u32]>::to_vec)).collect();
        Level { reason, admitted }
    }

    /// Walks a diagram with one class for each level.
    fn walk((root, nodes): &(Next, Vec<Node>), classes: &[u32]) -> Verdict {
        let mut next = *root;
        loop {
            match next {
                Next::Leaf(verdict) => return verdict,
                Next::Node(index) => {
                    let node = &nodes[index as usize];
                    let class = classes[node.level as usize];
                    let edge = node.edges.iter().find(|(of, _)| *of == class);
                    next = edge.map_or(node.otherwise, |(_, next)| *next);
                }
            }
        }
    }

    #[test]
    fn rules_are_a_union_and_denials_name_the_last_hope() {
        // Rule 0: peer 1, path 1, any method. Rule 1: peer 1 or 2, any path, method 1.
        let levels = [
            level(Reason::Peer, &[Some(&[1]), Some(&[1, 2])]),
            level(Reason::Path, &[Some(&[1]), None]),
            level(Reason::Method, &[None, Some(&[1])]),
        ];
        let diagram = build(&levels, 2, 100).unwrap();
        let allowed = |rule| Verdict::Allowed(RuleId(rule));
        let denied = |reason, rule| Verdict::Denied(Denial { reason, nearest: Some(RuleId(rule)) });
        assert_eq!(walk(&diagram, &[1, 1, 0]), allowed(0));
        assert_eq!(walk(&diagram, &[1, 1, 1]), allowed(0));
        assert_eq!(walk(&diagram, &[1, 0, 1]), allowed(1));
        assert_eq!(walk(&diagram, &[2, 1, 1]), allowed(1));
        assert_eq!(walk(&diagram, &[2, 1, 0]), denied(Reason::Method, 1));
        assert_eq!(walk(&diagram, &[0, 1, 1]), denied(Reason::Peer, 0));
    }

    #[test]
    fn without_rules_everything_is_denied() {
        let (root, nodes) = build(&[], 0, 100).unwrap();
        assert_eq!(root, super::denied(Reason::Destination, None));
        assert!(nodes.is_empty());
    }

    #[test]
    fn too_many_edges_are_an_error() {
        let levels = [level(Reason::Peer, &[Some(&[1]), Some(&[2])])];
        assert_eq!(build(&levels, 2, 2).unwrap_err(), TooManyEdges);
    }
}
