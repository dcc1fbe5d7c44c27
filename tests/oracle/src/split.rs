//! Splits: which Services share the requests for a root.

use crate::objects::{Backend, Split};
use crate::{Overlap, Question, Share};

impl Question<'_> {
    pub(crate) fn shares(&self, namespace: &str, root: &str) -> Result<Vec<Share>, Overlap> {
        let split = self.split_of(namespace, root)?;
        let backends = split.map_or(&[][..], |split| &split.backends);
        let shares = backends.iter().filter_map(|backend| self.share_of(namespace, root, backend));
        let shares: Vec<Share> = shares.collect();
        // Without a split requests go where they are sent. So they do on a port
        // which no backend has that would get any.
        if shares.iter().any(|share| share.weight > 0) {
            Ok(shares)
        } else {
            Ok(vec![Share { service: root.to_owned(), weight: 1, target_port: None }])
        }
    }

    /// The split that says where this request goes: one whose matches describe it
    /// before the one that has none, because all that no matches describe goes on
    /// as if their split did not exist (split v1alpha3, "Use Cases").
    fn split_of(&self, namespace: &str, root: &str) -> Result<Option<&Split>, Overlap> {
        let is_of_root = |split: &&Split| {
            split.name.namespace == namespace && split.root == root && self.applies(split)
        };
        let splits: Vec<&Split> = self.policies.splits.iter().filter(is_of_root).collect();
        let conditional = splits.iter().filter(|split| self.is_described_by_matches_of(split));
        match conditional.collect::<Vec<_>>()[..] {
            [] => {}
            [split] => return Ok(Some(split)),
            _ => return Err(Overlap),
        }
        let mut unconditional = splits.into_iter().filter(|split| split.groups.is_none());
        // Which of two would count is anybody's guess, so none does.
        Ok(unconditional.next().filter(|_| unconditional.next().is_none()))
    }

    /// Whether a split means something: that its root is none of its backends, and
    /// that there are the groups which it names (dialect).
    fn applies(&self, split: &Split) -> bool {
        let names_itself = split.backends.iter().any(|backend| backend.service == split.root);
        let is_there = |group: &String| self.policies.matches(&split.name.namespace, group);
        (!names_itself || self.dialect.splits_may_name_themselves())
            && split.groups.as_ref().is_none_or(|groups| {
                self.dialect.has_conditional_splits()
                    && groups.iter().all(|group| is_there(group).is_some())
            })
    }

    /// Split v1alpha3: the matches of all groups together are alternatives. They
    /// describe HTTP, so that other connections are none of theirs.
    fn is_described_by_matches_of(&self, split: &Split) -> bool {
        let groups = split.groups.iter().flatten();
        let matches = groups
            .filter_map(|group| self.policies.matches(&split.name.namespace, group))
            .flatten();
        self.is_judged_as_http() && matches.into_iter().any(|one| self.fulfils(one))
    }

    /// Split v1alpha4, "Ports": of the ports of the root, a backend whose Service
    /// lacks one is left out for that port. Nothing can be said of a Service that
    /// is not at hand, or that lists no ports, as those of other names do.
    fn share_of(&self, namespace: &str, root: &str, backend: &Backend) -> Option<Share> {
        let Backend { service, weight } = backend;
        let share = |target_port| Share { service: service.clone(), weight: *weight, target_port };
        let of_root = self.policies.service(namespace, root).unwrap_or_default();
        let is_of_root = |wanted: &u16| of_root.iter().any(|port| port.number == *wanted);
        let ports = self.policies.service(namespace, service).filter(|ports| !ports.is_empty());
        match (ports, self.request.port.filter(is_of_root)) {
            (Some(ports), Some(wanted)) => {
                let port = ports.iter().find(|port| port.number == wanted)?;
                Some(share(port.target.filter(|&target| target != wanted)))
            }
            _ => Some(share(None)),
        }
    }
}
