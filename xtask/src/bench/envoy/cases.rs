//! What is compared with what.

use anyhow::Result;
use decision_table::Mode;
use policy_compiler::back::envoy::Configuration;

use super::client::Wish;
use super::rules::Rules;
use super::server::Guard;

/// Sizes at which the goals are stated.
pub(super) const SIZES: [usize; 5] = [10, 25, 100, 1_000, 10_000];
/// Where there are no rules, callers are as many as with these.
const NO_RULES: Rules = Rules { count: 1_000, callers: 1_000 };
/// Of those who have many rules each.
const FEW_CALLERS: usize = 64;

pub(super) const ALONE: &str = "alone";
pub(super) const ALLOWED: &str = "allowed";
pub(super) const DENIED: &str = "denied";
pub(super) const MANY: &str = "many";
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
    /// Whether many rules have the same caller.
    pub(super) shares_callers: bool,
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
    /// The rules of which requests are made.
    pub(super) const fn rules(self) -> Rules {
        let callers = if self.shares_callers { FEW_CALLERS } else { self.rules };
        if self.rules == 0 { NO_RULES } else { Rules { count: self.rules, callers } }
    }

    pub(super) fn guard(self) -> Guard {
        match self.kind {
            Kind::Nobody | Kind::NobodyAgain => Guard::Nothing,
            Kind::Filter(_) | Kind::Other => Guard::Filter,
            Kind::List => Guard::Native(self.rules().list()),
            Kind::ListByCaller => Guard::Native(self.rules().list_by_caller()),
            Kind::Tree => Guard::Native(self.rules().tree()),
        }
    }

    /// The table of our filter.
    pub(super) fn table(self) -> Result<Option<Vec<u8>>> {
        let needed = matches!(self.kind, Kind::Filter(_) | Kind::Other) && self.rules > 0;
        needed.then(|| self.rules().table(None)).transpose()
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
        cases.push(Case {
            group,
            place: Place { kind, rules, shares_callers: group == MANY, with_tls },
            wish,
        });
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
    for kind in compared.iter().filter(|kind| !matches!(kind, Kind::List | Kind::ListByCaller)) {
        for size in sizes.iter().filter(|size| **size >= FEW_CALLERS) {
            add(MANY, *kind, *size, true, Wish::Own);
        }
    }
    for size in sizes.iter().filter(|size| **size != 25 && **size != 100) {
        add(PLAIN, Kind::Filter(Mode::Audit), *size, false, Wish::Own);
    }
    cases
}
