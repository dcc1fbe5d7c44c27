//! Rules on which dialects disagree.

use std::collections::BTreeSet;

use smi_model::canonical::HttpMatch;
use smi_model::diagnostic::Diagnostic;
use smi_model::source::Span;

use super::lint;
use crate::Dialect;
use crate::automata::TooLarge;
use crate::code;
use crate::example::Example;
use crate::ir::{Condition, HttpCondition, Rule};
use crate::lint::claim::{Claim, Says};
use crate::lint::context::Context;
use crate::lint::stated::{About, Stated};
use crate::options::{Anchoring, Choices};

lint! {
    /// A rule means something else in another dialect.
    ///
    /// ## What it finds
    ///
    /// - Expressions that another dialect looks for elsewhere in a path or a header's
    ///   value, when that makes a difference.
    /// - Rules without `matches`, which grant nothing in dialect `osm`.
    /// - TCPRoutes that admit HTTP in one dialect and not in another.
    ///
    /// ## Why it matters
    ///
    /// Policies that move from one mesh to another, or are shared between meshes, would
    /// admit other requests there.
    /// Within one mesh all of this is as it should be, so that this lint is for those who
    /// move or share.
    ///
    /// ## What to do
    ///
    /// Write expressions that describe the whole text and say so: `^/books(/.*)?$`.
    /// List `matches`, and give each target an HTTPRouteGroup when HTTP is meant.
    ///
    /// ## Example
    ///
    /// ```yaml
    /// - name: books
    ///   pathRegex: /books # osm: only /books; spec: /books-sold, too; nginx: /old/books, too
    /// ```
    LINT: DIALECT_DEPENDENT_RULE, Allow, check
}

fn check(context: &mut Context<'_>) {
    for stated in context.expressions() {
        check_expression(context, &stated);
    }
    let mut places = BTreeSet::new();
    for rule in &context.policies.rules {
        let Some(place) = context.place(rule).map(|place| place.span) else { continue };
        if places.insert(place) {
            check_rule(context, rule, place);
        }
    }
}

const fn anchoring(dialect: Dialect, about: &About) -> Anchoring {
    let choices = Choices::of(dialect);
    match about {
        About::Path => choices.path,
        About::Host | About::Header(_) => choices.header,
    }
}

fn check_expression<'a>(context: &mut Context<'a>, stated: &Stated<'a>) {
    let mut seen = vec![anchoring(context.dialect, &stated.about)];
    let (mut claims, mut dialects): (Vec<Claim>, Vec<String>) = (Vec::new(), Vec::new());
    for dialect in Dialect::ALL {
        let other = anchoring(dialect, &stated.about);
        if seen.contains(&other) {
            continue;
        }
        seen.push(other);
        let difference = difference(context, stated, dialect, other);
        let difference = context.answer(&LINT, stated.regex.span, difference);
        let Some((request, passes)) = difference else { continue };
        dialects.push(format!("`{dialect}`"));
        let here = Says::Rule(stated.route());
        let there = Says::Dialect(dialect, stated.route());
        claims.push(Claim { request: request.clone(), passes, says: here });
        claims.push(Claim { request, passes: !passes, says: there });
    }
    if claims.is_empty() {
        return;
    }
    let plural = if dialects.len() == 1 { "" } else { "s" };
    let message = format!(
        "`{}` means something else in dialect{plural} {}",
        stated.text(),
        dialects.join(" and ")
    );
    let finding = Diagnostic::warning(code::DIALECT_DEPENDENT_RULE, stated.regex.span, message);
    context.report(finding, claims);
    context.help("say where it begins and ends, with `^` and `$`".to_owned());
}

/// A request on which two dialects differ, and whether it passes here.
fn difference(
    context: &mut Context<'_>,
    stated: &Stated<'_>,
    dialect: Dialect,
    other: Anchoring,
) -> Result<Option<(Example, bool)>, TooLarge> {
    let other = stated.pattern.anchored(other);
    let surplus = context.text(&stated.about, &[&stated.pattern], &[&other])?;
    let passes = surplus.is_some();
    let text = match surplus {
        Some(text) => Some(text),
        None => context.text(&stated.about, &[&other], &[&stated.pattern])?,
    };
    let Some(text) = text else { return Ok(None) };
    let request = request(context, stated.one, &stated.about, dialect, text)?;
    Ok(request.map(|request| (request, passes)))
}

/// A request that fulfils in both dialects what else the match states.
fn request(
    context: &mut Context<'_>,
    one: &HttpMatch,
    about: &About,
    dialect: Dialect,
    text: String,
) -> Result<Option<Example>, TooLarge> {
    let others = |dialect| about.others(HttpCondition::of(one, &Choices::of(dialect)));
    let conditions = [others(context.dialect), others(dialect)];
    let request = context.examples.of_all(&conditions.each_ref())?;
    Ok(request.map(|request| about.set(request, text)))
}

fn check_rule(context: &mut Context<'_>, rule: &Rule, place: Span) {
    let is_of_tcp = !rule.route.contains('#');
    match &rule.condition {
        Condition::Http(condition) if is_of_tcp => {
            let message = "this rule admits HTTP, but not in dialect `osm`";
            let help = "name an HTTPRouteGroup as well, if HTTP is meant";
            report(context, rule, condition, place, message, help);
        }
        Condition::Http(condition) if is_omitted(context, rule) => {
            let message = "without `matches` this rule grants nothing in dialect `osm`";
            report(context, rule, condition, place, message, "list the names of the matches");
        }
        _ => {}
    }
}

/// Whether a rule is there because its TrafficTarget lists no matches.
fn is_omitted(context: &Context<'_>, rule: &Rule) -> bool {
    let one = rule.route.split_once('#').map(|(_, one)| one);
    let place = context.place(rule).map(|place| place.value.as_str());
    let target = context.target(rule);
    let rules = target.map_or(&[][..], |target| &target.rules);
    let is_named = |place| rules.iter().any(|it| it.name.value == place && it.matches.is_none());
    place != one && place.is_some_and(is_named)
}

fn report(
    context: &mut Context<'_>,
    rule: &Rule,
    condition: &HttpCondition,
    place: Span,
    message: &str,
    help: &str,
) {
    let finding = Diagnostic::warning(code::DIALECT_DEPENDENT_RULE, place, message).help(help);
    let request = context.examples.of_all(&[condition]).ok().flatten();
    let claim = request.map(|request| Claim {
        request,
        passes: false,
        says: Says::Dialect(Dialect::Osm, rule.span),
    });
    context.report(finding, claim.into_iter().collect());
}
