//! Where a value stands in its document, for messages.

use std::fmt::{self, Display};

/// A path such as `spec.rules[0].kind`. Each step points to the one before, so
/// that a path costs nothing until it is shown.
#[derive(Clone, Copy)]
pub(crate) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    /// The document; its kind stands for it where there is no further step.
    Root(&'a str),
    Key(&'a str),
    Index(usize),
}

impl<'a> Path<'a> {
    pub(super) const fn root(kind: &'a str) -> Self {
        Self { parent: None, step: Step::Root(kind) }
    }

    pub(super) const fn key(&'a self, key: &'a str) -> Self {
        Self { parent: Some(self), step: Step::Key(key) }
    }

    pub(super) const fn index(&'a self, index: usize) -> Self {
        Self { parent: Some(self), step: Step::Index(index) }
    }
}

impl Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parent = self.parent.filter(|parent| !matches!(parent.step, Step::Root(_)));
        if let Some(parent) = parent {
            parent.fmt(f)?;
        }
        match self.step {
            Step::Key(key) if parent.is_some() => write!(f, ".{key}"),
            Step::Root(text) | Step::Key(text) => f.write_str(text),
            Step::Index(index) => write!(f, "[{index}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Path;

    #[test]
    fn paths_read_like_those_of_kubectl() {
        let root = Path::root("TrafficTarget");
        let spec = root.key("spec");
        let rules = spec.key("rules");
        let rule = rules.index(0);
        assert_eq!(root.to_string(), "TrafficTarget");
        assert_eq!(rule.key("kind").to_string(), "spec.rules[0].kind");
    }
}
