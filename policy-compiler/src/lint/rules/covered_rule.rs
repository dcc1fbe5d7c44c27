//! Rules that add nothing.

use std::collections::{BTreeMap, HashMap};

use smi_model::diagnostic::Diagnostic;
use smi_model::source::Span;

use super::lint;
use crate::code;
use crate::ir::{Condition, HttpCondition, Rule};
use crate::lint::claim::{Claim, Says};
use crate::lint::context::{Context, Reference};
use crate::lint::cover::{Budget, Cover};

lint! {
    /// A rule admits nothing that another rule does not admit as well.
    ///
    /// ## What it finds
    ///
    /// Rules for which there is another one of the same destination that has all of its
    /// sources, ports and methods, whose path admits all that its path admits, and that
    /// wants no header of which it does not want at least as much.
    /// Whether a path admits all that another does is computed exactly.
    ///
    /// ## Why it matters
    ///
    /// Whoever removes or narrows the rule believes that something is denied from then on,
    /// and it is not.
    /// Often the other rule is wider than meant.
    ///
    /// ## What to do
    ///
    /// Remove the rule, or narrow the other one.
    ///
    /// ## Example
    ///
    /// ```yaml
    /// matches:
    /// - {name: read, pathRegex: /books/.*, methods: [GET]}
    /// - {name: all, pathRegex: /.*} # covers the first one, when one target has both
    /// ```
    LINT: COVERED_RULE, Warn, check
}

/// A rule, and what could be removed to be rid of it.
#[derive(Clone, Copy)]
struct Placed<'a> {
    rule: &'a Rule,
    place: Span,
}

fn check(context: &mut Context<'_>) {
    let mut by_destination: BTreeMap<&str, Vec<Placed<'_>>> = BTreeMap::new();
    for rule in &context.policies.rules {
        if let Some(Reference { place, .. }) = context.reference(rule) {
            by_destination.entry(&rule.destination).or_default().push(Placed { rule, place });
        }
    }
    for placed in by_destination.values_mut() {
        placed.sort_by_key(|placed| placed.place);
    }
    // What is written once can be several rules: it is covered if all of them are.
    let mut written: BTreeMap<Span, Option<(Placed<'_>, Placed<'_>)>> = BTreeMap::new();
    for placed in by_destination.values().filter(|placed| placed.len() > 1) {
        let mut cover = Cover::new(&mut context.examples, Budget::default());
        let covered = covered(&mut cover, placed);
        if let Some(why) = cover.gave_up() {
            context.gave_up(&LINT, placed.first().map_or(Span::default(), |it| it.place), why);
        }
        for (rule, by) in placed.iter().zip(covered) {
            let pair = by.map(|by| (*rule, by));
            let known = written.entry(rule.place).or_insert(pair);
            if pair.is_none() {
                *known = None;
            }
        }
    }
    for rules in by_destination.values().filter(|rules| rules.len() == 1) {
        rules.iter().for_each(|rule| _ = written.insert(rule.place, None));
    }
    for (rule, by) in written.into_values().flatten() {
        report(context, rule, by);
    }
}

/// For each rule of a destination, one that covers it.
fn covered<'a>(cover: &mut Cover<'_, 'a>, rules: &[Placed<'a>]) -> Vec<Option<Placed<'a>>> {
    let mut by_source: HashMap<&str, Vec<Placed<'a>>> = HashMap::new();
    for rule in rules {
        for source in rule.rule.sources.iter() {
            by_source.entry(source).or_default().push(*rule);
        }
    }
    let coverer = |one: &Placed<'a>| {
        // Whatever covers the rule has all of its sources, so the rarest will do.
        let others = one.rule.sources.iter().filter_map(|source| by_source.get(&**source));
        let others = others.min_by_key(|others| others.len())?;
        others.iter().find(|other| covers(cover, other, one)).copied()
    };
    rules.iter().map(coverer).collect()
}

/// Whether a rule covers another; of two that cover each other, the first one.
fn covers<'a>(cover: &mut Cover<'_, 'a>, rule: &Placed<'a>, other: &Placed<'a>) -> bool {
    rule.place != other.place
        && cover.covers(rule.rule, other.rule)
        && (rule.place < other.place || !cover.covers(other.rule, rule.rule))
}

fn report(context: &mut Context<'_>, covered: Placed<'_>, by: Placed<'_>) {
    let Placed { rule, place } = covered;
    let message = format!(
        "`{}` under TrafficTarget `{}` admits nothing that another rule does not",
        rule.route, rule.target
    );
    let finding = Diagnostic::warning(code::COVERED_RULE, place, message).related(
        by.place,
        format!("`{}` under TrafficTarget `{}` admits all of it", by.rule.route, by.rule.target),
    );
    let request = match (&rule.condition, &by.rule.condition) {
        (Condition::Http(one), Condition::Http(other)) => both(context, one, other),
        _ => None,
    };
    let says = Says::Both(rule.span, by.rule.span);
    let claims = request.map(|request| Claim { request, passes: true, says });
    context.report(finding, claims.into_iter().collect());
    context.help("remove it, or narrow the other one".to_owned());
}

fn both(
    context: &mut Context<'_>,
    one: &HttpCondition,
    other: &HttpCondition,
) -> Option<crate::example::Example> {
    context.examples.of_all(&[one, other]).ok()?
}
