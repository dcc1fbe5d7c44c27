//! What is compared with what.

use anyhow::Result;
use decision_table::Mode;
use policy_compiler::back::envoy::Configuration;

use super::client::Wish;
use super::rules;
use super::server::Guard;

/// Sizes at which the goals are stated.
pub(super) const SIZES: [usize; 5] = [10, 25, 100, 1_000, 10_000];
/// Where there are no rules, callers are as many as with this many.
const CALLERS: usize = 1_000;

pub(super) const ALONE: &str = "alone";
pub(super) const ALLOWED: &str = "allowed";
pub(super) const DENIED: &str = "denied";
pub(super) const PLAIN: &str = "plain";

/// What decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nobody.
    Nobody,
    /// Nobody in another Envoy: the difference to the first is what cannot be told apart.
    NobodyAgain,
    /// Our filter, in one of its modes.
    Filter(Mode),
    /// Another build of our filter.
    Other,
    /// Envoy's RBAC filter with a list of policies.
    List,
    /// The same, with the caller as the first condition.
    ListByCaller,
    /// Envoy's RBAC filter with a map of callers.
    Tree,
}

/// An Envoy that cases can share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) kind: Kind,
    /// How many; 0: no rules.
    pub(super) rules: usize,
    pub(super) with_tls: bool,
}

/// One row of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) group: &'static str,
    pub(super) place: Place,
    pub(super) wish: Wish,
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Nobody => "no filter",
            Self::NobodyAgain => "no filter, once more",
            Self::Filter(Mode::Enforce) => "this filter",
            Self::Filter(Mode::Audit) => "this filter, audit",
            Self::Filter(Mode::Permissive) => "this filter, permissive",
            Self::Other => "the other filter",
            Self::List => "RBAC, list",
            Self::ListByCaller => "RBAC, list, caller first",
            Self::Tree => "RBAC, map of callers",
        }
    }
}

impl Place {
    /// How many callers the requests are spread over, at most.
    pub(super) const fn callers(self) -> usize {
        if self.rules == 0 { CALLERS } else { self.rules }
    }

    pub(super) fn guard(self) -> Guard {
        match self.kind {
            Kind::Nobody | Kind::NobodyAgain => Guard::Nothing,
            Kind::Filter(_) | Kind::Other => Guard::Filter,
            Kind::List => Guard::Native(rules::list(self.rules)),
            Kind::ListByCaller => Guard::Native(rules::list_by_caller(self.rules)),
            Kind::Tree => Guard::Native(rules::tree(self.rules)),
        }
    }

    /// The table of our filter.
    pub(super) fn table(self) -> Result<Option<Vec<u8>>> {
        let needed = matches!(self.kind, Kind::Filter(_) | Kind::Other) && self.rules > 0;
        needed.then(|| rules::table(self.rules, None)).transpose()
    }

    pub(super) fn configuration(self, table: Option<&[u8]>) -> Configuration<'_> {
        let mode = if let Kind::Filter(mode) = self.kind { mode } else { Mode::default() };
        Configuration { table, mode, ..Configuration::default() }
    }
}

impl Case {
    /// What clients must be answered.
    pub(super) const fn status(&self) -> u16 {
        match self.wish {
            Wish::Own => 200,
            Wish::Foreign => 403,
        }
    }

    /// What its cost is counted from.
    pub(super) fn is_base_of(&self, other: &Self) -> bool {
        self.place.kind == Kind::Nobody && self.place.with_tls == other.place.with_tls
    }
}

/// All cases, those without a filter first; with `other`, another build of our filter
/// takes the place of Envoy's own.
pub(super) fn all(quick: bool, other: bool) -> Vec<Case> {
    let sizes: Vec<usize> = SIZES.into_iter().filter(|size| !quick || *size <= 100).collect();
    let native: &[Kind] =
        if other { &[Kind::Other] } else { &[Kind::List, Kind::ListByCaller, Kind::Tree] };
    let compared = [&[Kind::Filter(Mode::Enforce)], native].concat();
    let mut cases = Vec::new();
    let mut add = |group, kind, rules, with_tls, wish| {
        cases.push(Case { group, place: Place { kind, rules, with_tls }, wish });
    };
    for with_tls in [true, false] {
        let group = if with_tls { ALONE } else { PLAIN };
        for kind in [Kind::Nobody, Kind::NobodyAgain, Kind::Filter(Mode::Permissive)] {
            add(group, kind, 0, with_tls, Wish::Own);
        }
    }
    for kind in &compared {
        for size in &sizes {
            add(ALLOWED, *kind, *size, true, Wish::Own);
        }
    }
    for kind in &compared {
        for size in sizes.iter().filter(|size| **size != 25 && **size != 100) {
            add(DENIED, *kind, *size, true, Wish::Foreign);
        }
    }
    for size in sizes.iter().filter(|size| **size != 25 && **size != 100) {
        add(PLAIN, Kind::Filter(Mode::Audit), *size, false, Wish::Own);
    }
    cases
}
