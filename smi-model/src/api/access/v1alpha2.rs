//! `access.smi-spec.io/v1alpha2`: everything has moved below `spec`, and `specs`
//! are called `rules`.
//!
//! ```yaml
//! spec:
//!   destination: {kind: ServiceAccount, name, namespace?, port?}
//!   sources:
//!   - {kind: ServiceAccount, name, namespace?}
//!   rules:
//!   - {kind: HTTPRouteGroup | TCPRoute, name, matches?: [name]}
//! ```

use schemars::JsonSchema;
use serde::Serialize;

pub use super::v1alpha1::RuleKind;
use super::{
    PortedSubject, Rule, Subject, TARGET_FIELDS, destination_with_port, rules, sources, v1alpha1,
};
use crate::{
    api::{
        Resource,
        cursor::Object,
        metadata::{metadata, spec},
        shape::{Losses, ObjectMeta, Shape},
    },
    canonical,
};

/// Lets its sources call its destination on the routes of its rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TrafficTarget {
    /// Name and namespace.
    pub metadata: ObjectMeta,
    /// Who may call whom on which routes.
    pub spec: TrafficTargetSpec,
}

/// What a TrafficTarget allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TrafficTargetSpec {
    /// Who is called.
    pub destination: PortedSubject,
    /// Who calls.
    #[schemars(length(min = 1))]
    pub sources: Vec<Subject>,
    /// On which routes.
    #[schemars(length(min = 1))]
    pub rules: Vec<Rule<RuleKind>>,
}

impl Shape for TrafficTarget {
    type Canonical = canonical::TrafficTarget;

    fn of(target: &canonical::TrafficTarget, losses: &mut Losses) -> Self {
        let v1alpha1::TrafficTarget { metadata, destination, sources, specs } =
            v1alpha1::TrafficTarget::of(target, losses);
        Self { metadata, spec: TrafficTargetSpec { destination, sources, rules: specs } }
    }
}

pub(in crate::api) fn traffic_target(object: &mut Object<'_>) -> Option<Resource> {
    let meta = metadata(object);
    let spec = spec(object, TARGET_FIELDS, |spec| {
        let destination = spec.required("destination", |it| it.object(destination_with_port));
        let sources = spec.required("sources", sources);
        let rules = spec.required("rules", |it| rules(it, &v1alpha1::RULE_KINDS));
        Some((destination?, sources?, rules?))
    });
    let ((destination, port), sources, rules) = spec?;
    let meta = meta?;
    let target = canonical::TrafficTarget { meta, destination, port, sources, rules };
    Some(Resource::TrafficTarget(target))
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    const TARGET: &str = "\
apiVersion: access.smi-spec.io/v1alpha2
kind: TrafficTarget
metadata: {name: t}
spec:
  destination: {kind: ServiceAccount, name: d, port: 1}
  sources: [{kind: ServiceAccount, name: s, namespace: ns}]
  rules: [{kind: TCPRoute, name: r}]
";

    #[test]
    fn every_field_is_kept() {
        let target = accept(TARGET).traffic_targets.remove(0);
        assert_eq!(target.meta.qualified_name(), "default/t");
        assert_eq!(target.port.unwrap().value, 1);
        assert_eq!(target.sources[0].namespace.as_ref().unwrap().value, "ns");
        assert_eq!(target.rules.len(), 1);
    }

    #[test]
    fn a_body_of_v1alpha1_is_sent_below_spec() {
        let flat = TARGET.replace("spec:\n", "").replace("  ", "").replace("rules", "specs");
        assert_eq!(reject(&flat), ["SMI231 4:1 `TrafficTarget` has no `spec`"]);
        let fix = read(&flat).diagnostics[0].fix.clone().unwrap();
        let mut mended = flat.clone();
        mended.replace_range(fix.span.start as usize..fix.span.end as usize, &fix.replacement);
        accept(&mended);
    }
}
