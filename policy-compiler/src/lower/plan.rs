//! Putting a table together: levels in order, each with its classes.

use std::collections::BTreeSet;

use decision_table::Reason;
use decision_table::plan::{self, Automaton, Plan};
use smi_model::source::SourceMap;

use super::classes::{self, http};
use super::diagram::{self, Level};
use crate::automata::{Pattern, Values, pack};
use crate::ir::{Condition, PolicySet, Rule};

/// Why there is no table.
#[derive(Debug)]
pub(crate) enum Refusal<'a> {
    /// The automaton of a pattern exceeds the limit; a rule that has it.
    Pattern(Pattern, &'a Rule),
    /// The decision diagram exceeds the limit, or there are too many rules.
    Diagram,
}

/// The contents of the table for `workload`, or for the mesh.
pub(crate) fn plan<'a>(
    policies: &'a PolicySet,
    sources: &SourceMap,
    workload: Option<&str>,
) -> Result<Plan, Vec<Refusal<'a>>> {
    let rules: Vec<&Rule> = policies
        .rules
        .iter()
        .filter(|rule| workload.is_none_or(|workload| rule.destination == workload))
        .collect();
    let count = u32::try_from(rules.len()).ok().filter(|count| *count < Plan::MOST_RULES);
    let count = count.ok_or_else(|| vec![Refusal::Diagram])?;

    let destinations = classes::destinations(&rules, workload);
    let peers = classes::peers(&rules);
    let ports = classes::ports(&rules);
    let methods = classes::methods(&rules);
    let mut lowering = Lowering { rules: &rules, policies, parts: Parts::default() };
    lowering.add(plan::Level::Destination, Reason::Destination, destinations.admitted);
    lowering.add(plan::Level::Peer, Reason::Peer, peers.admitted);
    lowering.add(plan::Level::Protocol, Reason::Port, protocols(&rules));
    lowering.add(plan::Level::Port, Reason::Port, ports.admitted);
    lowering
        .patterns(Reason::Path, Values::One, &plan::Level::Path, |rule| http(rule)?.path.as_ref());
    lowering.add(plan::Level::Method, Reason::Method, methods.admitted);
    lowering
        .patterns(Reason::Host, Values::One, &plan::Level::Host, |rule| http(rule)?.host.as_ref());
    for name in header_names(&rules) {
        let level = |automaton| plan::Level::Header(name.to_owned(), automaton);
        lowering.patterns(Reason::Header, Values::Several, &level, |rule| {
            http(rule)?.headers.get(name)
        });
    }

    let Parts { levels, shapes, automata, refusals } = lowering.parts;
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let (root, nodes) = diagram::build(&levels, count, policies.options.limits.diagram_edges)
        .map_err(|_| vec![Refusal::Diagram])?;
    Ok(Plan {
        dialect: policies.options.dialect,
        workload: workload.map(str::to_owned),
        destinations: destinations.names,
        peers: peers.names,
        methods: methods.names,
        ports: ports.names.into_iter().map(|(port, _)| port).collect(),
        levels: shapes,
        automata,
        nodes,
        root,
        rules: rules.iter().map(|rule| provenance(rule, sources)).collect(),
    })
}

/// The levels so far.
#[derive(Default)]
struct Parts<'a> {
    levels: Vec<Level>,
    /// The same levels as the table names them.
    shapes: Vec<plan::Level>,
    automata: Vec<Automaton>,
    refusals: Vec<Refusal<'a>>,
}

struct Lowering<'a, 'r> {
    rules: &'r [&'a Rule],
    policies: &'a PolicySet,
    parts: Parts<'a>,
}

impl<'a> Lowering<'a, '_> {
    /// Adds a level, unless no rule wants anything of it.
    fn add(&mut self, shape: plan::Level, reason: Reason, admitted: Vec<Option<Vec<u32>>>) {
        if admitted.iter().any(Option::is_some) {
            self.parts.levels.push(Level { reason, admitted });
            self.parts.shapes.push(shape);
        }
    }

    /// Adds a level for each automaton that the patterns of an attribute need.
    fn patterns(
        &mut self,
        reason: Reason,
        values: Values,
        shape: &dyn Fn(u32) -> plan::Level,
        of: impl Fn(&'a Rule) -> Option<&'a Pattern>,
    ) {
        let patterns: BTreeSet<&Pattern> = self.rules.iter().filter_map(|rule| of(rule)).collect();
        match pack(&patterns, values, self.policies.options.limits.automaton_bytes) {
            Ok(groups) => {
                for group in groups {
                    let classes = |rule: &&'a Rule| group.classes.get(of(rule)?).cloned();
                    let admitted = self.rules.iter().map(classes).collect();
                    let index = u32::try_from(self.parts.automata.len()).unwrap_or(u32::MAX);
                    self.parts.automata.push(group.automaton);
                    self.add(shape(index), reason, admitted);
                }
            }
            Err(too_large) => {
                for pattern in too_large {
                    let rule = self.rules.iter().find(|rule| of(rule) == Some(&pattern));
                    let refusal = rule.map(|rule| Refusal::Pattern(pattern, rule));
                    self.parts.refusals.extend(refusal);
                }
            }
        }
    }
}

fn protocols(rules: &[&Rule]) -> Vec<Option<Vec<u32>>> {
    let class = |rule: &&Rule| match rule.condition {
        Condition::Http(_) => Some(vec![1]),
        Condition::Tcp => Some(vec![2]),
        Condition::Udp => Some(vec![3]),
    };
    rules.iter().map(class).collect()
}

fn header_names<'a>(rules: &[&'a Rule]) -> BTreeSet<&'a str> {
    let conditions = rules.iter().filter_map(|rule| http(rule));
    conditions.flat_map(|condition| condition.headers.keys()).map(String::as_str).collect()
}

fn provenance(rule: &Rule, sources: &SourceMap) -> plan::Rule {
    let location = sources.locate(rule.span);
    plan::Rule {
        target: rule.target.clone(),
        route: rule.route.clone(),
        file: location.as_ref().map(|location| location.file.to_owned()).unwrap_or_default(),
        line: location.map_or(0, |location| location.line),
    }
}
