//! Diagnostics for a terminal, in the manner of rustc.

use std::ops::Range;

use annotate_snippets::{
    AnnotationKind, Element, Group, Level, Origin, Patch, Renderer, Snippet,
    normalize_untrusted_str,
};

use crate::{
    diagnostic::{Diagnostic, Fix, Label, Severity},
    source::{SourceFile, SourceMap, Span},
};

/// More bytes than this around a place are not shown.
const MAX_EXCERPT: u32 = 1 << 14;

/// Renders each diagnostic with the lines it points at, with ANSI colours when
/// `colour` is set. Diagnostics are separated by an empty line.
#[must_use]
pub fn text(diagnostics: &[Diagnostic], sources: &SourceMap, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&renderer.render(&report(diagnostic, sources)));
        text.push_str("\n\n");
    }
    text
}

fn report<'a>(diagnostic: &'a Diagnostic, sources: &'a SourceMap) -> Vec<Group<'a>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(&diagnostic.message).id(diagnostic.code.to_string());
    let help = diagnostic.help.iter().map(|line| Level::HELP.message(untrusted(line)));
    let finding = title.elements(excerpts(diagnostic, sources)).elements(help);
    let fix = diagnostic.fix.as_ref().and_then(|fix| suggestion(fix, sources));
    std::iter::once(finding).chain(fix).collect()
}

/// One excerpt per file that the labels point into, the primary one first.
fn excerpts<'a>(diagnostic: &'a Diagnostic, sources: &'a SourceMap) -> Vec<Element<'a>> {
    let primary = std::iter::once((AnnotationKind::Primary, &diagnostic.primary));
    let related = diagnostic.related.iter().map(|label| (AnnotationKind::Context, label));
    let mut excerpts: Vec<Excerpt<'a>> = Vec::new();
    for (kind, label) in primary.chain(related) {
        let Some(file) = sources.file(label.span) else { continue };
        match excerpts.iter_mut().find(|excerpt| excerpt.is_near(file, label.span)) {
            Some(excerpt) => excerpt.labels.push((kind, label)),
            None => excerpts.push(Excerpt { file, labels: vec![(kind, label)] }),
        }
    }
    excerpts.into_iter().filter_map(|excerpt| excerpt.element(sources)).collect()
}

/// Labels of one diagnostic that are near to each other in one file.
struct Excerpt<'a> {
    file: &'a SourceFile,
    labels: Vec<(AnnotationKind, &'a Label)>,
}

impl<'a> Excerpt<'a> {
    fn is_near(&self, file: &SourceFile, span: Span) -> bool {
        let near = |label: &Label| label.span.start.abs_diff(span.start) < MAX_EXCERPT / 2;
        std::ptr::eq(self.file, file) && self.labels.iter().all(|(_, label)| near(label))
    }

    /// The lines with their labels; where these are too long to be shown, only
    /// the place.
    fn element(self, sources: &'a SourceMap) -> Option<Element<'a>> {
        let start = self.labels.iter().map(|(_, label)| label.span.start).min()?;
        let end = self.labels.iter().map(|(_, label)| label.span.end).max()?;
        let Some(lines) = Lines::around(self.file, Span::new(start, end), sources) else {
            let (_, first) = self.labels.first()?;
            return origin(first.span, sources).map(Element::from);
        };
        let annotations = self.labels.into_iter().map(|(kind, label)| {
            let message = (!label.message.is_empty()).then(|| untrusted(&label.message));
            kind.span(lines.range(label.span)).label(message)
        });
        let annotations: Vec<_> = annotations.collect();
        Some(lines.snippet().annotations(annotations).into())
    }
}

fn origin<'a>(span: Span, sources: &'a SourceMap) -> Option<Origin<'a>> {
    let place = sources.locate(span)?;
    Some(Origin::path(place.file).line(place.line as usize).char_column(place.column as usize))
}

fn suggestion<'a>(fix: &'a Fix, sources: &'a SourceMap) -> Option<Group<'a>> {
    let lines = Lines::around(sources.file(fix.span)?, fix.span, sources)?;
    let patch = Patch::new(lines.range(fix.span), &fix.replacement);
    let title = match (fix.span.is_empty(), fix.replacement.is_empty()) {
        (true, _) => "add it like this",
        (false, true) => "remove it",
        (false, false) => "write it like this",
    };
    Some(Level::HELP.secondary_title(title).element(lines.snippet().patch(patch)))
}

