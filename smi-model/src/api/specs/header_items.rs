//! Mending a list of headers of which an item has several.

use crate::source::{SourceFile, Span};

/// How to write the headers of one item as items of their own: what to replace,
/// and by what. `keys` are the places of the headers' names in the item.
pub(super) fn split(file: &SourceFile, item: Span, keys: &[Span]) -> Option<(Span, String)> {
    let text = file.text();
    let item = file.local(item);
    let keys: Vec<usize> = keys.iter().map(|key| beginning(text, file.local(*key).start)).collect();
    // What is merged stands elsewhere, and cannot be split here.
    let in_order = keys.is_sorted() && keys.iter().all(|key| item.contains(key));
    let (_, others) = keys.split_first().filter(|_| in_order)?;
    let list = List::around(text, item.start)?;
    let edits = if text.get(item.clone())?.starts_with('{') {
        braces(text, &list, others)?
    } else {
        lines(text, &list, item.start, others)?
    };
    joined(file, &edits)
}

/// The kind of list around an item.
enum List {
    /// In brackets.
    Flow,
    /// With a dash at this column.
    Block(usize),
}

/// A range of the text, and what to write there.
type Edit = (usize, usize, String);

impl List {
    fn around(text: &str, item: usize) -> Option<Self> {
        let before = text.get(..item)?.trim_end();
        if before.ends_with(['[', ',']) {
            return Some(Self::Flow);
        }
        let line = before.rsplit('\n').next()?;
        let column = line.strip_suffix('-')?.len();
        line.trim_start().eq("-").then_some(Self::Block(column))
    }
}

/// Where a key begins, with its quote.
fn beginning(text: &str, key: usize) -> usize {
    let before = key.checked_sub(1);
    let is_quoted = text.get(..key).is_some_and(|before| before.ends_with(['"', '\'']));
    before.filter(|_| is_quoted).unwrap_or(key)
}

/// `{a: b, c: d}` becomes `{a: b}` and `{c: d}`.
fn braces(text: &str, list: &List, others: &[usize]) -> Option<Vec<Edit>> {
    let between = match list {
        List::Flow => "}, {".to_owned(),
        List::Block(column) => format!("}}\n{}- {{", " ".repeat(*column)),
    };
    let edit = |key: &usize| {
        let comma = text.get(..*key)?.trim_end().strip_suffix(',')?.len();
        Some((comma, *key, between.clone()))
    };
    others.iter().map(edit).collect()
}

/// Each key below the first gets a dash of its own.
fn lines(text: &str, list: &List, item: usize, others: &[usize]) -> Option<Vec<Edit>> {
    let List::Block(dash) = list else { return None };
    let line = |at: usize| text.get(..at).map(|before| before.rfind('\n').map_or(0, |it| it + 1));
    let column = item.checked_sub(line(item)?)?;
    let indentation = format!("{:dash$}{:<width$}", "", "-", width = column.checked_sub(*dash)?);
    let edit = |key: &usize| {
        let start = line(*key)?;
        let before = text.get(start..*key)?;
        let is_indentation = before.len() == column && before.bytes().all(|byte| byte == b' ');
        is_indentation.then(|| (start, *key, indentation.clone()))
    };
    others.iter().map(edit).collect()
}

/// All edits as one, with the text between them.
fn joined(file: &SourceFile, edits: &[Edit]) -> Option<(Span, String)> {
    let (first, last) = (edits.first()?.0, edits.last()?.1);
    let mut replacement = String::new();
    let mut done = first;
    for (start, end, new) in edits {
        replacement += file.text().get(done..*start)?;
        replacement += new;
        done = *end;
    }
    Some((file.span(first..last), replacement))
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    fn group(headers: &str) -> String {
        format!(
            "apiVersion: specs.smi-spec.io/v1alpha4\nkind: HTTPRouteGroup\nmetadata: {{name: g}}\n\
             spec:\n  matches:\n  - name: m\n    headers:{headers}\n"
        )
    }

    #[test]
    fn every_header_becomes_an_item() {
        for (before, after) in [
            ("\n    - a: b\n      c: d", "\n    - a: b\n    - c: d"),
            (
                "\n    -  'a': b\n       \"c\": |\n        d\n\n       e: f # g\n    - h: i",
                "\n    -  'a': b\n    -  \"c\": |\n        d\n\n    -  e: f # g\n    - h: i",
            ),
            (
                "\n    - {a: b, c: d,\n       'e': f}",
                "\n    - {a: b}\n    - {c: d}\n    - {'e': f}",
            ),
            (" [{a: b, c: d}]", " [{a: b}, {c: d}]"),
            (r#" [{"a": "b", "c": "d"}]"#, r#" [{"a": "b"}, {"c": "d"}]"#),
        ] {
            assert_eq!(mended(&group(before)), group(after));
            accept(&group(after));
        }
    }

    #[test]
    fn what_stands_elsewhere_is_not_split() {
        let text = group("\n    - &a {a: b}\n    - {<<: *a, c: d}");
        assert_eq!(read(&text).diagnostics[0].fix, None);
    }
}
