//! What is looked at of a request, and what each clause wants of it.

use std::collections::{BTreeSet, HashMap};

use decision_table::Reason;
use decision_table::plan::{self, Automaton};
use smi_model::source::Span;

use super::classes::{self, Names};
use super::clause::Clause;
use crate::automata::{Pattern, Text, pack};

/// A level and what every clause wants of it.
pub(super) struct Level {
    pub(super) shape: plan::Level,
    /// Why requests are denied that no clause wants any more.
    pub(super) reason: Reason,
    /// How many classes there are, from 0.
    pub(super) classes: u32,
    /// For each clause, in order: the classes it admits; `None` admits everything.
    pub(super) admitted: Vec<Option<Vec<u32>>>,
}

/// The order in which levels are looked at. Of one attribute, several automata
/// have a level each.
pub(super) fn place(level: &plan::Level) -> (u32, &str, u32) {
    match level {
        plan::Level::Destination => (0, "", 0),
        plan::Level::Service => (1, "", 0),
        plan::Level::Peer => (2, "", 0),
        plan::Level::Protocol => (3, "", 0),
        plan::Level::Port => (4, "", 0),
        plan::Level::Path(automaton) => (5, "", *automaton),
        plan::Level::Method => (6, "", 0),
        plan::Level::Host(automaton) => (7, "", *automaton),
        plan::Level::Header(name, automaton) => (8, name, *automaton),
    }
}

/// Makes levels, with automata that all levels of a table share.
pub(super) struct Maker<'a> {
    pub(super) methods: &'a Names,
    pub(super) ports: &'a [u16],
    /// Bytes that an automaton may take while it is built.
    limit: usize,
    pub(super) automata: Vec<Automaton>,
    known: HashMap<Automaton, u32>,
    /// Patterns that are too large, and where they were written.
    pub(super) too_large: Vec<(Pattern, Span)>,
}

impl<'a> Maker<'a> {
    pub(super) fn new(methods: &'a Names, ports: &'a [u16], limit: usize) -> Self {
        let (automata, known) = (Vec::new(), HashMap::new());
        Self { methods, ports, limit, automata, known, too_large: Vec::new() }
    }

    /// The levels of some clauses, in order; none that no clause cares about.
    pub(super) fn levels(&mut self, clauses: &[Clause<'_>]) -> Vec<Level> {
        let mut levels = Vec::new();
        let mut add = |shape, reason, classes, admitted: Vec<Option<Vec<u32>>>| {
            if admitted.iter().any(Option::is_some) {
                levels.push(Level { shape, reason, classes, admitted });
            }
        };
        let protocols = clauses.iter().map(|clause| clause.protocol.map(|class| vec![class]));
        add(plan::Level::Protocol, Reason::Port, 4, protocols.collect());
        let ports = clauses
            .iter()
            .map(|clause| clause.ports.map(|ports| classes::classes_of_ports(self.ports, ports)));
        add(plan::Level::Port, Reason::Port, classes::class(self.ports.len()), ports.collect());
        let methods = clauses.iter().map(|clause| {
            clause.methods().map(|methods| classes::classes_of_methods(self.methods, methods))
        });
        let count = classes::count(self.methods);
        add(plan::Level::Method, Reason::Method, count, methods.collect());

        levels.extend(self.patterns(
            clauses,
            (Reason::Path, Text::Path),
            &plan::Level::Path,
            &|clause| clause.path(),
        ));
        levels.extend(self.patterns(
            clauses,
            (Reason::Host, Text::Host),
            &plan::Level::Host,
            &|clause| clause.host(),
        ));
        let names: BTreeSet<&str> = clauses.iter().flat_map(Clause::header_names).collect();
        for name in names {
            levels.extend(self.patterns(
                clauses,
                (Reason::Header, Text::Header),
                &|automaton| plan::Level::Header(name.to_owned(), automaton),
                &|clause| clause.header(name),
            ));
        }
        levels.sort_by(|a, b| place(&a.shape).cmp(&place(&b.shape)));
        levels
    }

    /// A level for each automaton that the patterns of an attribute need.
    fn patterns(
        &mut self,
        clauses: &[Clause<'_>],
        (reason, text): (Reason, Text),
        shape: &dyn Fn(u32) -> plan::Level,
        of: &dyn for<'c> Fn(&Clause<'c>) -> Option<&'c Pattern>,
    ) -> Vec<Level> {
        let patterns: BTreeSet<&Pattern> = clauses.iter().filter_map(of).collect();
        let groups = match pack(&patterns, text, self.limit) {
            Ok(groups) => groups,
            Err(too_large) => {
                for pattern in too_large {
                    let has_it = |clause: &&Clause<'_>| of(clause) == Some(&pattern);
                    let span = clauses.iter().find(has_it).map(|clause| clause.span);
                    self.too_large.push((pattern, span.unwrap_or_default()));
                }
                return Vec::new();
            }
        };
        let level = |group: crate::automata::Group| {
            let classes = |clause: &Clause<'_>| group.classes.get(of(clause)?).cloned();
            let admitted = clauses.iter().map(classes).collect();
            let classes = group.automaton.classes;
            let shape = shape(self.share(group.automaton));
            Level { shape, reason, classes, admitted }
        };
        groups.into_iter().map(level).collect()
    }

    /// The index of an automaton; equal ones are one.
    fn share(&mut self, automaton: Automaton) -> u32 {
        let next = u32::try_from(self.automata.len()).unwrap_or(u32::MAX);
        if let Some(index) = self.known.get(&automaton) {
            return *index;
        }
        self.automata.push(automaton.clone());
        self.known.insert(automaton, next);
        next
    }
}
