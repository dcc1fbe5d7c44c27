//! Globs that happen to be regular expressions.

use smi_model::diagnostic::Diagnostic;
use smi_model::regex::of_glob;

use super::lint;
use crate::code;
use crate::lint::claim::Claim;
use crate::lint::context::Context;
use crate::lint::stated::Stated;
use crate::options::Anchoring;

lint! {
    /// A glob where a regular expression is wanted means something else.
    ///
    /// ## What it finds
    ///
    /// Expressions such as `/api/*` or `curl*`, in which a `*` repeats the character
    /// before it and nothing else looks like a regular expression.
    /// Globs that are no regular expressions, such as `*.html`, are errors anyway.
    ///
    /// ## Why it matters
    ///
    /// `/api/*` stands for `/api` with any number of slashes behind it.
    /// Where expressions are open at their end it admits `/apiary`, and in dialect `osm`,
    /// where they are not, it does not admit `/api/users`.
    ///
    /// ## What to do
    ///
    /// Write `.*` for any text, `[^/]*` for the rest of a segment, and `[.]` for a dot.
    ///
    /// ## Example
    ///
    /// ```yaml
    /// - name: api
    ///   pathRegex: /api/* # meant is /api/.*
    /// ```
    LINT: GLOB_PATTERN, Warn, check
}

/// Whether an expression is one that people write who think of globs. A `?` alone
/// is not enough: `/?` is common, and meant as it reads.
pub(super) fn is_meant_as_glob(text: &str) -> bool {
    text.contains('*') && of_glob(text).is_some()
}

fn check(context: &mut Context<'_>) {
    for stated in context.expressions() {
        if is_meant_as_glob(stated.text()) {
            check_one(context, &stated);
        }
    }
}

fn check_one<'a>(context: &mut Context<'a>, stated: &Stated<'a>) {
    let Some(regex) = of_glob(stated.text()) else { return };
    let Some(meant) = stated.instead(&regex) else { return };
    let Stated { about, pattern, .. } = stated;
    // What the expression describes as a whole surprises less than what it is open for.
    let whole = pattern.anchored(Anchoring::Full);
    let surplus = match context.text(about, &[pattern], &[&meant, &whole]) {
        Ok(None) => context.text(about, &[pattern], &[&meant]),
        answer => answer,
    };
    let surplus = context.answer(&LINT, stated.regex.span, surplus);
    let lacking = context.text(about, &[&meant], &[pattern]);
    let lacking = context.answer(&LINT, stated.regex.span, lacking);
    let mut claims = Vec::new();
    if let Some(request) = surplus.and_then(|text| context.request_with(stated, text)) {
        claims.push(Claim::admitted(stated.route(), request));
    }
    if let Some(request) = lacking.and_then(|text| context.request_with(stated, text)) {
        claims.push(Claim::denied(stated.route(), request));
    }
    if claims.is_empty() {
        return;
    }
    let message = format!("`{}` looks like a glob, but is a regular expression", stated.text());
    let finding = Diagnostic::warning(code::GLOB_PATTERN, stated.regex.span, message)
        .label("a `*` repeats what stands before it");
    context.report(finding, claims);
    context.help(format!("as a regular expression: `{regex}`"));
}
