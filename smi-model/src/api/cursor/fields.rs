//! The entries of a mapping, with those that it merges.

use std::collections::BTreeMap;

use super::Value;
use crate::{
    diagnostic::{Diagnostic, code},
    document::{MERGE_KEY, Node, NodeKind},
    source::Span,
};

/// An entry of a mapping, under a key that is text.
pub(super) struct Field<'a> {
    pub(super) name: &'a str,
    pub(super) key: Span,
    pub(super) value: &'a Node<'a>,
    /// Whether a decoder asked for it.
    pub(super) asked: bool,
}

/// The fields of `mapping`, first its own and then those merged from others,
/// each name once. `owner` is the value on whose behalf problems are reported.
///
/// Documents are limited in depth, also through aliases, and so is the
/// recursion into what is merged.
pub(super) fn fields<'a>(owner: &Value<'a>, mapping: &'a Node) -> Vec<Field<'a>> {
    let NodeKind::Mapping(entries) = &mapping.kind else { return Vec::new() };
    let tree = owner.context.tree;
    let mut fields: Vec<Field<'a>> = Vec::new();
    let mut keys: BTreeMap<&str, Span> = BTreeMap::new();
    let mut merges = Vec::new();
    for entry in entries {
        let (key, value) = (tree.node(entry.key), tree.node(entry.value));
        let Some(name) = key.genuine_text() else {
            report_key(owner, key);
            continue;
        };
        if name == MERGE_KEY {
            merges.extend(tree.merged(entry.value));
        } else if let Some(first) = keys.get(name) {
            report_duplicate(owner, name, *first, key.span);
        } else {
            keys.insert(name, key.span);
            fields.push(Field { name, key: key.span, value, asked: false });
        }
    }
    for merged in merges {
        let others = merged_fields(owner, merged).into_iter();
        fields.extend(others.filter(|other| keys.insert(other.name, other.key).is_none()));
    }
    fields
}

fn merged_fields<'a>(owner: &Value<'a>, merged: &'a Node) -> Vec<Field<'a>> {
    if !matches!(merged.kind, NodeKind::Mapping(_)) {
        report_merge(owner, merged);
    }
    fields(owner, merged)
}

fn report_duplicate(owner: &Value<'_>, name: &str, first: Span, again: Span) {
    let message = format!("`{}` has the key `{name}` twice", owner.path);
    owner.report(
        Diagnostic::error(code::DUPLICATE_KEY, again, message)
            .label("written again here")
            .related(first, "first written here")
            .help("keep one of them: readers of YAML disagree on which one counts"),
    );
}

fn report_key(owner: &Value<'_>, key: &Node) {
    let message = format!("a key of `{}` is {}, not text", owner.path, key.description());
    let diagnostic = Diagnostic::error(code::INVALID_KEY, owner.context.tree.head(key), message);
    owner.report(match key.text() {
        Some(text) => diagnostic.fix(key.span, format!("\"{text}\"")),
        None => diagnostic,
    });
}

fn report_merge(owner: &Value<'_>, from: &Node) {
    let message = format!("`{MERGE_KEY}` cannot merge {}", from.description());
    owner.report(
        Diagnostic::error(code::INVALID_MERGE, from.span, message)
            .help("give it an alias of a mapping, or a list of such aliases"),
    );
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn own_fields_go_before_merged_ones() {
        let bundle = accept(
            "apiVersion: v1\nkind: List\nitems:\n\
             - &base {apiVersion: v1, kind: ServiceAccount, metadata: &meta {name: a, namespace: ns}}\n\
             - <<: *base\n  metadata: {<<: [*meta, {name: never}], name: b}\n",
        );
        let names: Vec<_> =
            bundle.service_accounts.iter().map(|it| it.meta.qualified_name()).collect();
        assert_eq!(names, ["ns/a", "ns/b"]);
    }

    #[test]
    fn keys_are_texts_that_stand_once() {
        assert_eq!(
            reject(
                "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: a\n  name: b\n\
                 \x20 <<: c\n  ? [d]\n  : e\n  on: f\n"
            ),
            [
                "SMI105 5:3 `metadata` has the key `name` twice",
                "SMI107 6:7 `<<` cannot merge text",
                "SMI106 7:5 a key of `metadata` is a list, not text",
                "SMI106 9:3 a key of `metadata` is a boolean, not text",
            ]
        );
    }
}
