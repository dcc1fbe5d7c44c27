//! Grows a [`Tree`] from what a parser meets, under the limits.

use std::{borrow::Cow, collections::BTreeMap, mem, ops::ControlFlow};

use super::{Entry, Node, NodeId, NodeKind, Scalar, Style, Tree};
use crate::{
    Limits,
    diagnostic::{Diagnostic, Problems, code},
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

/// What a limit cuts short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// The rest of the document is not read, the next one is.
    Document,
    /// Nothing more of the file is read.
    File,
}

/// The tree that grows, and where in it the next node goes.
pub(super) struct Builder<'a> {
    limits: &'a Limits,
    problems: Problems,
    /// How many documents were begun.
    documents: usize,
    nodes: Vec<Node<'a>>,
    /// How large each node of the tree is when aliases are written out.
    extents: Vec<Extent>,
    anchors: BTreeMap<AnchorId, NodeId>,
    open: Vec<Open>,
    /// The children of all open collections, those of the innermost last.
    children: Vec<NodeId>,
    /// How often a node or an alias was put into its place.
    placed: usize,
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
    /// Index of its first child among those of all open collections.
    first: usize,
}

/// The size of a node with every alias under it written out.
#[derive(Clone, Copy, Default)]
struct Extent {
    nodes: usize,
    depth: usize,
}

impl<'a> Builder<'a> {
    pub(super) const fn new(limits: &'a Limits) -> Self {
        Self {
            limits,
            problems: Problems::of_document(),
            documents: 0,
            nodes: Vec::new(),
            extents: Vec::new(),
            anchors: BTreeMap::new(),
            open: Vec::new(),
            children: Vec::new(),
            placed: 0,
            root: None,
            end: 0,
            complete: true,
        }
    }

    /// Begins a document; breaks when the file has too many.
    pub(super) fn start_document(&mut self, at: Span) -> ControlFlow<Cut> {
        self.complete = true;
        self.end = at.end;
        if self.documents < self.limits.documents {
            self.documents += 1;
            return ControlFlow::Continue(());
        }
        let limit = self.limits.documents;
        let message = format!("the file has more than {limit} documents");
        self.report(
            Diagnostic::error(code::TOO_MANY_DOCUMENTS, at, message)
                .label("nothing from here on is read")
                .help("split the file"),
        );
        ControlFlow::Break(Cut::File)
    }

    /// Ends a document and hands over what there is of it.
    pub(super) fn end_document(&mut self) -> Tree<'a> {
        while !self.open.is_empty() {
            // Being cut short once more changes nothing.
            let _ = self.end_collection(self.end);
        }
        // A document without any value has no nodes either, and reads as null.
        let root = self.root.take().unwrap_or(NodeId(0));
        let mut tree = Tree { nodes: mem::take(&mut self.nodes), root, complete: true };
        if self.complete {
            self.check_extent(&tree);
        }
        tree.complete = self.complete;
        self.extents.clear();
        self.anchors.clear();
        self.placed = 0;
        tree
    }

    /// Reports a problem that makes the current document unusable.
    pub(super) fn spoil(&mut self, diagnostic: Diagnostic) {
        self.complete = false;
        self.report(diagnostic);
    }

    pub(super) fn take_problems(&mut self) -> Vec<Diagnostic> {
        mem::replace(&mut self.problems, Problems::of_document()).into_diagnostics()
    }

    /// Where the current document's text ends so far.
    pub(super) const fn end(&self) -> u32 {
        self.end
    }

    pub(super) fn scalar(
        &mut self,
        text: Cow<'a, str>,
        style: Style,
        span: Span,
        anchor: Option<AnchorId>,
    ) -> ControlFlow<Cut> {
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
        let first = self.children.len();
        self.open.push(Open { collection, anchor, start: span.start, first });
    }

    /// Ends the innermost collection, whose text reaches up to `end`.
    pub(super) fn end_collection(&mut self, end: u32) -> ControlFlow<Cut> {
        let Some(open) = self.open.pop() else { return ControlFlow::Continue(()) };
        let children = self.children.get(open.first..).unwrap_or_default();
        let extent = self.extent_of(children);
        let kind = match open.collection {
            Collection::Sequence => NodeKind::Sequence(children.to_vec()),
            Collection::Mapping => {
                let pairs = children.as_chunks().0.iter();
                NodeKind::Mapping(pairs.map(|&[key, value]| Entry { key, value }).collect())
            }
        };
        self.children.truncate(open.first);
        self.end = self.end.max(end);
        let span = Span::new(open.start, self.end);
        self.add(Node { kind, span }, extent, open.anchor)
    }

    /// Puts the node that an alias refers to at the alias's place as well.
    pub(super) fn alias(&mut self, anchor: AnchorId, span: Span) -> ControlFlow<Cut> {
        self.end = self.end.max(span.end);
        if let Some(id) = self.anchors.get(&anchor) {
            return self.place(*id, span);
        }
        self.spoil(
            Diagnostic::error(code::CYCLIC_ALIAS, span, "this alias contains itself")
                .label("stands inside the node that it refers to"),
        );
        self.scalar(Cow::Borrowed(""), Style::Plain, span, None)
    }

    /// Stores a node and puts it into its place.
    fn add(
        &mut self,
        node: Node<'a>,
        extent: Extent,
        anchor: Option<AnchorId>,
    ) -> ControlFlow<Cut> {
        let Some(id) = u32::try_from(self.nodes.len()).ok().map(NodeId) else {
            return ControlFlow::Break(Cut::Document);
        };
        let span = node.span;
        self.nodes.push(node);
        self.extents.push(extent);
        self.anchors.extend(anchor.map(|anchor| (anchor, id)));
        self.place(id, span)
    }

    /// Puts a node where the text has it or an alias of it; breaks when the
    /// document has too many.
    fn place(&mut self, id: NodeId, span: Span) -> ControlFlow<Cut> {
        match self.open.is_empty() {
            true => self.root = Some(id),
            false => self.children.push(id),
        }
        self.placed += 1;
        if self.placed <= self.limits.nodes {
            return ControlFlow::Continue(());
        }
        // Collections that are open are closed all the same, without another word.
        if self.complete {
            let diagnostic = too_many_nodes(span, self.limits.nodes);
            self.spoil(diagnostic.label("the rest of the document is not read"));
        }
        ControlFlow::Break(Cut::Document)
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
    /// walks a complete document needs no budget.
    fn check_extent(&mut self, tree: &Tree<'_>) {
        let Extent { nodes, depth } = self.extent(tree.root);
        let span = tree.head(tree.root());
        if nodes > self.limits.nodes {
            self.spoil(
                too_many_nodes(span, self.limits.nodes)
                    .help("each alias counts as much as the text that it stands for"),
            );
        }
        if depth > self.limits.depth {
            self.spoil(too_deep(span, self.limits.depth));
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.problems.push(diagnostic);
    }
}

fn too_many_nodes(span: Span, limit: usize) -> Diagnostic {
    let message = format!("the document has more than {limit} nodes");
    Diagnostic::error(code::TOO_MANY_NODES, span, message)
}

/// The finding that a document is nested too deeply.
pub(super) fn too_deep(span: Span, limit: usize) -> Diagnostic {
    let message = format!("mappings and lists are nested more than {limit} deep");
    Diagnostic::error(code::TOO_DEEP, span, message)
}
