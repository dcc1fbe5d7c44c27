//! How much work and memory an expression takes.
//!
//! A few bytes can stand for every character there is, and under `(?i)` each of
//! them is looked up. Whoever reads hostile text wants to know before.

use std::cell::Cell;
use std::convert::Infallible;

use regex_syntax::ast::{Ast, ClassSetItem, Flag, FlagsItem, FlagsItemKind, Visitor, visit};

/// What may still be spent, in characters looked up: a second or so of work, and
/// far more than any policies need that people maintain.
#[derive(Debug)]
pub(crate) struct Budget(Cell<u64>);

/// The budget of one file.
const CHARACTERS: u64 = 100_000_000;

/// Any part of an expression but plain characters, which takes some memory.
const PART: Cost = Cost { as_written: 100, folded: 100 };

/// A property such as `\pL`: its ranges take memory, and its characters time,
/// twice in brackets, and again when what they fold to is sorted.
const PROPERTY: Cost = Cost { as_written: 5_000, folded: 300_000 };

impl Default for Budget {
    fn default() -> Self {
        Self(Cell::new(CHARACTERS))
    }
}

impl Budget {
    /// Whether there is nothing left, so that no further look is worth it.
    pub(super) const fn is_spent(&self) -> bool {
        self.0.get() == 0
    }

    /// Takes the cost of an expression; whether there was enough.
    pub(super) fn spend(&self, ast: &Ast) -> bool {
        let Ok(cost) = visit(ast, Parts::default());
        let left = self.0.get().checked_sub(cost);
        self.0.set(left.unwrap_or(0));
        left.is_some()
    }
}

/// The cost of a part where the case of letters counts, and where it does not.
#[derive(Clone, Copy)]
struct Cost {
    as_written: u64,
    folded: u64,
}

/// The costs of all parts so far.
#[derive(Default)]
struct Parts {
    as_written: u64,
    folded: u64,
    /// Whether `i` stands anywhere.
    ignores_case: bool,
}

impl Visitor for Parts {
    type Output = u64;
    type Err = Infallible;

    fn finish(self) -> Result<u64, Infallible> {
        Ok(if self.ignores_case { self.folded } else { self.as_written })
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Infallible> {
        match ast {
            Ast::Flags(set) => self.flags(&set.flags.items),
            Ast::Group(group) => {
                self.flags(group.flags().map_or(&[], |flags| flags.items.as_slice()));
            }
            Ast::ClassUnicode(_) => self.add(PROPERTY),
            _ => {}
        }
        if !matches!(ast, Ast::Literal(_)) {
            self.add(PART);
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), Infallible> {
        match item {
            ClassSetItem::Unicode(_) => self.add(PROPERTY),
            ClassSetItem::Range(range) => {
                let width = u32::from(range.end.c).saturating_sub(u32::from(range.start.c));
                self.add(Cost { as_written: 1, folded: u64::from(width) });
            }
            _ => {}
        }
        Ok(())
    }
}

impl Parts {
    const fn add(&mut self, cost: Cost) {
        self.as_written = self.as_written.saturating_add(cost.as_written);
        self.folded = self.folded.saturating_add(cost.folded);
    }

    fn flags(&mut self, items: &[FlagsItem]) {
        let ignores = |item: &FlagsItem| item.kind == FlagsItemKind::Flag(Flag::CaseInsensitive);
        self.ignores_case |= items.iter().any(ignores);
    }
}

#[cfg(test)]
mod tests {
    use crate::regex::{Problem, Regex};

    #[test]
    fn enormous_expressions_are_refused() {
        for (unit, times) in
            [(r"(?i)[\x00-\x{10ffff}]", 100), (r"\pL", 20_000), (r"(?i:\pL)", 2_600), ("a", 70_000)]
        {
            assert!(Regex::new(&unit.repeat(times / 10)).is_ok(), "{unit}");
            let refused = Regex::new(&unit.repeat(times)).unwrap_err();
            assert_eq!(refused.problem, Problem::TooLarge, "{unit}");
        }
    }
}
