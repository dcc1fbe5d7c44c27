//! Regular expressions in documents.

use super::cursor::Value;
use crate::{
    diagnostic::{Diagnostic, code},
    regex::{self, Problem, Refusal, Regex},
    source::{Span, Spanned},
};

const SYNTAX: &str = "the syntax is RE2's: no look-around, no back-references";
const SMALLER: &str =
    "use shorter expressions, with smaller classes and less of `(?i)`, or split the file";

/// Reads a regular expression that is text.
pub(super) fn expression(value: Value<'_>) -> Option<Spanned<Regex>> {
    parsed(value, value.text_if(is_regex)?)
}

/// Reads a regular expression that may look like a number or a boolean, as the
/// values of headers do.
pub(super) fn scalar_expression(value: Value<'_>) -> Option<Spanned<Regex>> {
    parsed(value, value.stable_text(is_regex)?)
}

fn is_regex(text: &str) -> bool {
    Regex::new(text).is_ok()
}

fn parsed(value: Value<'_>, text: Spanned<String>) -> Option<Spanned<Regex>> {
    match value.regex(&text.value) {
        Ok(regex) => Some(Spanned::new(regex, text.span)),
        Err(refusal) => {
            value.report(describe(value, &text.value, &refusal));
            None
        }
    }
}

fn describe(value: Value<'_>, text: &str, refusal: &Refusal) -> Diagnostic {
    let place = within(value, refusal);
    let (diagnostic, help) = match &refusal.problem {
        Problem::Syntax(problem) => {
            let message = format!("`{text}` is not a regular expression: {problem}");
            (Diagnostic::error(code::INVALID_PATTERN, place, message), SYNTAX)
        }
        Problem::NotPortable { reason, help } => {
            let message = format!("`{text}` is not portable: {reason}");
            (Diagnostic::error(code::PATTERN_NOT_PORTABLE, place, message), *help)
        }
        Problem::TooLarge => {
            let message = "the expressions up to here take too much memory or time to be read";
            (Diagnostic::error(code::EXPRESSIONS_TOO_LARGE, value.head(), message), SMALLER)
        }
    };
    let Some(better) = regex::as_regex(text) else { return diagnostic.help(help) };
    match value.written_as(&better) {
        Some(written) => diagnostic.label("this reads as a glob").fix(value.span(), written),
        None => {
            diagnostic.help(format!("this reads as a glob; as a regular expression: `{better}`"))
        }
    }
}

/// The place of what is refused, when the source shows the text as it is.
fn within(value: Value<'_>, refusal: &Refusal) -> Span {
    let start = u32::try_from(refusal.place.start);
    let end = u32::try_from(refusal.place.end);
    match (start, end) {
        (Ok(start), Ok(end)) if value.is_verbatim() => {
            let base = value.span().start;
            Span::new(base.saturating_add(start), base.saturating_add(end))
        }
        _ => value.head(),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    fn group(path: &str) -> String {
        format!(
            "apiVersion: specs.smi-spec.io/v1alpha4\nkind: HTTPRouteGroup\nmetadata: {{name: g}}\n\
             spec:\n  matches:\n  - name: m\n    pathRegex: {path}\n"
        )
    }

    #[test]
    fn the_place_is_inside_the_scalar_where_it_shows_itself() {
        for (path, place) in [
            ("/a[b&&c]", "SMI402 7:19"),
            ("'/a[b&&c]'", "SMI402 7:20"),
            (r#""/a\u0028""#, "SMI401 7:17"),
            ("|\n      /a(", "SMI401 8:7"),
        ] {
            assert!(
                reject(&group(path))[0].starts_with(place),
                "{path}: {:?}",
                reject(&group(path))
            );
        }
    }

    #[test]
    fn a_glob_is_rewritten_in_its_own_quotes() {
        for (path, fixed) in
            [("/api/**", "/api/.*"), ("'*.js'", r".*\.js"), (r#""*.js""#, r".*\\.js")]
        {
            let findings = read(&group(path));
            let fix = findings.diagnostics[0].fix.as_ref().unwrap();
            assert_eq!(fix.replacement, fixed, "{path}");
        }
        assert_eq!(read(&group(">-\n      /api/**")).diagnostics[0].fix, None);
    }

    #[test]
    fn an_expression_that_is_wrong_breaks_the_whole_group() {
        let findings = read(&group("'('"));
        assert!(findings.value.http_route_groups.is_empty());
        assert_eq!(findings.value.broken.len(), 1);
    }
}
