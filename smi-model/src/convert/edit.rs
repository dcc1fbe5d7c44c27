//! Changes of a text that leave the rest of it alone.

use std::ops::Range;

use serde_json::{Map, Value};

use crate::{
    api::yaml,
    document::{Entry, Meaning, Node, NodeId, NodeKind, Style, Tree},
    source::{SourceFile, Span},
};

/// Text to put into the place of some bytes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) range: Range<usize>,
    pub(super) text: String,
}

/// Makes the changes, unless they overlap.
pub(super) fn apply(text: &str, mut edits: Vec<Edit>) -> Option<String> {
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let mut changed = String::with_capacity(text.len());
    let mut done = 0;
    for edit in edits {
        changed.push_str(text.get(done..edit.range.start)?);
        changed.push_str(&edit.text);
        done = edit.range.end;
    }
    changed.push_str(text.get(done..)?);
    Some(changed)
}

/// A file and its tree, as edits see them.
#[derive(Clone, Copy)]
pub(super) struct Page<'a> {
    pub(super) file: &'a SourceFile,
    pub(super) tree: &'a Tree<'a>,
}

impl<'a> Page<'a> {
    pub(super) fn text(&self) -> &'a str {
        self.file.text()
    }

    pub(super) fn range(&self, span: Span) -> Range<usize> {
        self.file.local(span)
    }

    pub(super) fn newline(&self) -> &'static str {
        self.file.newline()
    }

    /// The lines of a text, all but the first one indented.
    pub(super) fn indented(&self, text: &str, column: usize) -> String {
        let indent = format!("{}{}", self.newline(), " ".repeat(column));
        text.trim_end().split('\n').collect::<Vec<_>>().join(&indent)
    }

    /// Where the line of a byte begins.
    pub(super) fn line_start(&self, at: usize) -> usize {
        let before = self.text().get(..at).unwrap_or_default();
        let first = if before.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        before.rfind('\n').map_or(first, |newline| newline + 1)
    }

    /// Where the line of a byte ends, before its line break.
    pub(super) fn line_end(&self, at: usize) -> usize {
        let rest = self.text().get(at..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        at + line.strip_suffix('\r').unwrap_or(line).len()
    }

    /// Where the line after that of a byte begins.
    pub(super) fn next_line(&self, at: usize) -> usize {
        let rest = self.text().get(at..).unwrap_or_default();
        rest.find('\n').map_or(self.text().len(), |newline| at + newline + 1)
    }

    /// How far a byte stands from the beginning of its line, in characters.
    pub(super) fn column(&self, at: usize) -> usize {
        self.text().get(self.line_start(at)..at).map_or(0, |before| before.chars().count())
    }

    /// Where the last of the comments ends that stand below the line of a byte,
    /// at least `column` deep.
    pub(super) fn end_of_comments(&self, at: usize, column: usize) -> usize {
        let (mut end, mut line) = (self.line_end(at), self.next_line(at));
        while line < self.text().len() {
            let text = self.text().get(line..self.line_end(line)).unwrap_or_default();
            let content = text.trim_start();
            if content.starts_with('#') && text.len() - content.len() >= column {
                end = self.line_end(line);
            } else if !content.is_empty() {
                break;
            }
            line = self.next_line(line);
        }
        end
    }

    /// Whether only blanks stand before a byte in its line.
    pub(super) fn starts_line(&self, at: usize) -> bool {
        let before = self.text().get(self.line_start(at)..at);
        before.is_some_and(|before| before.trim().is_empty())
    }

    pub(super) fn key(&self, entry: &Entry) -> &'a Node<'a> {
        self.tree.node(entry.key)
    }

    /// Where a key stands, with its quotes.
    pub(super) fn key_range(&self, entry: &Entry) -> Range<usize> {
        self.with_quotes(self.key(entry))
    }

    /// Where a value stands, with its quotes.
    pub(super) fn value_range(&self, entry: &Entry) -> Range<usize> {
        self.with_quotes(self.value(entry))
    }

    fn with_quotes(&self, node: &Node<'_>) -> Range<usize> {
        let Range { start, end } = self.range(node.span);
        match &node.kind {
            NodeKind::Scalar(scalar) if scalar.style == Style::Quoted => {
                start.saturating_sub(1)..end + 1
            }
            _ => start..end,
        }
    }

    pub(super) fn value(&self, entry: &Entry) -> &'a Node<'a> {
        self.tree.node(entry.value)
    }

    /// Whether a mapping or list is written in brackets.
    pub(super) fn is_flow(&self, node: &Node<'_>) -> bool {
        self.text().get(self.range(node.span)).is_some_and(|text| text.starts_with(['{', '[']))
    }
}

