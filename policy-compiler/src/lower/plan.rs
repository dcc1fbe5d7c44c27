//! Putting a table together: levels in order, and a diagram for each workload.

use std::collections::{BTreeMap, BTreeSet};

use decision_table::plan::{self, Diagram, Next, Node, Plan};
use decision_table::{Denial, Reason, Verdict};
use smi_model::source::{SourceMap, Span};

use super::classes;
use super::clause::Clause;
use super::diagram::{self, TooManyEdges, Winner};
use super::levels::{Level, Maker, place};
use super::splits::Shared;
use crate::automata::Pattern;
use crate::ir::{PolicySet, Rule};

/// Why there is no table.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The automaton of a pattern exceeds the limit; where it was written.
    Pattern(Pattern, Span),
    /// The decision diagram exceeds the limit, or there are too many rules.
    Diagram,
}

impl From<TooManyEdges> for Vec<Refusal> {
    fn from(_: TooManyEdges) -> Self {
        vec![Refusal::Diagram]
    }
}

/// The contents of the table for `workload`, or for the mesh.
pub(crate) fn plan(
    policies: &PolicySet,
    sources: &SourceMap,
    workload: Option<&str>,
) -> Result<Plan, Vec<Refusal>> {
    let rules = policies.rules_of(workload);
    let count = u32::try_from(rules.len()).ok().filter(|count| *count < Plan::MOST_RULES);
    let count = count.ok_or_else(|| vec![Refusal::Diagram])?;
    let ids: Vec<u32> = (0..count).collect();
    let (peers, admitted) = classes::peers(&rules);
    let clauses: Vec<Clause<'_>> = rules.iter().map(|rule| Clause::of(rule)).collect();
    let shared = Shared::of(&policies.splits);
    let everything = || clauses.iter().chain(&shared.clauses);
    let (methods, ports) = (classes::methods(everything()), classes::ports(everything()));

    let limits = policies.options.limits;
    let mut maker = Maker::new(&methods, &ports, limits.automaton_bytes);
    let peer = Peers { classes: classes::count(&peers), admitted: &admitted };
    let parts: Vec<Part> = by_destination(&rules, &ids)
        .into_values()
        .map(|ids| Part::new(ids, &clauses, &peer, &mut maker))
        .collect();
    let mut of_splits = maker.levels(&shared.clauses);
    of_splits.extend(shared.level());
    of_splits.sort_by(|a, b| place(&a.shape).cmp(&place(&b.shape)));
    if !maker.too_large.is_empty() {
        return Err(maker.too_large.into_iter().map(|(it, at)| Refusal::Pattern(it, at)).collect());
    }

    let destinations = destinations(policies, &rules, workload);
    let mut edges_left = limits.diagram_edges;
    let levels = Levels::of(parts.iter().flat_map(|part| &part.levels).chain(&of_splits));
    let mut access = Nodes::default();
    let mut roots = Vec::new();
    for part in &parts {
        let built = diagram::build(&part.levels, &part.ids, Winner::Any, &mut edges_left)?;
        roots.push(access.append(built, &levels.places(&part.levels)));
    }
    let nobody = Next::Leaf(Verdict::Denied(Denial { reason: Reason::Destination, nearest: None }));
    let root = match (workload, roots.as_slice()) {
        (Some(_), roots) => roots.first().copied().unwrap_or(nobody),
        (None, []) => nobody,
        (None, roots) => {
            let level = levels.place(&plan::Level::Destination);
            let edges = (1..).zip(roots).map(|(class, root)| (class, *root)).collect();
            access.push(Node { level, otherwise: nobody, edges })
        }
    };
    let splits = diagram::build(&of_splits, &shared.leads_to, Winner::First, &mut edges_left)?;
    let mut split_nodes = Nodes::default();
    let split_root = split_nodes.append(splits, &levels.places(&of_splits));
    Ok(Plan {
        dialect: policies.options.dialect,
        identities: policies.options.identity_form,
        workload: workload.map(str::to_owned),
        destinations,
        peers,
        services: shared.services,
        automata: maker.automata,
        methods: methods.clone(),
        ports: ports.clone(),
        levels: levels.shapes,
        access: Diagram { root, nodes: access.0 },
        splits: Diagram { root: split_root, nodes: split_nodes.0 },
        shares: shared.shares,
        rules: rules.iter().map(|rule| provenance(rule, sources)).collect(),
    })
}

