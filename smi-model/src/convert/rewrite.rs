//! The new text of a file.

use serde_json::Value;

use super::{
    edit::{Edit, Page, apply, reconcile},
    layout::{self, Fields},
    object::{Job, for_each},
};
use crate::{
    ReadOptions,
    api::{Decoded, KindVersion, Written},
    document::Node,
    source::{SourceFile, SourceMap},
};

/// The text of a file after all jobs, if reading it shows that it is right.
pub(super) fn rewrite(file: &SourceFile, options: &ReadOptions, jobs: &[Job]) -> Option<String> {
    let mut draft = Draft { text: file.text().to_owned(), options, jobs };
    draft.edit(|page, node, job| relocate(page, node, job).into_iter().collect());
    draft.edit(|page, node, job| {
        let old = relocated(&job.old.data, &job.new.data);
        reconcile(page, node, &old, &job.new.data).unwrap_or_default()
    });
    let mut right = draft.right()?.into_iter();
    // Whatever did not come out right is written anew.
    draft.edit(|page, node, job| match right.next() {
        Some(true) => Vec::new(),
        _ => vec![replace(page, node, &job.new)],
    });
    draft.right()?.into_iter().all(|right| right).then_some(())?;
    draft.edit(|page, node, job| job.added.iter().flat_map(|it| append(page, node, it)).collect());
    draft.is_readable().then_some(draft.text)
}

/// A text on its way. Its objects are those of the jobs, in the same order.
struct Draft<'a> {
    text: String,
    options: &'a ReadOptions,
    jobs: &'a [Job],
}

impl Draft<'_> {
    /// Makes the changes that `edits` wants to an object; all of them, or none
    /// when they overlap.
    fn edit(&mut self, mut edits: impl FnMut(Page<'_>, &Node<'_>, &Job) -> Vec<Edit>) {
        let mut changes = Vec::new();
        let mut jobs = self.jobs.iter();
        self.visit(|page, _, object| {
            changes.extend(jobs.next().into_iter().flat_map(|job| edits(page, object.node, job)));
        });
        if let Some(text) = apply(&self.text, changes) {
            self.text = text;
        }
    }

    /// Which objects say what they should; `None` when these are not the objects
    /// of the jobs any more.
    fn right(&self) -> Option<Vec<bool>> {
        let mut right = Vec::new();
        let mut jobs = self.jobs.iter();
        self.visit(|_, kind, object| {
            let wanted = jobs.next().map(|job| &job.new.data);
            let resource = object.resource.filter(|_| !object.failed);
            let written = resource.and_then(|resource| kind.write(&resource).ok().flatten());
            right.push(written.as_ref().map(|written| &written.data) == wanted);
        });
        (right.len() == self.jobs.len()).then_some(right)
    }

    fn is_readable(&self) -> bool {
        let objects = self.jobs.len() + self.jobs.iter().filter(|job| job.added.is_some()).count();
        let mut count = 0;
        self.visit(|_, _, _| count += 1) && count == objects
    }

    fn visit(&self, mut visit: impl FnMut(Page<'_>, &KindVersion, Decoded<'_>)) -> bool {
        let mut sources = SourceMap::new();
        if sources.add("", self.text.as_str()).is_err() {
            return false;
        }
        let Some(file) = sources.files().next() else { return false };
        for_each(file, self.options, |tree, kind, object| {
            visit(Page { file, tree }, kind, object);
        })
    }
}

/// The fields that stand at the top in the first versions and below `spec` later.
fn fields(object: &Value) -> &'static Fields {
    match object.get("kind").and_then(Value::as_str) {
        Some("TrafficTarget") => crate::api::TARGET_FIELDS,
        Some("HTTPRouteGroup") => &[("matches", "matches")],
        _ => &[],
    }
}

/// Which way the body of an object moves.
enum Way {
    BelowSpec,
    ToTheTop,
    Nowhere,
}

fn way(old: &Value, new: &Value) -> Way {
    let has_spec = |object: &Value| object.get("spec").is_some();
    match (fields(new).is_empty(), has_spec(old), has_spec(new)) {
        (false, false, true) => Way::BelowSpec,
        (false, true, false) => Way::ToTheTop,
        _ => Way::Nowhere,
    }
}

fn relocate(page: Page<'_>, node: &Node<'_>, job: &Job) -> Option<Edit> {
    let fields = fields(&job.new.data);
    match way(&job.old.data, &job.new.data) {
        Way::BelowSpec => layout::wrap(page, node, fields),
        Way::ToTheTop => layout::unwrap(page, node, fields),
        Way::Nowhere => None,
    }
}

/// The old data with its body where the new one has it.
fn relocated(old: &Value, new: &Value) -> Value {
    let mut object = old.as_object().cloned().unwrap_or_default();
    let mut body = serde_json::Map::new();
    match way(old, new) {
        Way::Nowhere => return old.clone(),
        Way::BelowSpec => {
            for (flat, below) in fields(new) {
                body.extend(object.remove(*flat).map(|value| ((*below).to_owned(), value)));
            }
            object.insert("spec".to_owned(), body.into());
        }
        Way::ToTheTop => {
            if let Some(Value::Object(mut spec)) = object.remove("spec") {
                for (flat, below) in fields(new) {
                    body.extend(spec.remove(*below).map(|value| ((*flat).to_owned(), value)));
                }
            }
            object.extend(body);
        }
    }
    object.into()
}

/// Writes an object anew, in the place and manner of the old one.
fn replace(page: Page<'_>, node: &Node<'_>, new: &Written) -> Edit {
    let range = page.range(node.span);
    let text = if page.is_flow(node) {
        if page.starts_line(range.start) {
            page.indented(&new.json, page.column(range.start))
        } else {
            new.data.to_string()
        }
    } else {
        page.indented(&new.yaml, page.column(range.start))
    };
    Edit { range, text }
}

/// Puts a new object behind an old one: as a document, or as an item of the list
/// that holds the old one.
fn append(page: Page<'_>, node: &Node<'_>, new: &Written) -> Vec<Edit> {
    let range = page.range(node.span);
    let insert = |at: usize, text: String| Edit { range: at..at, text };
    let newline = page.newline();
    let is_document = std::ptr::eq(page.tree.root(), node);
    match (is_document, page.is_flow(node)) {
        (true, false) => {
            let document = format!("{newline}---{newline}{}", page.indented(&new.yaml, 0));
            vec![insert(page.end_of_comments(range.end, 0), document)]
        }
        // JSON has no documents, but Kubernetes has lists.
        (true, true) => vec![
            insert(range.start, r#"{"apiVersion": "v1", "kind": "List", "items": ["#.to_owned()),
            insert(range.end, format!(", {}]}}", new.data)),
        ],
        (false, true) => vec![insert(range.end, format!(", {}", new.data))],
        (false, false) => {
            let column = page.column(range.start);
            let dash = " ".repeat(column.saturating_sub(2));
            let item = page.indented(&new.yaml, column);
            let at = page.end_of_comments(range.end, column);
            vec![insert(at, format!("{newline}{dash}- {item}"))]
        }
    }
}
