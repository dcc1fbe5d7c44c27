//! Objects keep their meaning, whatever they look like and wherever they go.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "common/objects.rs"]
mod objects;
#[path = "common/style.rs"]
mod style;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;
use smi_model::canonical::Bundle;
use smi_model::convert::{Converted, Targets, convert, write};
use smi_model::diagnostic::{Findings, render};
use smi_model::source::SourceMap;
use smi_model::{Limits, ReadOptions};

use self::objects::objects;
use self::style::Style;

fn sources(text: &str) -> SourceMap {
    let mut sources = SourceMap::new();
    sources.add("test.yaml", text).unwrap();
    sources
}

/// Reads a text that has no mistakes.
fn read(text: &str) -> Bundle {
    let sources = sources(text);
    let read = smi_model::read(&sources, &Limits::default());
    let report = render::text(&read.diagnostics, &sources, false);
    assert!(!read.has_errors(), "{report}\n{text}");
    read.value
}

/// What a text says: all of its objects in the newest versions.
fn meaning(text: &str) -> Findings<String> {
    write(&read(text), &Targets::default())
}

fn converted(text: &str, to: &Targets) -> Findings<Vec<Converted>> {
    convert(&sources(text), to, &ReadOptions::default())
}

/// The text in other versions, if they can express it.
fn in_versions(text: &str, to: &Targets) -> Option<String> {
    let converted = converted(text, to);
    if converted.has_errors() {
        return None;
    }
    Some(converted.value.into_iter().next().map_or_else(|| text.to_owned(), |file| file.text))
}

fn json(objects: &[Value]) -> String {
    let documents: Vec<String> = objects.iter().map(Value::to_string).collect();
    documents.join("\n---\n")
}

fn versions() -> impl Strategy<Value = Targets> {
    let choices = vec![
        vec!["v1alpha1"],
        vec!["v1alpha2"],
        vec!["v1alpha3"],
        vec!["v1alpha4"],
        vec!["access.smi-spec.io/v1alpha3", "v1alpha4"],
        vec!["access.smi-spec.io/v1alpha3", "specs.smi-spec.io/v1alpha4"],
        vec!["access.smi-spec.io/v1alpha2", "specs.smi-spec.io/v1alpha4"],
        vec!["specs.smi-spec.io/v1alpha4"],
        vec!["split.smi-spec.io/v1alpha1"],
    ];
    select(choices).prop_map(|versions| Targets::parse(versions).unwrap())
}

proptest! {
    #[test]
    fn every_notation_is_read_the_same(objects in objects(), seed in vec(any::<u8>(), 64)) {
        let text = Style::new(&seed).file(&objects);
        prop_assert_eq!(write(&read(&text), &Targets::default()).value, meaning(&json(&objects)).value);
    }

    #[test]
    fn what_is_written_is_read_the_same(objects in objects(), to in versions()) {
        let bundle = read(&json(&objects));
        let written = write(&bundle, &to);
        let again = write(&read(&written.value), &to);
        prop_assert_eq!(written.value, again.value);
    }

    #[test]
    fn a_converted_file_says_what_its_model_says(
        objects in objects(),
        seed in vec(any::<u8>(), 64),
        to in versions(),
    ) {
        let text = Style::new(&seed).file(&objects);
        let converted = converted(&text, &to);
        prop_assume!(!converted.has_errors());
        prop_assert!(converted.value.len() < 2);
        let Some(file) = converted.value.first() else { return Ok(()) };
        let expected = write(&read(&text), &to);
        prop_assert_eq!(write(&read(&file.text), &to).value, expected.value, "{}", file.text);
    }

    #[test]
    fn comments_and_the_rest_of_the_text_are_kept(
        objects in objects(),
        seed in vec(any::<u8>(), 64),
        to in versions(),
    ) {
        // Whoever takes the body of a TCPRoute away takes the comments in it as well.
        let objects: Vec<Value> =
            objects.into_iter().filter(|object| object["kind"] != "TCPRoute").collect();
        let mut style = Style::new(&seed);
        style.brackets = false;
        let text = style.file(&objects);
        if let Some(new) = in_versions(&text, &to) {
            for number in 1..=style.comments {
                let comment = format!("# comment {number}.");
                prop_assert!(new.contains(&comment), "{} of\n{}\nis not in\n{}", comment, text, new);
            }
            prop_assert_eq!(text.contains("\r\n"), new.contains("\r\n"));
        }
    }

    #[test]
    fn up_down_up_is_up(objects in objects(), seed in vec(any::<u8>(), 64), down in versions()) {
        let newest = Targets::parse(["access.smi-spec.io/v1alpha3", "v1alpha4"]).unwrap();
        let text = Style::new(&seed).file(&objects);
        let Some(up) = in_versions(&text, &newest) else { return Ok(()) };
        let Some(down) = in_versions(&up, &down) else { return Ok(()) };
        let again = in_versions(&down, &newest);
        let again = again.unwrap_or_else(|| {
            let sources = sources(&down);
            let report = convert(&sources, &newest, &ReadOptions::default()).diagnostics;
            panic!("cannot go up again:\n{}{down}", render::text(&report, &sources, false))
        });
        prop_assert_eq!(meaning(&again).value, meaning(&up).value, "{}", down);
    }
}
