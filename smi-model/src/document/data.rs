//! Nodes as plain data, as Kubernetes reads them.

use serde_json::{Map, Number, Value};

use super::{Entry, MERGE_KEY, Meaning, Node, NodeKind, Scalar, Tree};

impl Tree<'_> {
    /// A node as plain data. Only for complete documents, whose size with all
    /// aliases is limited.
    pub(crate) fn data(&self, node: &Node<'_>) -> Value {
        match &node.kind {
            NodeKind::Scalar(scalar) => of_scalar(scalar),
            NodeKind::Sequence(items) => items.iter().map(|id| self.data(self.node(*id))).collect(),
            NodeKind::Mapping(entries) => Value::Object(self.fields(entries)),
        }
    }

    /// The fields of a mapping; its own outweigh those that it merges.
    fn fields(&self, entries: &[Entry]) -> Map<String, Value> {
        let mut own = Map::new();
        let mut merged = Map::new();
        for entry in entries {
            match self.node(entry.key).text() {
                Some(MERGE_KEY) => self.merge(entry, &mut merged),
                Some(key) => {
                    own.insert(key.to_owned(), self.data(self.node(entry.value)));
                }
                None => {}
            }
        }
        merged.extend(own);
        merged
    }

    fn merge(&self, entry: &Entry, into: &mut Map<String, Value>) {
        for node in self.merged(entry.value) {
            let Value::Object(fields) = self.data(node) else { continue };
            for (key, value) in fields {
                into.entry(key).or_insert(value);
            }
        }
    }
}

/// Numbers that JSON cannot hold stay as they are written.
fn of_scalar(scalar: &Scalar<'_>) -> Value {
    let text = scalar.text.as_ref();
    let number = match scalar.meaning() {
        Meaning::Null => return Value::Null,
        Meaning::Boolean => return Meaning::is_true(text).into(),
        Meaning::Integer { value, .. } => i64::try_from(value).ok().map(Number::from),
        Meaning::Float => text.parse().ok().and_then(Number::from_f64),
        Meaning::Text => None,
    };
    number.map_or_else(|| text.into(), Value::Number)
}
