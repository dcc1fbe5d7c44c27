//! As many TrafficTargets as one asks for, written as people write them.

use std::fmt::Write;

/// A file of TrafficTargets, each with a destination, a caller and a route of its
/// own, and some that it shares.
#[must_use]
pub fn many_targets(count: usize) -> String {
    let mut text = String::new();
    for number in 0..count {
        let team = number % 50;
        write!(text, "{}", target(number, team)).expect("strings take all text");
    }
    text
}

fn target(number: usize, team: usize) -> String {
    format!(
        "---
# Who may call server-{number}.
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata:
  name: target-{number}
  namespace: team-{team}
spec:
  destination:
    kind: ServiceAccount
    name: server-{number}
    namespace: team-{team}
  sources:
  - kind: ServiceAccount
    name: client-{number}
    namespace: clients
  - kind: ServiceAccount
    name: prometheus
    namespace: monitoring
  rules:
  - kind: HTTPRouteGroup
    name: routes-{number}
    matches:
    - read
    - write
  - kind: TCPRoute
    name: metrics
"
    )
}

#[cfg(test)]
mod tests {
    use smi_model::{Limits, source::SourceMap};

    use super::many_targets;

    #[test]
    fn every_target_is_read() {
        let mut sources = SourceMap::new();
        sources.add("many.yaml", many_targets(100)).unwrap();
        let read = smi_model::read(&sources, &Limits::default());
        assert_eq!(read.diagnostics, []);
        assert_eq!(read.value.traffic_targets.len(), 100);
    }
}
