//! `metadata`, which all objects have.

use super::{
    cursor::{Object, Value},
    values::{namespace_name, object_name},
};
use crate::{
    canonical::{Labels, Meta},
    convert::Fields,
    diagnostic::{Diagnostic, code},
    source::Spanned,
};

/// Fields that Kubernetes knows and policies do not look at.
pub(super) const OTHERS: [&str; 12] = [
    "clusterName",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
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
        ["name", "namespace", "labels", "annotations"],
        "write it below `metadata`, indented",
    );
    let (span, api_version) = (object.span(), object.place_of("apiVersion"));
    let meta = object.required("metadata", |it| it.object(fields))?;
    Some(Meta { span, api_version, ..meta })
}

fn fields(metadata: &mut Object<'_>) -> Option<Meta> {
    let name = metadata.required("name", object_name);
    let namespace = metadata.optional("namespace", namespace_name);
    let labels = metadata.optional("labels", texts);
    let annotations = metadata.optional("annotations", texts);
    let others = metadata.keep(&OTHERS);
    let (name, namespace) = (name?, namespace?);
    let namespace =
        namespace.unwrap_or_else(|| Spanned::new(DEFAULT_NAMESPACE.to_owned(), name.span));
    let (labels, annotations) = (labels?.unwrap_or_default(), annotations?.unwrap_or_default());
    let span = metadata.span();
    Some(Meta { name, namespace, labels, annotations, others, api_version: None, span })
}

/// Reads a mapping of texts to texts, or nothing where it is left empty, as
/// people do who comment out the only label.
fn texts(value: Value<'_>) -> Option<Labels> {
    if value.is_null() {
        return Some(Labels::new());
    }
    value.object(|fields| {
        let pair = |(key, value): (Spanned<String>, Value<'_>)| Some((key, value.text()?));
        let pairs: Vec<_> = fields.entries().into_iter().map(pair).collect();
        pairs.into_iter().collect()
    })
}

/// Reads `spec`. Fields beside it, where the first versions had them, are reported
/// with the place where they belong.
pub(super) fn spec<T>(
    object: &mut Object<'_>,
    fields: &'static Fields,
    read: impl FnOnce(&mut Object<'_>) -> Option<T>,
) -> Option<T> {
    if report_missing_spec(object, fields) {
        return None;
    }
    object.mistakes(fields.iter().map(|(name, _)| *name), "write it below `spec`, indented");
    object.required("spec", |spec| spec.object(read))
}

/// Whether the whole body stands beside where `spec` should be. Kubernetes accepts
/// that, and throws the body away.
fn report_missing_spec(object: &mut Object<'_>, fields: &'static Fields) -> bool {
    if object.has("spec") {
        return false;
    }
    let misplaced = object.keys_among(fields);
    let Some(first) = misplaced.first() else { return false };
    let message = format!("`{}` has no `spec`", object.path());
    let mut error = Diagnostic::error(code::MISSING_SPEC, *first, message)
        .label("this belongs below `spec`")
        .help("Kubernetes drops fields that do not stand where the version has them");
    for other in misplaced.iter().skip(1) {
        error = error.related(*other, "and this");
    }
    object.report(match object.below_spec(fields) {
        Some(fix) => error.fix(fix.span, fix.replacement),
        None => error,
    });
    object.ignore(&["spec"]);
    true
}
