//! The same data in all the ways in which people write YAML.

use std::fmt::Write;

use serde_json::{Map, Value};

/// Chooses among notations by the bytes of a seed, over and over.
pub(crate) struct Style<'s> {
    seed: std::iter::Cycle<std::slice::Iter<'s, u8>>,
    /// Whether mappings and lists may stand in brackets.
    pub(crate) brackets: bool,
    /// How many comments have been written.
    pub(crate) comments: usize,
}

impl<'s> Style<'s> {
    pub(crate) fn new(seed: &'s [u8]) -> Self {
        Self { seed: seed.iter().cycle(), brackets: true, comments: 0 }
    }

    fn choose(&mut self, ways: usize) -> usize {
        self.seed.next().map_or(0, |byte| usize::from(*byte) % ways)
    }

    /// A file with these objects: documents, or a List of Kubernetes.
    pub(crate) fn file(&mut self, objects: &[Value]) -> String {
        let text = match self.choose(6) {
            0 => self.list(objects),
            1 if self.brackets => {
                let list =
                    serde_json::json!({"apiVersion": "v1", "kind": "List", "items": objects});
                format!("{list:#}\n")
            }
            _ => self.documents(objects),
        };
        if self.choose(5) == 0 { text.replace('\n', "\r\n") } else { text }
    }

    fn documents(&mut self, objects: &[Value]) -> String {
        let mut text = String::new();
        for (at, object) in objects.iter().enumerate() {
            if at > 0 || self.choose(4) == 0 {
                text.push_str("---\n");
            }
            match self.choose(6) {
                0 if self.brackets => writeln!(text, "{object}").unwrap(),
                _ => text.push_str(&self.mapping(object.as_object().unwrap(), 0)),
            }
        }
        text
    }

    fn list(&mut self, objects: &[Value]) -> String {
        let mut text = "apiVersion: v1\nkind: List\nitems:\n".to_owned();
        for object in objects {
            let item = self.mapping(object.as_object().unwrap(), 2);
            text.push_str(&dashed(&item, 0));
        }
        text
    }

    /// A mapping in lines of its own.
    fn mapping(&mut self, fields: &Map<String, Value>, indent: usize) -> String {
        let mut entries: Vec<_> = fields.iter().collect();
        // The order of headers and labels is kept, that of fields means nothing.
        // In lists, what moves between versions does not stand behind the dash.
        if fields.contains_key("kind") && !(indent > 0 && fields.contains_key("metadata")) {
            let turn = self.choose(entries.len());
            entries.rotate_left(turn);
        }
        let mut text = String::new();
        for (at, (key, value)) in entries.into_iter().enumerate() {
            // The first line may have to stand behind a dash.
            if at > 0 && self.choose(5) == 0 {
                text.push_str(&self.comment(&" ".repeat(indent)));
                text.push('\n');
            }
            if at > 0 && self.choose(8) == 0 {
                text.push('\n');
            }
            let key = self.text(key, false);
            write!(text, "{}{key}:", " ".repeat(indent)).unwrap();
            text.push_str(&self.value(value, indent));
        }
        text
    }

    fn comment(&mut self, before: &str) -> String {
        self.comments += 1;
        format!("{before}# comment {}.", self.comments)
    }

    /// What stands behind the colon.
    fn value(&mut self, value: &Value, indent: usize) -> String {
        let brackets = self.brackets && self.choose(3) == 0;
        let end = if self.choose(6) == 0 { self.comment(" ") } else { String::new() };
        match value {
            Value::Object(fields) if !fields.is_empty() && !brackets => {
                let step = 1 + self.choose(3);
                format!("{end}\n{}", self.mapping(fields, indent + step))
            }
            Value::Array(items) if !items.is_empty() && !brackets => {
                let step = self.choose(3);
                format!("{end}\n{}", self.sequence(items, indent + step))
            }
            value => format!(" {}{end}\n", self.flow(value)),
        }
    }

    fn sequence(&mut self, items: &[Value], indent: usize) -> String {
        let mut text = String::new();
        for item in items {
            match item {
                Value::Object(fields) if !self.brackets || self.choose(2) == 0 => {
                    let item = self.mapping(fields, indent + 2);
                    text.push_str(&dashed(&item, indent));
                }
                item => {
                    writeln!(text, "{}- {}", " ".repeat(indent), self.flow(item)).unwrap();
                }
            }
        }
        text
    }

    fn flow(&mut self, value: &Value) -> String {
        let space = if self.choose(3) == 0 { " " } else { "" };
        match value {
            Value::Object(fields) => {
                let field = |(key, value): (&String, &Value)| {
                    format!("{}: {}", self.text(key, true), self.flow(value))
                };
                let fields: Vec<String> = fields.iter().map(field).collect();
                format!("{{{space}{}{space}}}", fields.join(", "))
            }
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(|item| self.flow(item)).collect();
                format!("[{space}{}{space}]", items.join(", "))
            }
            Value::String(text) => self.text(text, true),
            other => other.to_string(),
        }
    }

    /// A text, in quotes unless it is harmless without.
    fn text(&mut self, text: &str, in_brackets: bool) -> String {
        let harmless = text.starts_with(|first: char| first == '/' || first.is_ascii_alphabetic())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte))
            && !["no", "on"].contains(&text);
        match self.choose(4) {
            0 => Value::from(text).to_string(),
            1 => format!("'{}'", text.replace('\'', "''")),
            _ if harmless => text.to_owned(),
            _ if text.starts_with(".*") && !in_brackets => text.to_owned(),
            _ => Value::from(text).to_string(),
        }
    }
}

/// The lines of a list item that stands `indent` deep.
fn dashed(item: &str, indent: usize) -> String {
    let rest = item.get(indent + 2..).unwrap();
    format!("{}- {rest}", " ".repeat(indent))
}
