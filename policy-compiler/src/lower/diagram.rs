//! The decision diagram: which classes, level after level, lead to which verdict.

use std::collections::{BTreeMap, HashMap};

use decision_table::plan::{Diagram, Next, Node};
use decision_table::{Denial, Reason, RuleId, Verdict};

use super::levels::Level;

/// Which of the rules that a request fulfils a leaf names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Winner {
    /// One of them: that which wants the least. A leaf is reached as soon as any
    /// rule wants nothing more.
    Any,
    /// The first of them, even when that takes a longer look.
    First,
}

/// The diagram has more edges than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooManyEdges;

/// Builds the diagram of rules, given by their ids, over their levels. Takes its
/// edges from `edges_left`.
///
/// # Errors
///
/// When none is left.
pub(super) fn build(
    levels: &[Level],
    rules: &[u32],
    winner: Winner,
    edges_left: &mut usize,
) -> Result<Diagram, TooManyEdges> {
    let mut builder = Builder {
        levels,
        rules,
        winner,
        nodes: Vec::new(),
        interned: HashMap::new(),
        built: HashMap::new(),
        edges_left,
    };
    let root = match (0..).take(rules.len()).collect::<Vec<u32>>() {
        none if none.is_empty() => denied(Reason::Destination, None),
        all => builder.decide(0, all)?,
    };
    Ok(Diagram { root, nodes: builder.nodes })
}

struct Builder<'a> {
    levels: &'a [Level],
    rules: &'a [u32],
    winner: Winner,
    nodes: Vec<Node>,
    /// Equal nodes are one node.
    interned: HashMap<Node, u32>,
    /// Where a level with the rules that are left leads.
    built: HashMap<(usize, Vec<u32>), Next>,
    edges_left: &'a mut usize,
}

impl Builder<'_> {
    /// Where requests go of which, in front of `level`, only `left` are left of the
    /// rules that could allow them. INVARIANT: `left` is in order and not empty.
    fn decide(&mut self, level: usize, left: Vec<u32>) -> Result<Next, TooManyEdges> {
        let candidates = match self.winner {
            Winner::Any => left.len(),
            Winner::First => 1,
        };
        let mut candidates = left.iter().take(candidates);
        if let Some(rule) = candidates.find(|rule| !self.wants_more(**rule, level)) {
            return Ok(Next::Leaf(Verdict::Allowed(RuleId(self.id(*rule)))));
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
        let others = if indifferent.is_empty() {
            self.missed(level, left)
        } else {
            self.decide(level + 1, indifferent.clone())?
        };
        let mut edges = Vec::with_capacity(admitting.len());
        for (class, mut rules) in admitting {
            rules.extend(&indifferent);
            rules.sort_unstable();
            edges.push((class, self.decide(level + 1, rules)?));
        }
        let classes = self.levels.get(level).map_or(0, |level| level.classes);
        let (otherwise, edges) = shortest(others, edges, classes);
        if edges.is_empty() {
            return Ok(otherwise);
        }
        self.intern(Node { level: u32::try_from(level).unwrap_or(u32::MAX), otherwise, edges })
    }

    /// The denial of a request that was lost at a level: its reason, and the rule
    /// that came nearest.
    fn missed(&self, level: usize, left: &[u32]) -> Next {
        match self.winner {
            Winner::Any => {
                let reason = self.levels.get(level).map_or(Reason::Destination, |it| it.reason);
                denied(reason, left.first().map(|rule| self.id(*rule)))
            }
            Winner::First => denied(Reason::Destination, None),
        }
    }

    fn intern(&mut self, node: Node) -> Result<Next, TooManyEdges> {
        if let Some(index) = self.interned.get(&node) {
            return Ok(Next::Node(*index));
        }
        let cost = node.edges.len().saturating_add(1);
        *self.edges_left = self.edges_left.checked_sub(cost).ok_or(TooManyEdges)?;
        let index = u32::try_from(self.nodes.len()).map_err(|_| TooManyEdges)?;
        self.nodes.push(node.clone());
        self.interned.insert(node, index);
        Ok(Next::Node(index))
    }

    fn id(&self, rule: u32) -> u32 {
        self.rules.get(rule as usize).copied().unwrap_or(u32::MAX)
    }

    fn admitted(&self, rule: u32, level: usize) -> Option<&[u32]> {
        self.levels.get(level)?.admitted.get(rule as usize)?.as_deref()
    }

    fn wants_more(&self, rule: u32, level: usize) -> bool {
        (level..self.levels.len()).any(|level| self.admitted(rule, level).is_some())
    }
}