/// The changes that turn `node`, which says `old`, into what says `new`. `None`
/// when the text is written in a way that small changes cannot follow, for
/// example through aliases.
pub(super) fn reconcile(
    page: Page<'_>,
    node: &Node<'_>,
    old: &Value,
    new: &Value,
) -> Option<Vec<Edit>> {
    let mut reconciler = Reconciler { page, edits: Vec::new() };
    reconciler.value(node, old, new)?;
    Some(reconciler.edits)
}

struct Reconciler<'a> {
    page: Page<'a>,
    edits: Vec<Edit>,
}

impl Reconciler<'_> {
    fn value(&mut self, node: &Node<'_>, old: &Value, new: &Value) -> Option<()> {
        match (&node.kind, old, new) {
            _ if old == new => Some(()),
            (NodeKind::Mapping(entries), Value::Object(old), Value::Object(new)) => {
                self.mapping(node, entries, old, new)
            }
            (NodeKind::Sequence(items), Value::Array(old), Value::Array(new)) => {
                for ((item, old), new) in items.iter().zip(old).zip(new) {
                    self.value(self.within(node, self.page.tree.node(*item))?, old, new)?;
                }
                let added = new.get(items.len()..)?;
                added.iter().try_for_each(|value| self.append(node, items, value))
            }
            (NodeKind::Scalar(scalar), _, Value::String(_) | Value::Number(_)) => {
                self.scalar(node, scalar.style, new)
            }
            _ => None,
        }
    }

    /// A part of a node, unless it stands elsewhere: behind an alias, where
    /// others would change with it.
    fn within<'n>(&self, node: &Node<'_>, part: &'n Node<'n>) -> Option<&'n Node<'n>> {
        (node.span.start <= part.span.start && part.span.end <= node.span.end).then_some(part)
    }

    fn scalar(&mut self, node: &Node<'_>, style: Style, new: &Value) -> Option<()> {
        let Range { start, end } = self.page.range(node.span);
        let text = inline(new);
        let range = match style {
            Style::Plain if start < end => start..end,
            // What needs no quotes can have any.
            Style::Quoted if new.as_str() == Some(&text) => start..end,
            Style::Quoted => start.checked_sub(1)?..end + 1,
            _ => return None,
        };
        self.edits.push(Edit { range, text });
        Some(())
    }

    fn mapping(
        &mut self,
        node: &Node<'_>,
        entries: &[Entry],
        old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Option<()> {
        for (name, value) in new {
            let entry = entries.iter().find(|it| self.page.key(it).text() == Some(name));
            match (entry, old.get(name)) {
                (_, Some(old)) if old == value => {}
                (Some(entry), Some(old)) => {
                    let child = self.page.value(entry);
                    self.entry(node, entry, self.within(node, child)?, old, value)?;
                }
                (Some(_), None) => return None,
                (None, _) => self.insert(node, entries, name, value)?,
            }
        }
        let removed = |entry: &&Entry| {
            let name = self.page.key(entry).text().unwrap_or_default();
            old.contains_key(name) && !new.contains_key(name)
        };
        let removed: Vec<&Entry> = entries.iter().filter(removed).collect();
        // Every name that goes must have an entry of its own to go.
        let gone = old.keys().filter(|name| !new.contains_key(*name)).count();
        (removed.len() == gone).then_some(())?;
        removed.into_iter().try_for_each(|entry| self.remove(node, entries, entry))
    }

    /// An empty value has no place for what comes into it.
    fn entry(
        &mut self,
        node: &Node<'_>,
        entry: &Entry,
        child: &Node<'_>,
        old: &Value,
        new: &Value,
    ) -> Option<()> {
        let is_empty = matches!(&child.kind, NodeKind::Mapping(entries) if entries.is_empty());
        if !is_empty || self.page.is_flow(node) {
            return self.value(child, old, new);
        }
        let key_end = self.page.key_range(entry).end;
        let column = self.page.column(self.page.range(node.span).start);
        let colon = key_end + self.page.text().get(key_end..)?.find(':')? + 1;
        let range = colon..self.page.range(child.span).end;
        self.edits.push(Edit { range, text: self.block(new, column + 2) });
        Some(())
    }

    fn insert(
        &mut self,
        node: &Node<'_>,
        entries: &[Entry],
        name: &str,
        value: &Value,
    ) -> Option<()> {
        let Range { start, end } = self.page.range(node.span);
        if self.page.is_flow(node) {
            let comma = if entries.is_empty() { "" } else { ", " };
            let entry = match self.is_json(node) {
                true => format!("\"{name}\": {value}"),
                false => format!("{name}: {}", flow(value)),
            };
            return self.before_bracket(end, format!("{comma}{entry}"));
        }
        let column = self.page.column(start);
        if name == "apiVersion" {
            let indent = format!("{}{}", self.page.newline(), " ".repeat(column));
            let text = format!("{name}:{}{indent}", self.block(value, column));
            self.edits.push(Edit { range: start..start, text });
            return Some(());
        }
        let body = self.block(value, column + 2);
        let text = format!("{}{}{name}:{body}", self.page.newline(), " ".repeat(column));
        let at = self.page.line_end(end);
        self.edits.push(Edit { range: at..at, text });
        Some(())
    }

    fn remove(&mut self, node: &Node<'_>, entries: &[Entry], entry: &Entry) -> Option<()> {
        let position = entries.iter().position(|it| it.key == entry.key)?;
        let key = self.page.key_range(entry);
        let end = self.page.value_range(entry).end.max(key.end);
        let neighbour = |index: Option<usize>| index.and_then(|index| entries.get(index));
        let previous = neighbour(position.checked_sub(1));
        let next = neighbour(position.checked_add(1)).map(|it| self.page.key_range(it).start);
        let range = if self.page.is_flow(node) {
            match (previous, next) {
                (Some(previous), _) => self.page.value_range(previous).end..end,
                (None, Some(next)) => key.start..next,
                (None, None) => key.start..end,
            }
        } else {
            match next {
                _ if entries.len() == 1 => return None,
                _ if self.page.starts_line(key.start) => {
                    let rest = self.page.text().get(end..self.page.line_end(end))?;
                    match rest.find('#') {
                        Some(comment) => key.start..end + comment,
                        None => self.page.line_start(key.start)..self.page.next_line(end),
                    }
                }
                // Behind the dash of a list item.
                Some(next) => key.start..next,
                None => return None,
            }
        };
        self.edits.push(Edit { range, text: String::new() });
        Some(())
    }

    /// Adds an item to a list.
    fn append(&mut self, list: &Node<'_>, items: &[NodeId], value: &Value) -> Option<()> {
        let end = self.page.range(list.span).end;
        if self.page.is_flow(list) {
            let comma = if items.is_empty() { "" } else { ", " };
            let item = if self.is_json(list) { value.to_string() } else { flow(value) };
            return self.before_bracket(end, format!("{comma}{item}"));
        }
        let first = self.page.range(self.page.tree.node(*items.first()?).span).start;
        let before = self.page.text().get(self.page.line_start(first)..first)?;
        let column = before.trim_end().strip_suffix('-')?.chars().count();
        let item = self.page.indented(&yaml(value), column + 2);
        let newline = self.page.newline();
        let text = format!("{newline}{}- {item}", " ".repeat(column));
        let at = self.page.line_end(end);
        self.edits.push(Edit { range: at..at, text });
        Some(())
    }

    /// Whether a mapping or list in brackets looks like JSON.
    fn is_json(&self, node: &Node<'_>) -> bool {
        let text = self.page.text().get(self.page.range(node.span)).unwrap_or_default();
        text.trim_start_matches(['{', '[', ' ', '\n', '\r']).starts_with('"')
    }

    /// Puts text before the bracket that ends at `end`, and before blanks there.
    fn before_bracket(&mut self, end: usize, text: String) -> Option<()> {
        let before = self.page.text().get(..end)?.strip_suffix(['}', ']'])?;
        let at = before.trim_end().len();
        self.edits.push(Edit { range: at..at, text });
        Some(())
    }

    /// A value as it stands behind `key:` in block style.
    fn block(&self, value: &Value, column: usize) -> String {
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                let indent = format!("{}{}", self.page.newline(), " ".repeat(column));
                format!("{indent}{}", self.page.indented(&yaml(value), column))
            }
            Value::Object(_) => " {}".to_owned(),
            other => format!(" {}", flow(other)),
        }
    }
}

/// A value in brackets, on one line.
fn flow(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| format!("{name}: {}", flow(value));
            let fields: Vec<String> = fields.iter().map(field).collect();
            format!("{{{}}}", fields.join(", "))
        }
        scalar => inline(scalar),
    }
}

/// A scalar that can stand anywhere: text in quotes unless nobody could take it
/// for anything else.
fn inline(value: &Value) -> String {
    let plain = |text: &str| {
        let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"./-".contains(&byte);
        text.starts_with(|first: char| first.is_ascii_alphanumeric())
            && text.bytes().all(harmless)
            && Meaning::of_plain(text) == Meaning::Text
    };
    match value {
        Value::String(text) if plain(text) => text.clone(),
        other => other.to_string(),
    }
}
