//! Rules without any condition on requests.

use std::collections::BTreeSet;
use std::sync::Arc;

use smi_model::diagnostic::Diagnostic;
use smi_model::source::Span;

use super::lint;
use crate::automata::Domain;
use crate::code;
use crate::ir::{Condition, HttpCondition, Rule};
use crate::lint::context::Context;

lint! {
    /// A rule that admits every HTTP request.
    ///
    /// ## What it finds
    ///
    /// Rules of TrafficTargets whose match states nothing, or nothing that any request
    /// lacks, such as `pathRegex: ".*"` for all methods, and TCPRoutes without ports
    /// where no HTTPRouteGroup narrows them and the dialect admits HTTP by them.
    ///
    /// ## Why it matters
    ///
    /// The callers may do whatever the workload can do, including what it will only be
    /// able to do one day.
    /// That can be right, and is easy to see in the text, so that this lint is for those
    /// who want to know of each such rule.
    ///
    /// ## What to do
    ///
    /// List the paths and methods that the callers need.
    ///
    /// ## Example
    ///
    /// ```yaml
    /// - name: everything
    ///   pathRegex: ".*"
    ///   methods: ["*"] # admits DELETE /
    /// ```
    LINT: GRANTS_EVERY_ROUTE, Allow, check
}

fn check(context: &mut Context<'_>) {
    let mut places = BTreeSet::new();
    for rule in &context.policies.rules {
        let Condition::Http(condition) = &rule.condition else { continue };
        let Some(place) = context.reference(rule).map(|it| it.place) else { continue };
        let is_of_tcp = !rule.route.contains('#');
        if (is_of_tcp && rule.ports.is_some()) || places.contains(&place) {
            continue;
        }
        if admits_all(context, condition, rule) && places.insert(place) {
            report(context, rule, place);
        }
    }
}

/// Whether a condition is fulfilled by every request. A header must be there, so
/// that none can be wanted.
fn admits_all(context: &mut Context<'_>, condition: &HttpCondition, rule: &Rule) -> bool {
    let HttpCondition { path, methods, host, headers } = condition;
    if methods.is_some() || host.is_some() || !headers.is_empty() {
        return false;
    }
    let Some(path) = path else { return true };
    match context.examples.text(Domain::Path, &[], &[path]) {
        Ok(lacking) => lacking.is_none(),
        answer => {
            context.answer(&LINT, rule.span, answer);
            false
        }
    }
}

fn report(context: &mut Context<'_>, rule: &Rule, place: Span) {
    let message =
        format!("`{}` under TrafficTarget `{}` admits every HTTP request", rule.route, rule.target);
    let finding = Diagnostic::warning(code::GRANTS_EVERY_ROUTE, place, message);
    let finding = match rule.span == place {
        true => finding,
        false => finding.related(rule.span, "this states nothing that a request can lack"),
    };
    let anything = HttpCondition {
        methods: Some(Arc::new(BTreeSet::from(["DELETE".to_owned()]))),
        ..HttpCondition::default()
    };
    let request = context.examples.of_all(&[&anything]).ok().flatten();
    let claim = request.zip(rule.sources.iter().next());
    let claims = claim.map(|(request, peer)| Context::sent(rule, peer, request));
    context.report(finding, claims.into_iter().collect());
    context.help("list the paths and methods that the callers need".to_owned());
}
