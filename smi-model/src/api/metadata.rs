//! `metadata`, which all objects have.

use super::{
    cursor::Object,
    values::{namespace_name, object_name},
};
use crate::{canonical::Meta, source::Spanned};

/// Fields that Kubernetes knows and policies do not look at.
const OTHERS: [&str; 14] = [
    "annotations",
    "clusterName",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
    "labels",
    "managedFields",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// The namespace of objects that name none.
pub(super) const DEFAULT_NAMESPACE: &str = "default";

/// Reads the fields that every object has beside its own.
pub(super) fn metadata(object: &mut Object<'_>) -> Option<Meta> {
    object.ignore(&["apiVersion", "kind", "status"]);
    object.mistakes(
        &["name", "namespace", "labels", "annotations"],
        "write it below `metadata`, indented",
    );
    let span = object.span();
    let (name, namespace) = object.required("metadata", |it| it.object(name_and_namespace))?;
    let namespace =
        namespace.unwrap_or_else(|| Spanned::new(DEFAULT_NAMESPACE.to_owned(), name.span));
    Some(Meta { name, namespace, span })
}

fn name_and_namespace(
    metadata: &mut Object<'_>,
) -> Option<(Spanned<String>, Option<Spanned<String>>)> {
    let name = metadata.required("name", object_name);
    let namespace = metadata.optional("namespace", namespace_name);
    metadata.ignore(&OTHERS);
    Some((name?, namespace?))
}

/// Reads `spec`. Fields of `names` beside it, where the first versions had
/// them, are reported with the place where they belong.
pub(super) fn spec<T>(
    object: &mut Object<'_>,
    names: &'static [&'static str],
    read: impl FnOnce(&mut Object<'_>) -> Option<T>,
) -> Option<T> {
    object.mistakes(names, "write it below `spec`, indented");
    object.required("spec", |spec| spec.object(read))
}
