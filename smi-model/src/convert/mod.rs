//! Documents in another version, with everything in them that needs no change
//! left as it is: comments, order, quotes.
//!
//! An object is written in the new version (see [`crate::api`]), and what differs
//! from the old one is changed in the text, piece by piece. Then the result is
//! read again. An object that does not say exactly what it should is written
//! anew as a whole, and if even that does not help, the file is not touched.

mod edit;
mod layout;
mod object;
mod ports;
mod rewrite;
mod targets;

pub(crate) use layout::{Fields, below_spec};
pub use targets::{TargetError, Targets};

use crate::{
    Limits,
    diagnostic::{Diagnostic, Findings, code, sort},
    source::{SourceFile, SourceMap, Span},
};

/// A file whose objects are in other versions now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converted {
    /// The name of the file.
    pub name: String,
    /// Its new text.
    pub text: String,
    /// How many objects have changed.
    pub objects: usize,
}

/// Converts every SMI object to the version that `targets` names for its group.
///
/// The value holds the files that change. It is empty when the documents have
/// errors, because nobody knows what a broken one means to the others: ports move
/// between objects. What a version cannot express is an error, too; the object
/// then stays as it is.
///
/// ```
/// use smi_model::{Limits, convert::{Targets, convert}, source::SourceMap};
///
/// let mut sources = SourceMap::new();
/// sources.add("routes.yaml", "apiVersion: specs.smi-spec.io/v1alpha1\n\
///     kind: HTTPRouteGroup\nmetadata: {name: books}\nmatches:  # all of them\n\
///     - {name: read, pathRegex: /books}\n")?;
/// let targets = Targets::parse(["v1alpha4"])?;
/// let converted = convert(&sources, &targets, &Limits::default());
/// assert_eq!(converted.value[0].text, "apiVersion: specs.smi-spec.io/v1alpha4\n\
///     kind: HTTPRouteGroup\nmetadata: {name: books}\nspec:\n  matches:  # all of them\n\
///     \x20 - {name: read, pathRegex: /books}\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn convert(
    sources: &SourceMap,
    targets: &Targets,
    limits: &Limits,
) -> Findings<Vec<Converted>> {
    let read = crate::read(sources, limits);
    if read.has_errors() {
        return Findings { value: Vec::new(), diagnostics: read.diagnostics };
    }
    let mut diagnostics = read.diagnostics;
    let moves = ports::moves(&read.value, targets, &mut diagnostics);
    let mut files = Vec::new();
    for file in sources.files() {
        let jobs = object::jobs(file, limits, targets, &moves, &mut diagnostics);
        let objects = jobs.iter().filter(|job| job.changes()).count();
        if objects == 0 {
            continue;
        }
        match rewrite::rewrite(file, limits, &jobs) {
            Some(text) => files.push(Converted { name: file.name().to_owned(), text, objects }),
            None => diagnostics.push(not_rewritable(file)),
        }
    }
    sort(&mut diagnostics);
    Findings { value: files, diagnostics }
}

fn not_rewritable(file: &SourceFile) -> Diagnostic {
    let start = Span::new(file.base(), file.base());
    let message = "this file cannot be rewritten, because its objects share parts with each other";
    Diagnostic::error(code::NOT_REWRITABLE, start, message)
        .help("write out anchors and aliases, and convert again")
}
