//! Rules on which dialects disagree.

use std::collections::{BTreeMap, BTreeSet};

use smi_model::canonical::HttpMatch;
use smi_model::diagnostic::Diagnostic;

use super::lint;
use crate::Dialect;
use crate::automata::TooLarge;
use crate::code;
use crate::example::Example;
use crate::ir::{Condition, HttpCondition, Rule};
use crate::lint::claim::{Claim, Says};
use crate::lint::context::{Context, Reference};
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
        let Some(reference) = context.reference(rule) else { continue };
        if places.insert(reference.name.span) {
            check_rule(context, rule, reference);
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
    // Whether it makes a difference, which is the same in several dialects.
    let mut known = BTreeMap::from([(anchoring(context.dialect, &stated.about), false)]);
    let (mut claims, mut dialects): (Vec<Claim>, Vec<String>) = (Vec::new(), Vec::new());
    for dialect in Dialect::ALL {
        let other = anchoring(dialect, &stated.about);
        if let Some(differs) = known.get(&other) {
            dialects.extend(differs.then(|| format!("`{dialect}`")));
            continue;
        }
        let difference = difference(context, stated, dialect, other);
        let difference = context.answer(&LINT, stated.regex.span, difference);
        known.insert(other, difference.is_some());
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

fn check_rule(context: &mut Context<'_>, rule: &Rule, reference: Reference<'_>) {
    let Condition::Http(condition) = &rule.condition else { return };
    let is_of_tcp = !rule.route.contains('#');
    let (message, help) = if is_of_tcp {
        let help = "name an HTTPRouteGroup as well, if HTTP is meant";
        ("this rule admits HTTP, but not in dialect `osm`", help)
    } else if reference.is_of_all {
        let help = "list the names of the matches";
        ("without `matches` this rule grants nothing in dialect `osm`", help)
    } else {
        return;
    };
    let place = reference.name.span;
    let finding = Diagnostic::warning(code::DIALECT_DEPENDENT_RULE, place, message);
    let request = context.examples.of_all(&[condition]).ok().flatten();
    let says = Says::Dialect(Dialect::Osm, rule.span);
    let claim = request.map(|request| Claim { request, passes: false, says });
    context.report(finding, claim.into_iter().collect());
    context.help(help.to_owned());
}
