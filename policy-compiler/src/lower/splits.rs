//! Splits: which share applies to a request for a root Service.

use std::collections::BTreeMap;

use decision_table::Reason;
use decision_table::plan;

use super::classes::{Names, class};
use super::clause::{Clause, HTTP};
use super::levels::Level;
use crate::ir::{Share, Split};

/// The clauses of all splits, and the shares that they lead to.
pub(super) struct Shared<'a> {
    /// Root Services and their classes.
    pub(super) services: Names,
    /// In the order in which they win.
    pub(super) clauses: Vec<Clause<'a>>,
    /// The class of the root of each clause.
    roots: Vec<u32>,
    /// The share of each clause.
    pub(super) leads_to: Vec<u32>,
    pub(super) shares: Vec<plan::Share>,
}

impl<'a> Shared<'a> {
    pub(super) fn of(splits: &'a [Split]) -> Self {
        let mut shared = Self {
            services: Vec::new(),
            clauses: Vec::new(),
            roots: Vec::new(),
            leads_to: Vec::new(),
            shares: Vec::new(),
        };
        let mut roots: BTreeMap<String, Vec<&Split>> = BTreeMap::new();
        for split in splits {
            roots.entry(format!("{}/{}", split.namespace, split.root)).or_default().push(split);
        }
        for (service, mut splits) in roots {
            let root = class(shared.services.len());
            shared.services.push((service, root));
            // Splits with conditions win over the one without.
            splits.sort_by_key(|split| (split.conditions.is_none(), &split.name));
            for split in splits {
                for share in &split.shares {
                    shared.add(root, split, share);
                }
            }
        }
        shared
    }

    fn add(&mut self, root: u32, split: &'a Split, share: &'a Share) {
        let number = u32::try_from(self.shares.len()).unwrap_or(u32::MAX);
        let in_namespace = |service: &str| format!("{}/{service}", split.namespace);
        let backends = share.backends.iter().map(|backend| plan::Backend {
            service: in_namespace(&backend.service),
            weight: backend.weight,
            target_port: backend.target_port,
        });
        let backends = backends.collect();
        self.shares.push(plan::Share { split: in_namespace(&split.name), backends });
        let clause = |protocol, http| Clause {
            protocol,
            ports: share.ports.as_ref(),
            http,
            span: split.span,
        };
        let clauses = match &split.conditions {
            None => vec![clause(None, None)],
            Some(conditions) => conditions.iter().map(|it| clause(Some(HTTP), Some(it))).collect(),
        };
        for clause in clauses {
            self.clauses.push(clause);
            self.roots.push(root);
            self.leads_to.push(number);
        }
    }

    /// The level of the root Service.
    pub(super) fn level(&self) -> Option<Level> {
        let admitted: Vec<_> = self.roots.iter().map(|root| Some(vec![*root])).collect();
        (!admitted.is_empty()).then(|| Level {
            shape: plan::Level::Service,
            reason: Reason::Destination,
            classes: class(self.services.len()),
            admitted,
        })
    }
}
