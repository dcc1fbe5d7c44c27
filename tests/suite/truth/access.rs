//! Who may call.

use conformance::engine::Decision;
use conformance::request::{Identity, Request};
use decision_table::Dialect;
use serde_json::Value;

use super::question::{Answers, Loaded, connection, dialects, http, policies, text};

/// One request in each dialect of which something is known: its own verdict where
/// the case names one, or else the case's, when that is about this dialect.
pub(super) fn ask(case: &Value, answers: &mut Answers) {
    let request: Request = serde_json::from_value(case["request"].clone()).expect("a request");
    let about = dialects(case);
    for dialect in Dialect::ALL {
        let verdict = match case["dialect_expected"][dialect.name()].as_str() {
            Some(own) => decision(own),
            None if about.contains(&dialect) => decision(text(&case["expected"]["decision"])),
            None => None,
        };
        if let Some(expected) = verdict {
            answers.decide(&Loaded::new(dialect, policies(case)), &request, &expected);
        }
    }
}

/// `allow` or `deny`, with a remark behind it perhaps. Anything else is a remark
/// alone: nobody knows.
fn decision(text: &str) -> Option<Decision> {
    match text.split_once(' ').map_or(text, |(verdict, _)| verdict) {
        "allow" => Some(Decision::Allow),
        "deny" => Some(Decision::Deny(None)),
        _ => None,
    }
}

/// What a tool says of two accounts, whatever they speak.
pub(super) fn ask_any_protocol(case: &Value, answers: &mut Answers) {
    let account = |key: &str| -> Identity {
        serde_json::from_value(case["request"][key].clone()).expect("an account")
    };
    let connection = connection(account("source"), account("destination"));
    let expected = text(&case["expected"]["message"]).contains("is allowed");
    for dialect in dialects(case) {
        let loaded = Loaded::new(dialect, policies(case));
        answers.allows(&loaded, &connection, expected);
        answers.allows(&loaded, &http(connection.clone(), "GET", "/"), expected);
    }
}
