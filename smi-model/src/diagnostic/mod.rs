//! What is wrong with a text, as data: renderers turn it into terminal output,
//! JSON or editor marks.

pub mod code;
mod problems;
pub mod render;
pub mod suggest;

pub(crate) use problems::{MAX_PROBLEMS, Problems};

use crate::source::Span;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; the policy means what it says.
    Warning,
    /// What the finding points at grants nothing, or is a finding of a lint that
    /// somebody denies.
    Error,
}

impl Severity {
    /// `error` or `warning`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A stable identifier of a kind of finding, for example `SMI301`.
///
/// The hundreds name the stage: `1` document, `2` version and schema,
/// `3` references, `4` limits and patterns, `5` lints, `6` what other systems cannot
/// express. Codes are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code {
    /// The number behind `SMI`.
    pub number: u16,
    /// The kebab-case name.
    pub name: &'static str,
}

impl Code {
    /// A code; declared once, as a constant, where it is reported.
    #[must_use]
    pub const fn new(number: u16, name: &'static str) -> Self {
        Self { number, name }
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SMI{}", self.number)
    }
}

/// A place and what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// A few words; may be empty.
    pub message: String,
}

/// A replacement that mends the finding for certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What to replace; empty for an insertion.
    pub span: Span,
    /// The new text.
    pub replacement: String,
}

/// One finding.
///
/// Messages are lower case without a final period, with user input in backticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which kind of finding.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// One line that says what is wrong.
    pub message: String,
    /// Where.
    pub primary: Label,
    /// Other places that belong to it.
    pub related: Vec<Label>,
    /// What to do about it, a line each.
    pub help: Vec<String>,
    /// A certain fix, when there is one.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// An error at `span`.
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, span, message)
    }

    /// A warning at `span`.
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, span, message)
    }

    fn new(severity: Severity, code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            message: shortened(message.into()),
            primary: Label { span, message: String::new() },
            related: Vec::new(),
            help: Vec::new(),
            fix: None,
        }
    }

    /// Says a few words at the primary place.
    #[must_use]
    pub fn label(mut self, message: impl Into<String>) -> Self {
        self.primary.message = shortened(message.into());
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn related(mut self, span: Span, message: impl Into<String>) -> Self {
        self.related.push(Label { span, message: shortened(message.into()) });
        self
    }

    /// Adds a line of help.
    #[must_use]
    pub fn help(mut self, line: impl Into<String>) -> Self {
        self.help.push(shortened(line.into()));
        self
    }

    /// Adds a certain fix.
    #[must_use]
    pub fn fix(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.fix = Some(Fix { span, replacement: replacement.into() });
        self
    }
}

/// Messages quote the user's text, which can have any length.
fn shortened(mut message: String) -> String {
    const MOST: usize = 1_000;
    if message.len() > MOST {
        message.truncate(message.floor_char_boundary(MOST));
        message.push('…');
        message.shrink_to_fit();
    }
    message
}

/// A value, as far as one could be made, and everything found on the way.
#[derive(Clone, Debug)]
pub struct Findings<T> {
    /// What was understood.
    pub value: T,
    /// What was found, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

impl<T> Findings<T> {
    /// Whether any finding is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

/// Puts diagnostics in the order of the text, and says nothing twice: an alias
/// can lead to the same mistake many times.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| {
        let key = |d: &Diagnostic| (d.primary.span, d.code);
        key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
    });
    diagnostics.dedup();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_have_an_end() {
        let long = "ä".repeat(1 << 20);
        let diagnostic = Diagnostic::error(code::YAML_SYNTAX, Span::default(), long.as_str());
        assert!(diagnostic.message.starts_with("ää") && diagnostic.message.ends_with("ä…"));
        assert!(diagnostic.help(long).help[0].len() < 1_010);
    }
}
