//! Expressions that end in a line break.

use smi_model::diagnostic::Diagnostic;

use super::lint;
use crate::automata::TooLarge;
use crate::code;
use crate::lint::claim::Claim;
use crate::lint::context::Context;
use crate::lint::stated::Stated;

lint! {
    /// An expression that ends in a line break matches next to nothing.
    ///
    /// ## What it finds
    ///
    /// Expressions that are written as a block of YAML, behind `|` or `>`.
    ///
    /// ## Why it matters
    ///
    /// The text of such a block ends in a line break, and so the expression wants one.
    /// No path, host or header has any.
    ///
    /// ## What to do
    ///
    /// Write the expression on one line, in quotes where YAML needs them, or begin the
    /// block with `|-` or `>-`.
    ///
    /// ## Example
    ///
    /// ```yaml
    /// - name: metrics
    ///   pathRegex: |
    ///     /metrics
    /// ```
    LINT: BLOCK_SCALAR_PATTERN, Warn, check
}

pub(super) fn ends_in_line_break(text: &str) -> bool {
    text.ends_with('\n')
}

fn check(context: &mut Context<'_>) {
    for stated in context.expressions().filter(|stated| ends_in_line_break(stated.text())) {
        check_one(context, &stated);
    }
}

/// A text that the expression does not match for its line break alone.
pub(super) fn lost<'a>(
    context: &mut Context<'a>,
    stated: &Stated<'a>,
) -> Result<Option<String>, TooLarge> {
    if !ends_in_line_break(stated.text()) {
        return Ok(None);
    }
    match stated.instead(stated.text().trim_end_matches('\n')) {
        Some(meant) => context.text(&stated.about, &[&meant], &[&stated.pattern]),
        None => Ok(None),
    }
}

fn check_one<'a>(context: &mut Context<'a>, stated: &Stated<'a>) {
    let lost = lost(context, stated);
    let lost = context.answer(&LINT, stated.regex.span, lost);
    let Some(request) = lost.and_then(|text| context.request_with(stated, text)) else { return };
    let text = stated.text().trim_end_matches('\n');
    let message = format!("the expression `{text}` ends in a line break");
    let finding = Diagnostic::warning(code::BLOCK_SCALAR_PATTERN, stated.regex.span, message)
        .label("the block ends in one");
    context.report(finding, vec![Claim::denied(stated.route(), request)]);
    context.help("write it on one line, or begin the block with `|-` or `>-`".to_owned());
}
