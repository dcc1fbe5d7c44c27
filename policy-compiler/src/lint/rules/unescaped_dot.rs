//! Dots that stand for themselves, or so it seems.

use regex_syntax::ast::{Ast, LiteralKind, parse::Parser};
use smi_model::diagnostic::Diagnostic;

use super::lint;
use crate::code;
use crate::lint::claim::Claim;
use crate::lint::context::Context;
use crate::lint::stated::Stated;

lint! {
    /// A dot in a name stands for any character.
    ///
    /// ## What it finds
    ///
    /// A `.` between letters or digits, as in `/v1.0/`, `/index.html` or the host
    /// `shop.example`.
    ///
    /// ## Why it matters
    ///
    /// In a regular expression a dot matches every character, so that names are admitted
    /// which nobody thought of, and which others may be able to register.
    ///
    /// ## What to do
    ///
    /// Write `[.]`, which needs no thought about YAML's quotes, or `\.`.
    /// Where any character is meant, `[^/]` or `[a-z]` says so.
    ///
    /// ## Example
    ///
    /// ```yaml
    /// - name: shop
    ///   headers:
    ///   - host: shop.example # admits the host shopaexample
    /// ```
    LINT: UNESCAPED_DOT, Warn, check
}

fn check(context: &mut Context<'_>) {
    for stated in context.expressions().filter(|stated| stated.text().contains('.')) {
        let dots = dots(stated.text());
        if !dots.is_empty() {
            check_one(context, &stated, &dots);
        }
    }
}

fn check_one<'a>(context: &mut Context<'a>, stated: &Stated<'a>, dots: &[usize]) {
    let escaped = escaped(stated.text(), dots);
    let Some(meant) = stated.instead(&escaped) else { return };
    let text = context.text(&stated.about, &[&stated.pattern], &[&meant]);
    let text = context.answer(&LINT, stated.regex.span, text);
    let Some(request) = text.and_then(|text| context.request_with(stated, text)) else { return };
    let message = format!("a `.` in `{}` stands for any character", stated.text());
    let finding = Diagnostic::warning(code::UNESCAPED_DOT, stated.regex.span, message);
    context.report(finding, vec![Claim::admitted(stated.route(), request)]);
    context.help(format!("if a dot is meant: `{escaped}`"));
}

/// Where dots stand between letters or digits.
fn dots(expression: &str) -> Vec<usize> {
    let mut dots = Vec::new();
    if let Ok(ast) = Parser::new().parse(expression) {
        collect(&ast, &mut dots);
    }
    dots.sort_unstable();
    dots
}

/// Expressions are parsed with a limit on how deep they are nested, and so is
/// this.
fn collect(ast: &Ast, dots: &mut Vec<usize>) {
    match ast {
        Ast::Concat(parts) => {
            for triple in parts.asts.windows(3) {
                if let [before, Ast::Dot(dot), behind] = triple
                    && is_of_name(before)
                    && is_of_name(behind)
                {
                    dots.push(dot.start.offset);
                }
            }
            parts.asts.iter().for_each(|part| collect(part, dots));
        }
        Ast::Alternation(parts) => parts.asts.iter().for_each(|part| collect(part, dots)),
        Ast::Group(group) => collect(&group.ast, dots),
        Ast::Repetition(repetition) => collect(&repetition.ast, dots),
        _ => {}
    }
}

fn is_of_name(ast: &Ast) -> bool {
    matches!(ast, Ast::Literal(literal)
        if literal.kind == LiteralKind::Verbatim && literal.c.is_alphanumeric())
}

fn escaped(expression: &str, dots: &[usize]) -> String {
    let mut escaped = String::with_capacity(expression.len() + 2 * dots.len());
    for (at, char) in expression.char_indices() {
        if dots.binary_search(&at).is_ok() {
            escaped.push_str("[.]");
        } else {
            escaped.push(char);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_of_names_are_told_from_those_of_expressions() {
        for (expression, meant) in [
            ("/v1.0/", "/v1[.]0/"),
            ("a.b.c", "a[.]b[.]c"),
            ("(www.)?shop.example", "(www.)?shop[.]example"),
            ("(a.b|c.d)+", "(a[.]b|c[.]d)+"),
            ("é.e", "é[.]e"),
        ] {
            assert_eq!(escaped(expression, &dots(expression)), meant);
        }
        for expression in ["/a.*", "a.+b", "a.?b", r"a\.b", "[a.b]", "/.a", "a..b", "a.", "a.{3}b"]
        {
            assert!(dots(expression).is_empty(), "{expression}");
        }
    }
}
