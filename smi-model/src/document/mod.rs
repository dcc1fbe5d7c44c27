//! YAML (and so JSON) as trees of nodes that know their place.
//!
//! Documents are read one after the other, so that a file of any number of them
//! takes the memory of its largest. An alias is one more edge to the node that
//! it refers to: a document is never larger in memory than as text.

mod builder;
mod comments;
mod data;
mod parse;
mod scalar;

use std::borrow::Cow;

pub use comments::{Comment, comments};
pub(crate) use parse::Documents;
pub(crate) use scalar::Meaning;

use crate::source::Span;

/// The key under which a mapping takes over the entries of others.
pub(crate) const MERGE_KEY: &str = "<<";

/// One document of a file.
#[derive(Debug)]
pub(crate) struct Tree<'a> {
    nodes: Vec<Node<'a>>,
    root: NodeId,
    /// Whether all of it was understood. The tree of an incomplete document
    /// serves to tell what it was going to be, and for nothing else.
    pub(crate) complete: bool,
}

/// Index of a node in its [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NodeId(u32);

/// A value.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    pub(crate) kind: NodeKind<'a>,
    /// Where it stands; for a quoted scalar, the text between the quotes.
    pub(crate) span: Span,
}

/// What a value is.
#[derive(Debug)]
pub(crate) enum NodeKind<'a> {
    Scalar(Scalar<'a>),
    Sequence(Vec<NodeId>),
    Mapping(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) key: NodeId,
    pub(crate) value: NodeId,
}

/// A value without parts.
#[derive(Debug)]
pub(crate) struct Scalar<'a> {
    /// The text after unescaping; that of the file where there is nothing to unescape.
    pub(crate) text: Cow<'a, str>,
    /// How it is written, or what its tag makes of it.
    pub(crate) style: Style,
}

/// Notations of scalars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Without quotes: its text decides what it means.
    Plain,
    /// In quotes: always text.
    Quoted,
    /// After `|` or `>`, or tagged `!!str`: always text.
    Block,
}

impl<'a> Tree<'a> {
    /// The value that the document is.
    pub(crate) fn root(&self) -> &Node<'a> {
        self.node(self.root)
    }

    /// The node with this id.
    pub(crate) fn node(&self, id: NodeId) -> &Node<'a> {
        // Ids come from this tree only, so the fallback is never seen.
        self.nodes.get(id.0 as usize).unwrap_or(&NOTHING)
    }

    /// The value of `key` in the mapping itself. Cheap even in a document that
    /// was refused for its size.
    pub(crate) fn get_own(&self, mapping: &Node<'_>, key: &str) -> Option<&Node<'a>> {
        let NodeKind::Mapping(entries) = &mapping.kind else { return None };
        let own = entries.iter().find(|entry| self.node(entry.key).text() == Some(key))?;
        Some(self.node(own.value))
    }

    /// The value of `key` in a mapping or in what it merges. Only for complete
    /// documents, whose size with all aliases is limited.
    pub(crate) fn get(&self, mapping: &Node<'_>, key: &str) -> Option<&Node<'a>> {
        if let Some(own) = self.get_own(mapping, key) {
            return Some(own);
        }
        let NodeKind::Mapping(entries) = &mapping.kind else { return None };
        let merges = entries.iter().filter(|entry| self.node(entry.key).text() == Some(MERGE_KEY));
        merges.flat_map(|merge| self.merged(merge.value)).find_map(|merged| self.get(merged, key))
    }

    /// The mappings that the value of a merge key stands for.
    pub(crate) fn merged(&self, value: NodeId) -> Vec<&Node<'a>> {
        match &self.node(value).kind {
            NodeKind::Sequence(items) => items.iter().map(|item| self.node(*item)).collect(),
            _ => vec![self.node(value)],
        }
    }

    /// Where the eye should fall for this node: on a scalar, on the first key
    /// of a mapping, or on the beginning of a list.
    pub(crate) fn head(&self, node: &Node<'_>) -> Span {
        let Span { start, end } = node.span;
        let first_key = match &node.kind {
            NodeKind::Scalar(_) => return node.span,
            NodeKind::Mapping(entries) => entries.first().map(|entry| self.node(entry.key)),
            NodeKind::Sequence(_) => None,
        };
        // A key that is an alias stands elsewhere; one that is a collection is large.
        let key = first_key.filter(|key| key.text().is_some() && key.span.start >= start);
        key.filter(|key| key.span.end <= end)
            .map_or(Span::new(start, end.min(start.saturating_add(1))), |key| key.span)
    }
}

static NOTHING: Node<'static> = Node {
    kind: NodeKind::Scalar(Scalar { text: Cow::Borrowed(""), style: Style::Plain }),
    span: Span::new(0, 0),
};

impl Node<'_> {
    /// The text of a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Scalar(scalar) => Some(&scalar.text),
            _ => None,
        }
    }

    /// The text of a scalar that Kubernetes takes for text.
    pub(crate) fn genuine_text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Scalar(scalar) if scalar.meaning() == Meaning::Text => Some(&scalar.text),
            _ => None,
        }
    }

    /// What the node is, as messages say it.
    pub(crate) fn description(&self) -> &'static str {
        match &self.kind {
            NodeKind::Scalar(scalar) => scalar.meaning().description(),
            NodeKind::Sequence(_) => "a list",
            NodeKind::Mapping(_) => "a mapping",
        }
    }

    /// Whether the node is an absent or explicit null.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.kind, NodeKind::Scalar(scalar) if scalar.meaning() == Meaning::Null)
    }
}

impl Scalar<'_> {
    /// What Kubernetes takes the scalar for.
    pub(crate) fn meaning(&self) -> Meaning {
        match self.style {
            Style::Plain => Meaning::of_plain(&self.text),
            Style::Quoted | Style::Block => Meaning::Text,
        }
    }

    /// Whether Kubernetes, which reads a scalar and then writes it as text, ends
    /// with the text that stands here. Numbers beyond 64 bits lose digits.
    pub(crate) fn keeps_its_text(&self) -> bool {
        match self.meaning() {
            Meaning::Text => true,
            Meaning::Integer { value, decimal } => decimal && i64::try_from(value).is_ok(),
            Meaning::Boolean => self.text == "true" || self.text == "false",
            Meaning::Null | Meaning::Float => false,
        }
    }
}
