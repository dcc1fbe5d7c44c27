//! Callers from elsewhere.

use std::collections::BTreeMap;

use smi_model::canonical::{SubjectKind, TrafficTarget};
use smi_model::diagnostic::Diagnostic;

use super::lint;
use crate::code;
use crate::ir::{Condition, Rule};
use crate::lint::claim::Claim;
use crate::lint::context::Context;

lint! {
    /// A source is of another namespace than its TrafficTarget.
    ///
    /// ## What it finds
    ///
    /// Sources that name another namespace.
    ///
    /// ## Why it matters
    ///
    /// Whoever may create workloads in that namespace can have them called under the
    /// source's ServiceAccount.
    /// Services of different namespaces call each other all the time, so that this lint
    /// is for audits: it lists all doors through the walls.
    ///
    /// ## What to do
    ///
    /// See who owns the other namespace, and allow the source with a comment that says so.
    ///
    /// ## Example
    ///
    /// ```yaml
    /// metadata: {name: store, namespace: shop}
    /// spec:
    ///   sources:
    ///   - {kind: ServiceAccount, name: prometheus, namespace: monitoring}
    /// ```
    LINT: CROSS_NAMESPACE_SOURCE, Allow, check
}

fn check(context: &mut Context<'_>) {
    let mut rules: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for rule in &context.policies.rules {
        rules.entry(&rule.target).or_default().push(rule);
    }
    for target in &context.bundle.traffic_targets {
        let own = rules.get(target.meta.qualified_name().as_str());
        check_one(context, target, own.map_or(&[], Vec::as_slice));
    }
}

fn check_one(context: &mut Context<'_>, target: &TrafficTarget, rules: &[&Rule]) {
    let own = target.meta.namespace.value.as_str();
    for source in &target.sources {
        let Some(namespace) = source.namespace.as_ref().filter(|it| it.value != own) else {
            continue;
        };
        let message = format!(
            "source `{}` is of namespace `{}`, its TrafficTarget of `{own}`",
            source.name.value, namespace.value
        );
        let finding = Diagnostic::warning(code::CROSS_NAMESPACE_SOURCE, namespace.span, message)
            .help("see who may create workloads there");
        let claim = match source.kind {
            SubjectKind::ServiceAccount => {
                let peer = context.policies.options.identity(&namespace.value, &source.name.value);
                example(context, &peer, rules)
            }
            SubjectKind::IdentityBinding => None,
        };
        context.report(finding, claim.into_iter().collect());
    }
}

/// A request that a source may send.
fn example(context: &mut Context<'_>, peer: &str, rules: &[&Rule]) -> Option<Claim> {
    rules.iter().find_map(|rule| {
        let Condition::Http(condition) = &rule.condition else { return None };
        let no_port = rule.ports.as_ref().is_some_and(|ports| ports.is_empty());
        if no_port || !rule.sources.contains(peer) {
            return None;
        }
        let request = context.examples.of_all(&[condition]).ok()??;
        Some(Context::sent(rule, peer, request))
    })
}
