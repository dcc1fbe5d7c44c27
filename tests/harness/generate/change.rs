//! Changes of a bundle that change nothing of what it means.

use super::bundle::{Bundle, Group, MATCHES, Rule};

/// The name of what is divided from a group.
const REST: &str = "rest";

impl Bundle {
    /// Gives groups other names, everywhere.
    pub fn rename_groups(&mut self, rename: impl Fn(&'static str) -> &'static str) {
        self.groups.iter_mut().for_each(|group| group.name = rename(group.name));
        for rule in self.targets.iter_mut().flat_map(|target| &mut target.rules) {
            if rule.kind == "HTTPRouteGroup" {
                rule.name = rename(rule.name);
            }
        }
        let of_splits = self.splits.iter_mut().filter_map(|split| split.groups.as_mut());
        of_splits.flatten().for_each(|name| *name = rename(name));
    }

    /// Moves the matches of a group from the place `at` on to a group of their own,
    /// and names both wherever the group was named.
    pub fn divide_group(&mut self, group: usize, at: usize) {
        let Some(first) = self.groups.get_mut(group) else { return };
        let second = Group { name: REST, matches: first.matches.split_off(at), ..first.clone() };
        let (namespace, name) = (first.namespace, first.name);
        self.groups.push(second);
        for target in self.targets.iter_mut().filter(|it| it.namespace == namespace) {
            let rules = std::mem::take(&mut target.rules).into_iter();
            target.rules = rules.flat_map(|rule| divided(rule, name, at)).collect();
        }
        let splits = self.splits.iter_mut().filter(|it| it.namespace == namespace);
        for groups in splits.filter_map(|it| it.groups.as_mut()) {
            if groups.contains(&name) {
                groups.push(REST);
            }
        }
    }
}

/// The rule for what is left in its group, and the one for the rest.
fn divided(rule: Rule, name: &str, at: usize) -> Vec<Rule> {
    if rule.kind != "HTTPRouteGroup" || rule.name != name {
        return vec![rule];
    }
    let rest = Rule { name: REST, ..rule.clone() };
    let Some(names) = &rule.matches else { return vec![rule, rest] };
    // Matches are named after their places, which have moved. Names that lead
    // nowhere in the one group lead nowhere in the other.
    let place = |name: &str| MATCHES.iter().position(|it| *it == name).unwrap_or_default();
    let (left, moved): (Vec<_>, Vec<_>) = names.iter().partition(|name| place(name) < at);
    let moved = moved.into_iter().filter_map(|name| MATCHES.get(place(name) - at).copied());
    let halves =
        [Rule { matches: Some(left), ..rule }, Rule { matches: Some(moved.collect()), ..rest }];
    // Without its last match, a rule names all of the group.
    halves
        .into_iter()
        .filter(|half| half.matches.as_ref().is_some_and(|it| !it.is_empty()))
        .collect()
}

impl Group {
    /// Whether every expression is one that is understood.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let paths = self.matches.iter().filter_map(|one| one.path.as_ref());
        !paths.into_iter().any(|path| path.regex().contains("&&"))
    }
}
