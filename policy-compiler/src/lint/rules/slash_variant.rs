//! Paths with and without a slash at their end.

use smi_model::diagnostic::Diagnostic;

use super::{block_scalar_pattern, lint};
use crate::automata::{Pattern, TooLarge};
use crate::code;
use crate::lint::claim::Claim;
use crate::lint::context::Context;
use crate::lint::stated::{About, Stated};

lint! {
    /// A path is admitted only without a slash at its end.
    ///
    /// ## What it finds
    ///
    /// Expressions that no path with a slash at its end matches, while one without does:
    /// `/books$`, and in dialect `osm` also `/books`.
    ///
    /// ## Why it matters
    ///
    /// Many servers answer `/books/` as they answer `/books`, and callers mix them.
    /// Others do not, and then the exact path is just right, so that this lint is for
    /// those whose callers mix them.
    ///
    /// ## What to do
    ///
    /// Write `/books/?$`, which admits both.
    ///
    /// ## Example
    ///
    /// ```yaml
    /// - name: books
    ///   pathRegex: /books$ # denies GET /books/
    /// ```
    LINT: SLASH_VARIANT, Allow, check
}

fn check(context: &mut Context<'_>) {
    for stated in context.expressions() {
        let is_path = stated.about == About::Path;
        if is_path && !block_scalar_pattern::ends_in_line_break(stated.text()) {
            let variant = variant(context, &stated);
            if let Some(path) = context.answer(&LINT, stated.regex.span, variant) {
                report(context, &stated, path);
            }
        }
    }
}

/// A path that is denied for its slash alone.
fn variant(context: &mut Context<'_>, stated: &Stated<'_>) -> Result<Option<String>, TooLarge> {
    let Some(slash) = stated.instead(".*/$") else { return Ok(None) };
    let slash: Pattern = slash.anchored(crate::options::Anchoring::Full);
    if context.text(&About::Path, &[&stated.pattern, &slash], &[])?.is_some() {
        return Ok(None);
    }
    let path = context.text(&About::Path, &[&stated.pattern], &[])?;
    Ok(path.map(|path| format!("{path}/")))
}

fn report<'a>(context: &mut Context<'a>, stated: &Stated<'a>, path: String) {
    let Some(request) = context.request_with(stated, path) else { return };
    let message = format!("`{}` admits no path with a slash at its end", stated.text());
    let finding = Diagnostic::warning(code::SLASH_VARIANT, stated.regex.span, message);
    context.report(finding, vec![Claim::denied(stated.route(), request)]);
    context.help("if both are meant, end it in `/?$`".to_owned());
}
