//! The JSON shapes that the page receives; `web/src/types.ts` mirrors them.
//!
//! Model types are never serialised themselves, so that they can change without
//! breaking the page. Requests and verdicts are not here: their shape belongs to
//! `policy_compiler::query`, which the command line shares.

use serde::Serialize;
use smi_model::diagnostic;
use smi_model::source::{SourceFile, SourceMap, Span};

use crate::offsets::Utf16Offsets;

/// What the compiler says about a text.
#[derive(Debug, Serialize)]
pub(crate) struct Analysis {
    /// Everything found, in the order of the text.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Every ServiceAccount that the policies name, as `namespace/name`, sorted.
    pub(crate) identities: Vec<String>,
    /// One entry for each TrafficTarget that grants something.
    pub(crate) targets: Vec<Target>,
    /// The compiled table; `None` when a limit was exceeded.
    pub(crate) table: Option<TableSummary>,
}

/// One finding, at offsets in UTF-16 code units.
#[derive(Debug, Serialize)]
pub(crate) struct Diagnostic {
    code: String,
    name: &'static str,
    severity: &'static str,
    message: String,
    label: String,
    #[serde(flatten)]
    place: Place,
    column: u32,
    related: Vec<Related>,
    help: Vec<String>,
    fix: Option<Fix>,
}

#[derive(Debug, Serialize)]
struct Related {
    message: String,
    #[serde(flatten)]
    place: Place,
}

#[derive(Debug, Serialize)]
struct Fix {
    replacement: String,
    #[serde(flatten)]
    place: Place,
}

/// A range in code units, and the line (from 1) where it starts.
#[derive(Debug, Serialize)]
struct Place {
    from: usize,
    to: usize,
    line: u32,
}

/// A TrafficTarget in short. Names are `namespace/name`.
#[derive(Debug, Serialize)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) line: u32,
    pub(crate) sources: Vec<String>,
    pub(crate) destination: String,
    pub(crate) routes: Vec<Route>,
}

/// A route that a target grants, as the table knows it.
#[derive(Debug, Serialize)]
pub(crate) struct Route {
    pub(crate) name: String,
    pub(crate) line: u32,
}

/// A compiled table in short.
#[derive(Debug, Serialize)]
pub(crate) struct TableSummary {
    /// Bytes.
    pub(crate) size: usize,
    /// Hexadecimal digits.
    pub(crate) digest: String,
}

/// Says where spans lie in the one text of the page.
pub(crate) struct Places<'a> {
    sources: &'a SourceMap,
    offsets: Option<(&'a SourceFile, Utf16Offsets)>,
}

impl<'a> Places<'a> {
    pub(crate) fn new(sources: &'a SourceMap) -> Self {
        let text = sources.files().next();
        Self { sources, offsets: text.map(|file| (file, Utf16Offsets::new(file.text()))) }
    }

    pub(crate) fn line(&self, span: Span) -> u32 {
        self.sources.locate(span).map_or(1, |location| location.line)
    }

    pub(crate) fn diagnostic(&self, finding: diagnostic::Diagnostic) -> Diagnostic {
        let column = self.sources.locate(finding.primary.span).map_or(1, |at| at.column);
        let related = finding.related.into_iter();
        let fix = finding.fix;
        Diagnostic {
            code: finding.code.to_string(),
            name: finding.code.name,
            severity: finding.severity.as_str(),
            message: finding.message,
            label: finding.primary.message,
            place: self.place(finding.primary.span),
            column,
            related: related
                .map(|label| Related { place: self.place(label.span), message: label.message })
                .collect(),
            help: finding.help,
            fix: fix.map(|fix| Fix { place: self.place(fix.span), replacement: fix.replacement }),
        }
    }

    fn place(&self, span: Span) -> Place {
        let line = self.line(span);
        self.offsets.as_ref().map_or(Place { from: 0, to: 0, line }, |(file, offsets)| {
            let range = file.local(span);
            Place { from: offsets.at(range.start), to: offsets.at(range.end), line }
        })
    }
}
