//! Expressions mean what RE2, the engine of Envoy and the model of Go's, means by
//! them: what we accept it accepts, and both match the same texts.

mod engine;
mod grammar;
mod probes;

use std::collections::BTreeSet;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use smi_model::regex::Regex;

use engine::{Machine, Re2};
use grammar::Example;

/// How many random expressions are compared.
const RANDOM: usize = 5_000;

/// An expression and the texts that it is tried on.
struct Question {
    expression: String,
    texts: Vec<Vec<u8>>,
}

#[test]
fn probes_mean_the_same_in_re2() {
    let texts = probes::texts();
    let questions = probes::EXPRESSIONS
        .iter()
        .map(|expression| Question { expression: (*expression).to_owned(), texts: texts.clone() });
    let accepted = compare(questions.collect());
    assert!(accepted * 3 > probes::EXPRESSIONS.len(), "only {accepted} probes are accepted");
}

#[test]
fn random_expressions_mean_the_same_in_re2() {
    let mut runner = TestRunner::deterministic();
    let mut questions = Vec::new();
    for _ in 0..RANDOM {
        let tree = grammar::expression().new_tree(&mut runner).expect("nothing is refused");
        questions.push(question(tree.current()));
    }
    let accepted = compare(questions);
    assert!(accepted * 2 > RANDOM, "only {accepted} of {RANDOM} random expressions are accepted");
}

/// Every character of the first scripts under each class that we let pass.
#[test]
fn classes_have_the_same_characters_in_re2() {
    // Beyond lie ideographs and scripts that grow with each version of Unicode.
    let characters = ('\0'..'\u{3000}').chain(['\u{ac00}', '\u{fb01}', '😀', char::MAX]);
    let texts = characters.map(|char| char.to_string().into_bytes()).collect();
    let unknown = Question { expression: probes::UNASSIGNED.to_owned(), texts };
    let (unknown, verdicts) = Re2::ask(vec![unknown]).remove(0);
    let verdicts = verdicts.expect("RE2 knows all categories");
    let known = unknown.texts.into_iter().zip(verdicts).filter(|(_, verdict)| *verdict == 0);
    let known = known.map(|(text, _)| text);
    let texts: Vec<_> =
        known.filter(|text| !probes::NEW_CASES.contains(&text.as_slice())).collect();
    let questions = probes::CLASSES
        .iter()
        .map(|class| Question { expression: (*class).to_owned(), texts: texts.clone() });
    assert_eq!(compare(questions.collect()), probes::CLASSES.len(), "every class is accepted");
}

/// The texts of a random expression: some that are likely to match, and others.
fn question(Example { expression, text }: Example) -> Question {
    let near = [
        text.clone(),
        text.to_uppercase(),
        format!("x{text}"),
        format!("{text}x"),
        format!("{text}\n"),
        format!("é{text}é"),
        text.chars().skip(1).collect(),
    ];
    let mut texts = probes::texts();
    texts.extend(near.map(String::into_bytes));
    texts.push([text.as_bytes(), b"\xff"].concat());
    Question { expression, texts }
}

/// Asks both engines, and fails with all differences. The number of expressions
/// that we accept.
fn compare(questions: Vec<Question>) -> usize {
    let mut accepted = 0;
    let mut differences = BTreeSet::new();
    for (question, theirs) in Re2::ask(questions) {
        let Ok(regex) = Regex::new(&question.expression) else { continue };
        accepted += 1;
        let Some(theirs) = theirs else {
            differences.insert(format!("`{}` is refused by RE2", question.expression));
            continue;
        };
        let Some(mut ours) = Machine::new(&regex) else { continue };
        for (text, theirs) in question.texts.iter().zip(theirs) {
            let expected = if std::str::from_utf8(text).is_ok() { theirs } else { 0 };
            let found = ours.verdict(text);
            if found != expected {
                let text = text.escape_ascii();
                differences.insert(format!(
                    "`{}` on `{text}`: RE2 {expected}, we {found}",
                    question.expression
                ));
            }
        }
    }
    let shown: Vec<_> = differences.iter().take(40).collect();
    assert!(differences.is_empty(), "{} differences: {shown:#?}", differences.len());
    accepted
}
