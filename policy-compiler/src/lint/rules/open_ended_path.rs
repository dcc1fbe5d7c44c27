//! Paths without an end.

use smi_model::diagnostic::Diagnostic;

use super::lint;
use crate::automata::{OpenEnd, TooLarge, plain_surprise};
use crate::code;
use crate::example::MOST_PLACES;
use crate::lint::claim::Claim;
use crate::lint::context::Context;
use crate::lint::stated::{About, Stated};
use crate::options::Anchoring;

lint! {
    /// A path without an end also admits paths that only begin like it.
    ///
    /// ## What it finds
    ///
    /// A `pathRegex` whose last segment goes on.
    /// In the dialects `spec`, `traefik` and `nginx` an expression need not match the
    /// whole path: what stands behind it is admitted as well.
    /// Expressions that end in `/`, `.*` or `$` are open, or closed, on purpose, and are
    /// not found.
    ///
    /// ## Why it matters
    ///
    /// Whoever lets a caller read `/metrics` lets it read `/metrics-internal`, too, and
    /// whatever else somebody will add under such a name.
    ///
    /// ## What to do
    ///
    /// - Only this path: `/metrics$`.
    /// - This path and all below it: `/metrics(/.*)?$`.
    /// - All that begin like this: `/metrics.*`, which says so.
    ///
    /// All of these mean the same in dialect `osm`.
    /// In dialect `nginx`, which finds an expression anywhere in a path, begin them with
    /// `^`.
    ///
    /// ## Example
    ///
    /// ```yaml
    /// - name: metrics
    ///   pathRegex: /metrics # admits GET /metrics-internal
    /// ```
    LINT: OPEN_ENDED_PATH, Warn, check
}

fn check(context: &mut Context<'_>) {
    if context.choices.path == Anchoring::Full {
        return;
    }
    for stated in context.expressions() {
        // A mistaken glob is open in other ways, too.
        if stated.about == About::Path && !super::glob_pattern::is_meant_as_glob(stated.text()) {
            let surprise = surprise(context, &stated);
            if let Some(path) = context.answer(&LINT, stated.regex.span, surprise) {
                report(context, &stated, path);
            }
        }
    }
}

fn surprise(context: &mut Context<'_>, stated: &Stated<'_>) -> Result<Option<String>, TooLarge> {
    if context.choices.path == Anchoring::Start
        && let Some(known) = plain_surprise(stated.pattern.hir())
    {
        return Ok(known);
    }
    let exact = context.examples.automaton(&stated.pattern.anchored(Anchoring::Full))?;
    let admitted = context.examples.automaton(&stated.pattern)?;
    OpenEnd { exact: &exact, admitted: &admitted }.surprise(MOST_PLACES)
}

fn report<'a>(context: &mut Context<'a>, stated: &Stated<'a>, path: String) {
    let Some(request) = context.request_with(stated, path) else { return };
    let text = stated.text();
    let message = format!("`{text}` also admits paths that go on behind it");
    let finding = Diagnostic::warning(code::OPEN_ENDED_PATH, stated.regex.span, message);
    let claim = Claim::admitted(stated.route(), request);
    let help = help(text, context.choices.path);
    context.report(finding, vec![claim]);
    context.help(help);
}

/// How to write what may be meant.
fn help(text: &str, anchoring: Anchoring) -> String {
    const ALL_BELOW: &str = "(/.*)?";
    let start = if anchoring == Anchoring::None && !text.starts_with('^') { "^" } else { "" };
    let text = if text.contains('|') { format!("({text})") } else { text.to_owned() };
    if text.ends_with(ALL_BELOW) {
        format!("only this and what is below it: `{start}{text}$`")
    } else {
        format!("only this: `{start}{text}$`; this and all below it: `{start}{text}{ALL_BELOW}$`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_depends_on_where_an_expression_is_looked_for() {
        for (text, anchoring, first) in [
            ("/a", Anchoring::Start, "`/a$`"),
            ("/a", Anchoring::None, "`^/a$`"),
            ("^/a", Anchoring::None, "`^/a$`"),
            ("/a|/b", Anchoring::None, "`^(/a|/b)$`"),
            ("/a(/.*)?", Anchoring::Start, "`/a(/.*)?$`"),
        ] {
            let help = help(text, anchoring);
            assert!(help.contains(first), "{help}");
        }
    }
}