/// The ids of the rules of each destination.
fn by_destination<'a>(rules: &[&'a Rule], ids: &[u32]) -> BTreeMap<&'a str, Vec<u32>> {
    let mut groups: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for (rule, id) in rules.iter().zip(ids) {
        groups.entry(&rule.destination).or_default().push(*id);
    }
    groups
}

/// All identities of destinations, with a class for each workload, in order.
fn destinations(policies: &PolicySet, rules: &[&Rule], workload: Option<&str>) -> classes::Names {
    let all: BTreeSet<&str> = match workload {
        Some(workload) => BTreeSet::from([workload]),
        None => rules.iter().map(|rule| &*rule.destination).collect(),
    };
    let named = all.into_iter().zip(1..).flat_map(|(workload, class)| {
        policies.names_of(workload).into_iter().map(move |name| (name, class))
    });
    named.collect()
}

struct Peers<'a> {
    classes: u32,
    /// For each rule of the table.
    admitted: &'a [Vec<u32>],
}

/// The rules of one workload.
struct Part {
    ids: Vec<u32>,
    levels: Vec<Level>,
}

impl Part {
    fn new(
        ids: Vec<u32>,
        clauses: &[Clause<'_>],
        peers: &Peers<'_>,
        maker: &mut Maker<'_>,
    ) -> Self {
        let own: Vec<Clause<'_>> =
            ids.iter().filter_map(|id| clauses.get(*id as usize)).copied().collect();
        let admitted = ids.iter().map(|id| peers.admitted.get(*id as usize).cloned());
        let mut levels = vec![Level {
            shape: plan::Level::Peer,
            reason: Reason::Peer,
            classes: peers.classes,
            admitted: admitted.collect(),
        }];
        levels.extend(maker.levels(&own));
        Self { ids, levels }
    }
}

/// The levels of a table, each once.
struct Levels {
    shapes: Vec<plan::Level>,
}

impl Levels {
    fn of<'a>(levels: impl Iterator<Item = &'a Level>) -> Self {
        // Unused in a table for one workload, and worth sixteen bytes.
        let mut shapes = vec![plan::Level::Destination];
        shapes.extend(levels.map(|level| level.shape.clone()));
        shapes.sort_by(|a, b| place(a).cmp(&place(b)));
        shapes.dedup();
        Self { shapes }
    }

    fn place(&self, shape: &plan::Level) -> u32 {
        let at = self.shapes.binary_search_by(|other| place(other).cmp(&place(shape)));
        at.ok().and_then(|at| u32::try_from(at).ok()).unwrap_or(u32::MAX)
    }

    /// The places of some levels in the table.
    fn places(&self, levels: &[Level]) -> Vec<u32> {
        levels.iter().map(|level| self.place(&level.shape)).collect()
    }
}

/// The nodes of several diagrams.
#[derive(Default)]
struct Nodes(Vec<Node>);

impl Nodes {
    /// Adds a diagram whose levels are at `places`; returns its root.
    fn append(&mut self, diagram: Diagram, places: &[u32]) -> Next {
        let first = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        let moved = |next| match next {
            Next::Node(index) => Next::Node(first.saturating_add(index)),
            Next::Leaf(verdict) => Next::Leaf(verdict),
        };
        self.0.extend(diagram.nodes.into_iter().map(|node| Node {
            level: places.get(node.level as usize).copied().unwrap_or(u32::MAX),
            otherwise: moved(node.otherwise),
            edges: node.edges.into_iter().map(|(class, next)| (class, moved(next))).collect(),
        }));
        moved(diagram.root)
    }

    fn push(&mut self, node: Node) -> Next {
        let index = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0.push(node);
        Next::Node(index)
    }
}

/// What a table calls a rule, and where it says that it stands.
pub(crate) fn provenance(rule: &Rule, sources: &SourceMap) -> plan::Rule {
    let location = sources.locate(rule.span);
    plan::Rule {
        target: rule.target.to_string(),
        route: rule.route.to_string(),
        file: location.as_ref().map(|location| location.file.to_owned()).unwrap_or_default(),
        line: location.map_or(0, |location| location.line),
    }
}
