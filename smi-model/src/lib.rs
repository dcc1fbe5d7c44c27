//! Service Mesh Interface documents as types, with spans and diagnostics.
//!
//! Text goes in; out come the SMI objects that were understood and everything
//! that is to be said about the rest. Nothing here opens a file, and no text,
//! however broken or hostile, makes [`read`] fail, panic or hang.
//!
//! ```
//! use smi_model::{Limits, diagnostic::render, source::SourceMap};
//!
//! let mut sources = SourceMap::new();
//! sources.add("split.yaml", "apiVersion: split.smi-spec.io/v1alpha2\n\
//!     kind: TrafficSplit\nmetadata: {name: books}\nspec:\n  service: books\n\
//!     \x20 backends:\n  - {service: books-v1, weight: 90}\n  - {service: books-v2, wieght: 10}\n")?;
//! let read = smi_model::read(&sources, &Limits::default());
//! assert!(read.value.traffic_splits.is_empty(), "a document with an error grants nothing");
//! let text = render::text(&read.diagnostics, &sources, false);
//! assert!(text.contains("split.yaml:8:25") && text.contains("+   - {service: books-v2, weight: 10}"));
//! # Ok::<(), smi_model::source::TooLarge>(())
//! ```
//!
//! # Tour
//!
//! [`source`] holds the texts and positions in them. `document` turns each text
//! into trees of nodes that know their place, one document at a time; `api`
//! recognises the objects in these trees by group, version and kind, and has one
//! file per version that decodes them into [`canonical`], the model without
//! versions that every later stage works with. The same files hold the versions
//! as plain types, from which come JSON Schemas ([`api::json_schemas`]) and YAML
//! ([`convert::write`]); [`convert`] takes documents from one version to another.
//! [`regex`] is what is understood of expressions. [`diagnostic`] is how all of
//! them, and the later stages, tell what they found.

pub mod api;
pub mod canonical;
pub mod convert;
pub mod diagnostic;
mod document;
mod limits;
mod options;
pub mod regex;
pub mod source;
#[cfg(test)]
mod testing;

pub use document::{Comment, comments};
pub use limits::Limits;
pub use options::ReadOptions;

use canonical::Bundle;
use diagnostic::{Diagnostic, Findings, Problems};
use document::Documents;
use source::{SourceFile, SourceMap};

/// Reads every document of every file into one bundle.
///
/// Kubernetes objects that have nothing to do with SMI are passed over, so that
/// whole folders of manifests can be given; of those that run pods, their labels,
/// accounts and ports are kept, and their mistakes are not reported. A document
/// with an error is not in the bundle's lists, but in [`Bundle::broken`]; the
/// documents after it are read all the same.
#[must_use]
pub fn read(sources: &SourceMap, limits: &Limits) -> Findings<Bundle> {
    read_with(sources, &ReadOptions { limits: *limits, ..ReadOptions::default() })
}

/// Reads as [`read`] does, with all that can be chosen.
#[must_use]
pub fn read_with(sources: &SourceMap, options: &ReadOptions) -> Findings<Bundle> {
    let mut bundle = Bundle::default();
    let mut diagnostics = Vec::new();
    for file in sources.files() {
        diagnostics.extend(read_file(file, options, &mut bundle));
    }
    bundle.withdraw_duplicates(&mut diagnostics);
    diagnostic::sort(&mut diagnostics);
    Findings { value: bundle, diagnostics }
}

fn read_file(file: &SourceFile, options: &ReadOptions, bundle: &mut Bundle) -> Vec<Diagnostic> {
    let mut problems = Problems::of_file(options.limits.problems);
    let reading = api::Reading::of(options);
    let mut documents = Documents::of(file, &options.limits);
    while let Some(tree) = documents.next() {
        problems.extend(documents.take_problems());
        api::read(file, &tree, &reading, bundle, &mut problems);
    }
    // Those of no document.
    problems.extend(documents.take_problems());
    problems.into_diagnostics()
}