/// The fewest edges for classes `0..classes`, of which those in `edges` lead
/// elsewhere than `others`: where most of them lead needs none.
///
/// A rule with an open path admits nearly every class of an automaton that other
/// rules share.
fn shortest(others: Next, edges: Vec<(u32, Next)>, classes: u32) -> (Next, Vec<(u32, Next)>) {
    let mut counts: HashMap<Next, usize> = HashMap::new();
    for (_, next) in &edges {
        *counts.entry(*next).or_default() += 1;
    }
    let count = |next: &Next| counts.get(next).copied().unwrap_or(0);
    let unlisted = (classes as usize).saturating_sub(edges.len());
    // Among equals the last one of the edges, whatever the order of the counts.
    let listed = edges.iter().map(|(_, next)| *next).filter(|next| *next != others);
    match listed.max_by_key(count) {
        Some(most) if count(&most) > unlisted + count(&others) => {
            let mut by_class = vec![others; classes as usize];
            for (class, next) in edges {
                if let Some(slot) = by_class.get_mut(class as usize) {
                    *slot = next;
                }
            }
            (most, (0..).zip(by_class).filter(|(_, next)| *next != most).collect())
        }
        _ => (others, edges.into_iter().filter(|(_, next)| *next != others).collect()),
    }
}

fn denied(reason: Reason, nearest: Option<u32>) -> Next {
    Next::Leaf(Verdict::Denied(Denial { reason, nearest: nearest.map(RuleId) }))
}

#[cfg(test)]
mod tests {
    use decision_table::plan;

    use super::*;

    fn level(reason: Reason, admitted: &[Option<&[u32]>]) -> Level {
        let admitted = admitted.iter().map(|classes| classes.map(<[u32]>::to_vec)).collect();
        Level { shape: plan::Level::Peer, reason, classes: 3, admitted }
    }

    fn diagram(levels: &[Level], rules: u32, winner: Winner) -> Diagram {
        let ids: Vec<u32> = (0..rules).collect();
        build(levels, &ids, winner, &mut 100).unwrap()
    }

    /// Walks a diagram with one class for each level.
    fn walk(Diagram { root, nodes }: &Diagram, classes: &[u32]) -> Verdict {
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
        let diagram = diagram(&levels, 2, Winner::Any);
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
        let Diagram { root, nodes } = diagram(&[], 0, Winner::Any);
        assert_eq!(root, super::denied(Reason::Destination, None));
        assert!(nodes.is_empty());
    }

    #[test]
    fn too_many_edges_are_an_error() {
        let levels = [level(Reason::Peer, &[Some(&[1]), Some(&[2])])];
        assert_eq!(build(&levels, &[0, 1], Winner::Any, &mut 2).unwrap_err(), TooManyEdges);
    }

    #[test]
    fn the_first_rule_wins_where_the_order_counts() {
        // Rule 0 wants a method, rule 1 nothing.
        let levels = [level(Reason::Method, &[Some(&[1]), None])];
        let first = diagram(&levels, 2, Winner::First);
        assert_eq!(walk(&first, &[1]), Verdict::Allowed(RuleId(0)));
        assert_eq!(walk(&first, &[0]), Verdict::Allowed(RuleId(1)));
        let any = diagram(&levels, 2, Winner::Any);
        assert_eq!(any.root, Next::Leaf(Verdict::Allowed(RuleId(1))));
    }

    #[test]
    fn where_most_classes_lead_needs_no_edges() {
        let classes: Vec<u32> = (1..100).collect();
        let level = Level { classes: 100, ..level(Reason::Path, &[Some(&classes)]) };
        let Diagram { nodes, .. } = diagram(&[level], 1, Winner::Any);
        let lost = super::denied(Reason::Path, Some(0));
        assert_eq!(nodes[0].edges, [(0, lost)]);
        assert_eq!(nodes[0].otherwise, Next::Leaf(Verdict::Allowed(RuleId(0))));
    }
}
