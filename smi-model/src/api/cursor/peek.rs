//! A look at objects of others, which are not ours to judge.

use crate::{
    canonical::Labels,
    document::{MERGE_KEY, Meaning, Node, NodeKind, Tree},
    source::{Span, Spanned},
};

/// A value that is looked at without a report on anything. What cannot be used
/// is as good as absent, so a reader must only conclude from what is there.
#[derive(Clone, Copy)]
pub(crate) struct Peek<'a> {
    tree: &'a Tree<'a>,
    node: &'a Node<'a>,
}

/// The entries of a mapping.
type Entries<'a> = Vec<(Spanned<&'a str>, Peek<'a>)>;

impl<'a> Peek<'a> {
    pub(crate) const fn new(tree: &'a Tree<'a>, node: &'a Node<'a>) -> Self {
        Self { tree, node }
    }

    /// The whole value.
    pub(crate) const fn span(&self) -> Span {
        self.node.span
    }

    /// The value of a field, unless it is null: Kubernetes takes that as absent.
    pub(crate) fn get(&self, name: &str) -> Option<Self> {
        let (_, value) = self.entries()?.into_iter().find(|(key, _)| key.value == name)?;
        (!value.node.is_null()).then_some(value)
    }

    /// The entries of a mapping with those that it merges, its own first. `None`
    /// when it is no mapping, or when nobody knows what it says, because a key is
    /// there twice.
    pub(crate) fn entries(&self) -> Option<Entries<'a>> {
        let NodeKind::Mapping(entries) = &self.node.kind else { return None };
        let mut own = Entries::new();
        let mut merged = Entries::new();
        for entry in entries {
            let (key, value) = (self.tree.node(entry.key), self.tree.node(entry.value));
            match key.genuine_text()? {
                MERGE_KEY => {
                    for mapping in self.tree.merged(entry.value) {
                        merged.extend(Self::new(self.tree, mapping).entries()?);
                    }
                }
                name => own.push((Spanned::new(name, key.span), Self::new(self.tree, value))),
            }
        }
        let names: std::collections::BTreeSet<&str> =
            own.iter().map(|(key, _)| key.value).collect();
        let is_ambiguous = names.len() < own.len();
        own.extend(merged.into_iter().filter(|(key, _)| !names.contains(key.value)));
        (!is_ambiguous).then_some(own)
    }

    /// The items of a list, or none.
    pub(crate) fn items(&self) -> Vec<Self> {
        match &self.node.kind {
            NodeKind::Sequence(items) => {
                items.iter().map(|id| Self::new(self.tree, self.tree.node(*id))).collect()
            }
            _ => Vec::new(),
        }
    }

    /// A text that is not empty.
    pub(crate) fn text(&self) -> Option<Spanned<String>> {
        let text = self.node.genuine_text().filter(|text| !text.is_empty())?;
        Some(Spanned::new(text.to_owned(), self.span()))
    }

    /// A port, 1 to 65535.
    pub(crate) fn port(&self) -> Option<Spanned<u16>> {
        let NodeKind::Scalar(scalar) = &self.node.kind else { return None };
        let Meaning::Integer { value, decimal: true } = scalar.meaning() else { return None };
        let port = u16::try_from(value).ok().filter(|port| *port > 0)?;
        Some(Spanned::new(port, self.span()))
    }

    /// The entries whose values are text.
    pub(crate) fn labels(&self) -> Labels {
        let entries = self.entries().unwrap_or_default().into_iter();
        let label = |(key, value): (Spanned<&str>, Self)| {
            let text = value.node.genuine_text()?;
            let key = Spanned::new(key.value.to_owned(), key.span);
            Some((key, Spanned::new(text.to_owned(), value.span())))
        };
        entries.filter_map(label).collect()
    }
}