/// The whole lines around a span, if they are not too long. The renderer walks
/// all text that it is given, several times, so that giving it whole files
/// would make long reports slow.
struct Lines<'a> {
    file: &'a SourceFile,
    text: &'a str,
    /// Offset of `text` in the file.
    offset: usize,
    /// Number of its first line, from 1.
    number: usize,
}

impl<'a> Lines<'a> {
    fn around(file: &'a SourceFile, span: Span, sources: &SourceMap) -> Option<Self> {
        let Range { start, end } = file.local(span);
        let before = file.text().get(..start)?;
        let after = file.text().get(end..)?;
        // A byte order mark would take up a column.
        let first = if before.contains('\n') { 0 } else { byte_order_mark(file.text()) };
        let offset = before.rfind('\n').map_or(first, |newline| newline + 1);
        let length = after.find('\n').unwrap_or(after.len());
        let text = file.text().get(offset..end + length)?;
        let number = sources.locate(span)?.line as usize;
        (text.len() <= MAX_EXCERPT as usize).then_some(Self { file, text, offset, number })
    }

    fn range(&self, span: Span) -> Range<usize> {
        let Range { start, end } = self.file.local(span);
        start.saturating_sub(self.offset)..end.saturating_sub(self.offset)
    }

    fn snippet<T: Clone>(&self) -> Snippet<'a, T> {
        Snippet::source(self.text).line_start(self.number).path(self.file.name())
    }
}

fn byte_order_mark(text: &str) -> usize {
    text.chars().next().filter(|first| *first == '\u{feff}').map_or(0, char::len_utf8)
}

/// Messages quote the user's text, which must not reach the terminal as
/// control sequences.
fn untrusted(text: &str) -> String {
    normalize_untrusted_str(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::code;

    fn rendered(text: &str, diagnostic: Diagnostic) -> String {
        let mut sources = SourceMap::new();
        sources.add("a.yaml", text).unwrap();
        super::text(&[diagnostic], &sources, false)
    }

    #[test]
    fn line_and_column_are_those_of_the_file() {
        let text = "\u{feff}one: 1\r\ntwo: 2\r\n";
        let first = Diagnostic::error(code::UNKNOWN_FIELD, Span::new(3, 6), "first");
        let second = Diagnostic::error(code::UNKNOWN_FIELD, Span::new(11, 14), "second");
        assert!(rendered(text, first).contains("--> a.yaml:1:1\n"));
        assert!(rendered(text, second).contains("--> a.yaml:2:1\n"));
    }

    #[test]
    fn user_text_cannot_control_the_terminal() {
        let evil = "\u{1b}[31mred";
        let diagnostic = Diagnostic::error(code::UNKNOWN_FIELD, Span::new(0, 1), evil)
            .label(evil)
            .help(evil)
            .fix(Span::new(0, 1), evil);
        assert!(!rendered(evil, diagnostic).contains('\u{1b}'));
    }

    #[test]
    fn places_far_apart_and_lines_without_end_are_still_named() {
        let far = format!("first: 1\n{}\nlast: 2\n", "# filler\n".repeat(10_000));
        let end = u32::try_from(far.len()).unwrap() - 8;
        let twice = Diagnostic::error(code::DUPLICATE_KEY, Span::new(end, end + 4), "twice")
            .related(Span::new(0, 5), "first");
        let report = rendered(&far, twice);
        assert!(report.contains("--> a.yaml:10003:1\n"), "{report}");
        assert!(report.contains("a.yaml:1:1\n"), "{report}");
        let long = format!("{}x", " ".repeat(100_000));
        let at_end = Diagnostic::error(code::UNKNOWN_FIELD, Span::new(100_000, 100_001), "long");
        let report = rendered(&long, at_end);
        assert_eq!(report, "error[SMI206]: long\n--> a.yaml:1:100001\n\n");
    }

    #[test]
    fn spans_outside_the_text_lose_only_their_snippet() {
        let nowhere = Diagnostic::error(code::UNKNOWN_FIELD, Span::new(90, 91), "lost");
        assert!(rendered("a", nowhere).starts_with("error[SMI206]: lost"));
    }
}
