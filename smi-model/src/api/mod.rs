//! From documents to objects, and back.
//!
//! A version is one file. To add one, write the file and its row in `kinds::KINDS`.

pub mod access;
mod core;
mod cursor;
mod expression;
mod header;
mod kinds;
mod metadata;
pub mod metrics;
mod quantity;
mod resource;
mod schema;
mod shape;
pub mod specs;
mod spiffe;
pub mod split;
mod values;
mod write;

pub(crate) use access::TARGET_FIELDS;
pub(crate) use kinds::{ACCESS, KindVersion, SPECS};

use self::kinds::KINDS;
pub(crate) use resource::Resource;
pub use schema::{JsonSchema, json_schema_of_all, json_schemas};
pub use shape::{ObjectMeta, Pairs};
pub(crate) use write::{Written, yaml};

use self::cursor::{Context, Peek};
use crate::{
    ReadOptions,
    canonical::{Broken, Bundle},
    diagnostic::{Diagnostic, Problems},
    document::{Node, NodeKind, Tree},
    regex::Budget,
    source::SourceFile,
};

/// The `apiVersion` of the newest released version of an SMI kind; `None` for
/// kinds that no release has.
///
/// ```
/// use smi_model::api::newest_release;
///
/// assert_eq!(newest_release("TrafficTarget").as_deref(), Some("access.smi-spec.io/v1alpha3"));
/// assert_eq!(newest_release("IdentityBinding"), None);
/// ```
#[must_use]
pub fn newest_release(kind: &str) -> Option<String> {
    KindVersion::newest_released(kind).map(KindVersion::api_version)
}

/// What holds for all documents of one file.
pub(crate) struct Reading {
    /// Whether objects without `apiVersion` are read as the version that fits.
    pub(crate) assume_versions: bool,
    /// What the expressions of the file may still cost.
    pub(crate) budget: Budget,
}

impl Reading {
    /// One for each file.
    pub(crate) fn of(options: &ReadOptions) -> Self {
        Self { assume_versions: options.assume_versions, budget: Budget::default() }
    }
}

/// Reads the objects of one document.
pub(crate) fn read(
    file: &SourceFile,
    tree: &Tree<'_>,
    reading: &Reading,
    bundle: &mut Bundle,
    problems: &mut Problems,
) {
    if !tree.complete {
        bundle.broken.extend(broken(tree, tree.root()));
        return;
    }
    each_object(file, tree, reading, &mut |object| {
        match object.resource {
            Some(resource) if !object.failed => bundle.add(resource),
            // Nothing of SMI; but policies may speak of the pods that it makes.
            None if object.kind.is_none() && !object.failed => {
                if let Some(bystander) = core::bystander(Peek::new(tree, object.node)) {
                    bundle.add(bystander);
                }
            }
            _ => bundle.broken.extend(broken(tree, object.node)),
        }
        problems.extend(object.diagnostics);
    });
}

/// One object of a document.
pub(crate) struct Decoded<'t> {
    pub(crate) node: &'t Node<'t>,
    /// What it says that it is, when that is of interest.
    pub(crate) kind: Option<&'static KindVersion>,
    pub(crate) resource: Option<Resource>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Whether one of these is an error.
    pub(crate) failed: bool,
}

/// Decodes the object that a complete document is, or the items of a
/// `kind: List`.
pub(crate) fn each_object<'t>(
    file: &'t SourceFile,
    tree: &'t Tree<'t>,
    reading: &Reading,
    visit: &mut dyn FnMut(Decoded<'t>),
) {
    each_item(tree, tree.root(), &mut |node| {
        let context = Context::new(file, tree, &reading.budget);
        let kind = header::recognise(&context, tree, node, reading.assume_versions);
        let decode = |kind: &KindVersion| context.value(node, kind.kind).object(kind.decode);
        let resource = kind.and_then(decode);
        let failed = context.failed();
        visit(Decoded { node, kind, resource, failed, diagnostics: context.into_diagnostics() });
    });
}

/// Items may be lists again; the depth of documents is limited.
fn each_item<'t>(tree: &'t Tree<'t>, node: &'t Node<'t>, visit: &mut dyn FnMut(&'t Node<'t>)) {
    match list_items(tree, node) {
        Some(items) => items.into_iter().for_each(|item| each_item(tree, item, visit)),
        None => visit(node),
    }
}

/// The items of a `kind: List` of Kubernetes.
fn list_items<'a>(tree: &'a Tree<'a>, node: &'a Node<'a>) -> Option<Vec<&'a Node<'a>>> {
    let text = |key| tree.get(node, key).and_then(Node::text);
    if (text("apiVersion"), text("kind")) != (Some("v1"), Some("List")) {
        return None;
    }
    match &tree.get(node, "items")?.kind {
        NodeKind::Sequence(items) => Some(items.iter().map(|id| tree.node(*id)).collect()),
        _ => None,
    }
}

/// What can be told about an object that could not be decoded; `None` when it
/// is of no kind that anything refers to.
fn broken(tree: &Tree, node: &Node) -> Option<Broken> {
    let kind = tree.get_own(node, "kind").and_then(Node::text)?;
    KINDS.iter().find(|row| row.kind == kind)?;
    let metadata = tree.get_own(node, "metadata");
    let text = |key| metadata.and_then(|it| tree.get_own(it, key)).and_then(Node::text);
    Some(Broken {
        kind: kind.to_owned(),
        namespace: text("namespace").unwrap_or(metadata::DEFAULT_NAMESPACE).to_owned(),
        name: text("name").map(str::to_owned),
        span: node.span,
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn lists_hold_objects_and_lists() {
        let text = r#"{"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "a"}},
            {"apiVersion": "v1", "kind": "List", "items": [
                {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "b\u0063"}}
            ]}
        ]}"#;
        let bundle = accept(text);
        let names: Vec<_> =
            bundle.service_accounts.iter().map(|it| it.meta.name.value.as_str()).collect();
        assert_eq!(names, ["a", "bc"]);
    }

    #[test]
    fn a_broken_object_does_not_hide_its_neighbours() {
        let findings = read(
            "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: [\n---\n\
             apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: whole}\n",
        );
        assert_eq!(findings.diagnostics.len(), 1);
        assert_eq!(findings.value.broken[0].kind, "ServiceAccount");
        assert_eq!(findings.value.service_accounts[0].meta.name.value, "whole");
    }
    #[test]
    fn a_document_that_is_too_large_does_not_hide_the_next() {
        let account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n";
        let large = format!("{account}x: [{}]\n", "a, ".repeat(500_000));
        let findings = read(&format!("{large}---\n{}", account.replace("a}", "b}")));
        assert_eq!(findings.diagnostics.len(), 1);
        assert_eq!(findings.value.broken[0].name.as_deref(), Some("a"));
        assert_eq!(findings.value.service_accounts[0].meta.name.value, "b");
    }
}
