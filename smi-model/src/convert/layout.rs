//! Moving the body of an object below `spec`, and back to the top.

use std::ops::Range;

use super::edit::{Edit, Page};
use crate::{
    diagnostic::Fix,
    document::{Entry, Node, NodeKind, Tree},
    source::SourceFile,
};

const SPEC: &str = "spec";

/// The fields of a body by their names at the top and below `spec`.
pub(crate) type Fields = [(&'static str, &'static str)];

/// How to mend an object whose fields do not stand below `spec`.
pub(crate) fn below_spec(
    file: &SourceFile,
    tree: &Tree<'_>,
    object: &Node<'_>,
    fields: &Fields,
) -> Option<Fix> {
    let Edit { range, text } = wrap(Page { file, tree }, object, fields)?;
    Some(Fix { span: file.span(range), replacement: text })
}

/// Puts the fields of an object below a `spec` of their own. `None` when they are
/// written in a way that does not allow it, such as in braces.
pub(super) fn wrap(page: Page<'_>, object: &Node<'_>, fields: &Fields) -> Option<Edit> {
    let sections = sections(page, object)?;
    let name_of = |entry: &Entry| page.key(entry).text();
    let renamed = |entry: &Entry| fields.iter().find(|(flat, _)| name_of(entry) == Some(*flat));
    let moved = |section: &&Section| renamed(&section.entry).is_some();
    let first = sections.iter().position(|section| moved(&section))?;
    let last = sections.iter().rposition(|section| moved(&section))?;
    let among = sections.get(first..=last)?;
    let indent = " ".repeat(page.column(page.range(object.span).start));
    let mut text = format!("{indent}{SPEC}:{}", page.newline());
    for section in among.iter().filter(moved) {
        let (_, name) = renamed(&section.entry)?;
        text.push_str(&indented(&section.renamed(page, name)?));
    }
    for section in among.iter().filter(|section| !moved(section)) {
        text.push_str(page.text().get(section.range.clone())?);
    }
    let range = sections.get(first)?.range.start..sections.get(last)?.range.end;
    Some(Edit { range: range.clone(), text: same_end(page, &range, text) })
}

/// Puts the fields of `spec` into its place.
pub(super) fn unwrap(page: Page<'_>, object: &Node<'_>, fields: &Fields) -> Option<Edit> {
    let all = sections(page, object)?;
    let spec = all.iter().find(|section| page.key(&section.entry).text() == Some(SPEC))?;
    let body = page.value(&spec.entry);
    let children = sections(page, body)?;
    let outer = page.column(page.range(object.span).start);
    let depth = page.column(page.range(body.span).start).checked_sub(outer)?;
    // Comments above `spec`, and behind it, stay.
    let key = page.key_range(&spec.entry);
    let mut text = page.text().get(spec.range.start..page.line_start(key.start))?.to_owned();
    let head = page.text().get(key.end..children.first()?.range.start)?;
    let comment = head.trim_start_matches(':').trim();
    if !comment.is_empty() {
        text += &format!("{}{comment}{}", " ".repeat(outer), page.newline());
    }
    for child in &children {
        let name = page.key(&child.entry).text();
        let (name, _) = fields.iter().find(|(_, below)| name == Some(*below))?;
        text.push_str(&dedented(&child.renamed(page, name)?, depth));
    }
    text.push_str(page.text().get(children.last()?.range.end..spec.range.end)?);
    Some(Edit { range: spec.range.clone(), text: same_end(page, &spec.range, text) })
}

/// The lines of one entry of a mapping, with the comments above it.
struct Section {
    entry: Entry,
    range: Range<usize>,
}

impl Section {
    /// The lines with another key.
    fn renamed(&self, page: Page<'_>, name: &str) -> Option<String> {
        let key = page.key_range(&self.entry);
        let before = page.text().get(self.range.start..key.start)?;
        let after = page.text().get(key.end..self.range.end)?;
        let newline = if after.ends_with('\n') { "" } else { page.newline() };
        Some(format!("{before}{name}{after}{newline}"))
    }
}

/// The sections of a mapping whose entries have lines of their own. Each reaches
/// up to the next one, the last one to the end of its value.
fn sections(page: Page<'_>, mapping: &Node<'_>) -> Option<Vec<Section>> {
    let NodeKind::Mapping(entries) = &mapping.kind else { return None };
    if page.is_flow(mapping) {
        return None;
    }
    let starts = entries.iter().map(|entry| {
        let key = page.key_range(entry);
        page.starts_line(key.start).then(|| comments_above(page, key.start))
    });
    // The first key of a list item stands behind its dash. It is never moved.
    let starts: Vec<Option<usize>> = starts.collect();
    let end = page.next_line(page.range(mapping.span).end);
    let ends = starts.iter().skip(1).copied().chain([Some(end)]);
    let sections = entries.iter().zip(&starts).zip(ends).map(|((entry, start), end)| {
        let start = start.unwrap_or_else(|| page.key_range(entry).start);
        Some(Section { entry: *entry, range: start..end? })
    });
    sections.collect()
}

/// Where the comments begin that stand right above a line, at its indentation.
fn comments_above(page: Page<'_>, key: usize) -> usize {
    let column = page.column(key);
    let mut start = page.line_start(key);
    while let Some(previous) = start.checked_sub(1).map(|newline| page.line_start(newline)) {
        let line = page.text().get(previous..start).unwrap_or_default();
        let indent = line.len() - line.trim_start_matches(' ').len();
        if indent != column || !line.trim_start().starts_with('#') {
            break;
        }
        start = previous;
    }
    start
}

fn indented(text: &str) -> String {
    let line =
        |line: &str| if line.trim().is_empty() { line.to_owned() } else { format!("  {line}") };
    text.split_inclusive('\n').map(line).collect()
}

fn dedented(text: &str, depth: usize) -> String {
    let line = |line: &str| {
        let blanks = line.len() - line.trim_start_matches(' ').len();
        line.get(blanks.min(depth)..).unwrap_or_default().to_owned()
    };
    text.split_inclusive('\n').map(line).collect()
}

/// The last line of a file may have no line break.
fn same_end(page: Page<'_>, range: &Range<usize>, text: String) -> String {
    let original = page.text().get(range.clone()).unwrap_or_default();
    if original.ends_with('\n') { text } else { text.trim_end_matches(['\r', '\n']).to_owned() }
}
