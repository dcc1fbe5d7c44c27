//! Splits that concern each other: of one root, or one behind the other.

use std::collections::BTreeMap;

use smi_model::diagnostic::Diagnostic;

use super::names::Named;
use crate::code;
use crate::resolve::Resolver;

/// All splits by namespace and root, those of one root in the order of the text.
pub(super) type Roots<'s, 'a> = BTreeMap<(&'a str, &'a str), Vec<&'s Named<'a>>>;

pub(super) fn by_root<'s, 'a>(splits: &'s [Named<'a>]) -> Roots<'s, 'a> {
    let mut roots: Roots<'s, 'a> = BTreeMap::new();
    for named in splits {
        roots.entry((&named.split.meta.namespace.value, named.root)).or_default().push(named);
    }
    for of_root in roots.values_mut() {
        of_root.sort_by_key(|named| named.split.service.span);
    }
    roots
}

impl Resolver<'_> {
    /// Whether several splits without errors share all requests for one root:
    /// nobody knows which of them counts, and so none does.
    pub(super) fn is_contested<'s>(
        &mut self,
        of_root: impl Iterator<Item = &'s Named<'s>>,
    ) -> bool {
        let mut of_all = of_root.filter(|named| named.split.matches.is_empty());
        let Some(first) = of_all.next() else { return false };
        let mut is_contested = false;
        for other in of_all {
            let message = format!("a second TrafficSplit shares all requests for `{}`", other.root);
            self.report(
                Diagnostic::error(code::SECOND_SPLIT, other.split.service.span, message)
                    .label("none of them is in force")
                    .related(first.split.service.span, "the first one")
                    .help("merge their backends, or give all but one of them `matches`"),
            );
            is_contested = true;
        }
        is_contested
    }

    /// Warns of backends whose requests other splits would share, if splits were
    /// followed: a backend is a plain Service.
    pub(super) fn nested(&mut self, named: &Named<'_>, roots: &Roots<'_, '_>) {
        let namespace = named.split.meta.namespace.value.as_str();
        for (backend, name) in named.split.backends.iter().zip(&named.backends) {
            let Some(name) = name.filter(|name| *name != named.root) else { continue };
            let Some(other) = roots.get(&(namespace, name)).and_then(|of_root| of_root.first())
            else {
                continue;
            };
            let message = format!(
                "backend `{}` is the root of TrafficSplit `{}`",
                backend.service.value, other.split.meta.name.value
            );
            self.report(
                Diagnostic::warning(code::NESTED_SPLIT, backend.service.span, message)
                    .label("requests that come here are not shared any further")
                    .related(other.split.service.span, "the other split")
                    .help("name the backends of the other split here, each with its part of the weight"),
            );
        }
    }
}
