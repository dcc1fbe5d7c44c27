//! Rules that nothing matches.

use smi_model::diagnostic::Diagnostic;

use super::{block_scalar_pattern, lint};
use crate::automata::Pattern;
use crate::code;
use crate::ir::Rule;
use crate::lint::claim::Claim;
use crate::lint::context::Context;
use crate::lint::stated::{About, Stated};

lint! {
    /// A rule that no request can match grants nothing.
    ///
    /// ## What it finds
    ///
    /// - A path that does not begin with `/`, or that is never canonical, such as
    ///   `/a//b`: paths that are not canonical are denied before any rule is asked.
    /// - A host in upper case, since hosts are compared in lower case, or one with a
    ///   port, since ports are cut off.
    /// - The value of a header with spaces at its ends, which never arrive.
    /// - An expression that contradicts itself, such as `/a$b`.
    /// - A TrafficTarget with a `port` that is none of its TCPRoute's.
    ///
    /// ## Why it matters
    ///
    /// The rule was written for requests that it denies.
    ///
    /// ## What to do
    ///
    /// Write what requests look like, or remove the rule.
    ///
    /// ## Example
    ///
    /// ```yaml
    /// - name: shop
    ///   headers:
    ///   - host: Shop[.]example # no request has this host: it is shop.example
    /// ```
    LINT: IMPOSSIBLE_RULE, Warn, check
}

const CANONICAL: &str =
    "only canonical paths are judged: they begin with `/`, and no segment is empty or made of dots";

fn check(context: &mut Context<'_>) {
    for stated in context.expressions() {
        check_expression(context, &stated);
    }
    for rule in &context.policies.rules {
        if rule.ports.as_ref().is_some_and(|ports| ports.is_empty()) {
            check_ports(context, rule);
        }
    }
}

fn check_expression<'a>(context: &mut Context<'a>, stated: &Stated<'a>) {
    match context.text(&stated.about, &[&stated.pattern], &[]) {
        Ok(Some(_)) => {}
        Ok(None) => {
            // That its line break is the reason has a page of its own.
            let is_told = block_scalar_pattern::lost(context, stated);
            if !matches!(is_told, Ok(Some(_))) {
                report(context, stated);
            }
        }
        answer => _ = context.answer(&LINT, stated.regex.span, answer),
    }
}

fn report<'a>(context: &mut Context<'a>, stated: &Stated<'a>) {
    let text = stated.text();
    let what = match &stated.about {
        About::Path => "path".to_owned(),
        About::Host => "host".to_owned(),
        About::Header(name) => format!("value of `{name}`"),
    };
    let message = format!("no {what} can match `{text}`");
    let finding = Diagnostic::warning(code::IMPOSSIBLE_RULE, stated.regex.span, message)
        .label("this match admits nothing");
    let Some((reason, meant, pattern)) = remedy(context, stated) else {
        let finding = match stated.about {
            About::Path => finding.help(CANONICAL),
            About::Host | About::Header(_) => finding,
        };
        context.report(finding, Vec::new());
        return;
    };
    let example = context.text(&stated.about, &[&pattern], &[]).ok().flatten();
    let example = example.and_then(|text| context.request_with(stated, text));
    let claims = example.map(|request| Claim::denied(stated.route(), request));
    context.report(finding, claims.into_iter().collect());
    context.help(format!("{reason}: write `{meant}`"));
}

/// Why nothing matches, and an expression that something does match.
fn remedy<'a>(
    context: &mut Context<'a>,
    stated: &Stated<'a>,
) -> Option<(&'static str, String, Pattern)> {
    let text = stated.text();
    let mut remedies: Vec<(&'static str, String)> = Vec::new();
    if text.trim() != text {
        remedies.push(("spaces at the ends are cut off", text.trim().to_owned()));
    }
    match stated.about {
        About::Path => {
            remedies.push(("paths begin with `/`", with_slash(text)));
            remedies.push(("paths have no empty segments", text.replace("//", "/")));
            if let Some((path, _)) = text.split_once(r"\?") {
                remedies.push(("the query is no part of the path", path.to_owned()));
            }
        }
        About::Host => {
            // Upper case behind a `\` says something else than lower case.
            if !text.contains('\\') {
                remedies.push(("hosts are in lower case", text.to_lowercase()));
            }
            if let Some((host, _)) = text.rsplit_once(':') {
                remedies.push(("ports are cut off", host.to_owned()));
            }
        }
        About::Header(_) => {}
    }
    remedies.into_iter().find_map(|(reason, meant)| {
        let pattern = stated.instead(&meant)?;
        let example = context.text(&stated.about, &[&pattern], &[]);
        matches!(example, Ok(Some(_))).then_some((reason, meant, pattern))
    })
}

fn with_slash(text: &str) -> String {
    match text.strip_prefix('^') {
        Some(rest) => format!("^/{rest}"),
        None => format!("/{text}"),
    }
}

fn check_ports(context: &mut Context<'_>, rule: &Rule) {
    let port = context.target(rule).and_then(|target| target.port.as_ref());
    let (Some(port), Some(reference)) = (port, context.reference(rule)) else { return };
    let message =
        format!("this TrafficTarget is about port {}, which no TCPRoute of it has", port.value);
    let finding = Diagnostic::warning(code::IMPOSSIBLE_RULE, reference.name.span, message)
        .label("this rule admits nothing")
        .related(port.span, "the only port")
        .help("add the port to the TCPRoute, or remove it here");
    context.report(finding, Vec::new());
}
