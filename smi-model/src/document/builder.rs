//! Grows a [`Tree`] from what a parser meets, under the limits.

use std::{collections::BTreeMap, ops::ControlFlow};

use super::{Document, Entry, Node, NodeId, NodeKind, Scalar, Style, Tree};
use crate::{
    Limits,
    diagnostic::{Diagnostic, code},
    source::Span,
};

/// What a parser calls an anchor: unique in the file.
pub(super) type AnchorId = usize;

/// Mappings and sequences, while they are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Collection {
    Sequence,
    Mapping,
}

/// The tree that grows, and where in it the next node goes.
pub(super) struct Builder<'a> {
    limits: &'a Limits,
    diagnostics: &'a mut Vec<Diagnostic>,
    tree: Tree,
    /// How large each node of the tree is when aliases are written out.
    extents: Vec<Extent>,
    anchors: BTreeMap<AnchorId, NodeId>,
    open: Vec<Open>,
    /// The finished value of the current document.
    root: Option<NodeId>,
    /// Where the last piece of text of the current document ends.
    end: u32,
    complete: bool,
}

/// A collection that is not finished.
struct Open {
    collection: Collection,
    anchor: Option<AnchorId>,
    start: u32,
    children: Vec<NodeId>,
}

/// The size of a node with every alias under it written out.
#[derive(Clone, Copy, Default)]
struct Extent {
    nodes: usize,
    depth: usize,
}

impl<'a> Builder<'a> {
    pub(super) fn new(limits: &'a Limits, diagnostics: &'a mut Vec<Diagnostic>) -> Self {
        Self {
            limits,
            diagnostics,
            tree: Tree::default(),
            extents: Vec::new(),
            anchors: BTreeMap::new(),
            open: Vec::new(),
            root: None,
            end: 0,
            complete: true,
        }
    }

    pub(super) fn finish(self) -> Tree {
        self.tree
    }

    /// Begins a document; breaks when the file has too many.
    pub(super) fn start_document(&mut self, at: Span) -> ControlFlow<()> {
        self.complete = true;
        self.end = at.end;
        if self.tree.documents.len() < self.limits.documents {
            return ControlFlow::Continue(());
        }
        let limit = self.limits.documents;
        let message = format!("the file has more than {limit} documents");
        self.report(
            Diagnostic::error(code::TOO_MANY_DOCUMENTS, at, message)
                .label("nothing from here on is read")
                .help("split the file"),
        );
        ControlFlow::Break(())
    }

    /// Ends a document, keeping what there is of it.
    pub(super) fn end_document(&mut self) {
        let mut flow = ControlFlow::Continue(());
        while !self.open.is_empty() && flow.is_continue() {
            flow = self.end_collection(self.end);
        }
        self.anchors.clear();
        let Some(root) = self.root.take() else { return };
        self.check_extent(root);
        self.tree.documents.push(Document { root, complete: self.complete });
    }

    /// Reports a problem that makes the current document unusable.
    pub(super) fn spoil(&mut self, diagnostic: Diagnostic) {
        self.complete = false;
        self.report(diagnostic);
    }

    /// Where the current document's text ends so far.
    pub(super) const fn end(&self) -> u32 {
        self.end
    }

    pub(super) fn scalar(
        &mut self,
        text: String,
        style: Style,
        span: Span,
        anchor: Option<AnchorId>,
    ) -> ControlFlow<()> {
        let extent = Extent { nodes: 1 + text.len() / 16, depth: 0 };
        self.end = self.end.max(span.end);
        self.add(Node { kind: NodeKind::Scalar(Scalar { text, style }), span }, extent, anchor)
    }

    pub(super) fn start_collection(
        &mut self,
        collection: Collection,
        span: Span,
        anchor: Option<AnchorId>,
    ) {
        self.end = self.end.max(span.end);
        self.open.push(Open { collection, anchor, start: span.start, children: Vec::new() });
    }

    /// Ends the innermost collection, whose text reaches up to `end`.
    pub(super) fn end_collection(&mut self, end: u32) -> ControlFlow<()> {
        let Some(open) = self.open.pop() else { return ControlFlow::Continue(()) };
        let extent = self.extent_of(&open.children);
        let kind = match open.collection {
            Collection::Sequence => NodeKind::Sequence(open.children),
            Collection::Mapping => {
                let pairs = open.children.as_chunks().0.iter();
                NodeKind::Mapping(pairs.map(|&[key, value]| Entry { key, value }).collect())
            }
        };
        self.end = self.end.max(end);
        let span = Span::new(open.start, self.end);
        self.add(Node { kind, span }, extent, open.anchor)
    }

    /// Puts the node that an alias refers to at the alias's place as well.
    pub(super) fn alias(&mut self, anchor: AnchorId, span: Span) -> ControlFlow<()> {
        self.end = self.end.max(span.end);
        if let Some(id) = self.anchors.get(&anchor) {
            self.place(*id);
            return ControlFlow::Continue(());
        }
        self.spoil(
            Diagnostic::error(code::CYCLIC_ALIAS, span, "this alias contains itself")
                .label("stands inside the node that it refers to"),
        );
        self.scalar(String::new(), Style::Plain, span, None)
    }

    /// Stores a node and puts it into its place; breaks when the file has too many.
    fn add(&mut self, node: Node, extent: Extent, anchor: Option<AnchorId>) -> ControlFlow<()> {
        let span = node.span;
        let Some(id) = u32::try_from(self.tree.nodes.len()).ok().map(NodeId) else {
            return ControlFlow::Break(());
        };
        self.tree.nodes.push(node);
        self.extents.push(extent);
        self.anchors.extend(anchor.map(|anchor| (anchor, id)));
        self.place(id);
        if self.tree.nodes.len() <= self.limits.nodes {
            return ControlFlow::Continue(());
        }
        let message = format!("the file has more than {} nodes", self.limits.nodes);
        self.spoil(
            Diagnostic::error(code::TOO_MANY_NODES, span, message)
                .label("nothing from here on is read")
                .help("split the file"),
        );
        ControlFlow::Break(())
    }

    fn place(&mut self, id: NodeId) {
        match self.open.last_mut() {
            Some(open) => open.children.push(id),
            None => self.root = Some(id),
        }
    }

    fn extent_of(&self, children: &[NodeId]) -> Extent {
        let start = Extent { nodes: 1, depth: 0 };
        children.iter().map(|child| self.extent(*child)).fold(start, |sum, child| Extent {
            nodes: sum.nodes.saturating_add(child.nodes),
            depth: sum.depth.max(child.depth.saturating_add(1)),
        })
    }

    fn extent(&self, id: NodeId) -> Extent {
        self.extents.get(id.0 as usize).copied().unwrap_or_default()
    }

    /// Refuses documents that are small as text and enormous as data. Whoever
    /// walks a document afterwards needs no budget.
    fn check_extent(&mut self, root: NodeId) {
        let Extent { nodes, depth } = self.extent(root);
        let span = self.tree.head(self.tree.node(root));
        if nodes > self.limits.nodes {
            let message = format!("the document has more than {} nodes", self.limits.nodes);
            self.spoil(
                Diagnostic::error(code::TOO_MANY_NODES, span, message)
                    .help("each alias counts as much as the text that it stands for"),
            );
        }
        if depth > self.limits.depth {
            self.spoil(too_deep(span, self.limits.depth));
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}

/// The finding that a document is nested too deeply.
pub(super) fn too_deep(span: Span, limit: usize) -> Diagnostic {
    let message = format!("mappings and lists are nested more than {limit} deep");
    Diagnostic::error(code::TOO_DEEP, span, message)
}
