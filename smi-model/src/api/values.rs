//! The kinds of values that fields of several objects have.

use std::collections::BTreeMap;

use super::cursor::Value;
use crate::{
    canonical::Labels,
    diagnostic::{
        code,
        suggest::{closest, listed, misspelt},
    },
    source::{Span, Spanned},
};

/// The syntax of a name in Kubernetes.
struct NameRule {
    /// Whether several labels may be joined by dots.
    dots: bool,
    max_length: usize,
    help: &'static str,
}

/// A DNS subdomain.
const OBJECT_NAME: NameRule = NameRule {
    dots: true,
    max_length: 253,
    help: "names have lower-case letters, digits, `-` and `.`",
};

/// A DNS label.
const NAMESPACE_NAME: NameRule = NameRule {
    dots: false,
    max_length: 63,
    help: "names of namespaces have lower-case letters, digits and `-`",
};

const SERVICE_NAME: NameRule = NameRule {
    dots: true,
    max_length: 253,
    help: "write the name of the Service, `name.namespace`, or its full DNS name",
};

/// Reads the name of an object, such as `books-bought.v1`.
pub(super) fn object_name(value: Value<'_>) -> Option<Spanned<String>> {
    name(value, &OBJECT_NAME)
}

/// Reads the name of a namespace, such as `bookstore`.
pub(super) fn namespace_name(value: Value<'_>) -> Option<Spanned<String>> {
    name(value, &NAMESPACE_NAME)
}

/// Reads how clients call a Service, such as `books` or `books.bookstore`.
pub(super) fn service_name(value: Value<'_>) -> Option<Spanned<String>> {
    name(value, &SERVICE_NAME)
}

fn name(value: Value<'_>, rule: &NameRule) -> Option<Spanned<String>> {
    let name = value.text_if(|name| rule.check(name).is_ok())?;
    let Err(problem) = rule.check(&name.value) else { return Some(name) };
    let message = format!("`{}` is not a valid name for `{}`", name.value, value.path());
    value.report(value.error(code::INVALID_NAME, message).label(problem).help(rule.help));
    None
}

impl NameRule {
    fn check(&self, name: &str) -> Result<(), String> {
        if let Some(stray) = name.chars().find(|char| !self.allows(*char)) {
            return Err(format!("{stray:?} is not allowed"));
        }
        if name.len() > self.max_length {
            return Err(format!("it is longer than {} characters", self.max_length));
        }
        if name.split('.').any(|label| label.is_empty()) {
            return Err("it is empty, or a part of it is".to_owned());
        }
        if name.split('.').any(|label| label.starts_with('-') || label.ends_with('-')) {
            return Err("it must begin and end with a letter or digit".to_owned());
        }
        Ok(())
    }

    const fn allows(&self, char: char) -> bool {
        matches!(char, 'a'..='z' | '0'..='9' | '-') || (self.dots && char == '.')
    }
}

/// Reads a text that must not be empty.
pub(super) fn filled_text(value: Value<'_>) -> Option<Spanned<String>> {
    let text = value.text()?;
    if text.value.is_empty() {
        let message = format!("`{}` is empty", value.path());
        value.report(value.error(code::INVALID_NAME, message));
        return None;
    }
    Some(text)
}

/// Reads one of a list of texts and returns what it stands for.
pub(super) fn one_of<T: Copy>(value: Value<'_>, choices: &[(&str, T)]) -> Option<T> {
    let text = value.text_if(|text| choices.iter().any(|(name, _)| *name == text))?;
    if let Some((_, choice)) = choices.iter().find(|(name, _)| *name == text.value) {
        return Some(*choice);
    }
    let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
    report_choice(value, &text.value, &names);
    None
}

fn report_choice(value: Value<'_>, found: &str, names: &[&str]) {
    let message = format!("`{}` cannot be `{found}`", value.path());
    let possible = listed("possible value", names);
    let diagnostic = value.error(code::UNKNOWN_VALUE, message);
    let certain = misspelt(found, names.iter().copied()).filter(|_| value.is_verbatim());
    value.report(match (certain, closest(found, names.iter().copied())) {
        (Some(name), _) => diagnostic.fix(value.span(), name),
        (None, Some(name)) => diagnostic.label(format!("did you mean `{name}`?")).help(possible),
        (None, None) => diagnostic.help(possible),
    });
}

/// Reads labels that something must have, of which there must be one; `help` says
/// what to do about none.
pub(super) fn labels(value: Value<'_>, help: &str) -> Option<Labels> {
    let labels = value.object(|fields| {
        let entries = fields.entries().into_iter();
        // All are looked at, so that all problems are reported.
        let labels: Vec<_> = entries.map(|(key, value)| Some((key, value.text()?))).collect();
        labels.into_iter().collect::<Option<Labels>>()
    })?;
    if labels.is_empty() {
        let message = format!("`{}` is empty", value.path());
        value.report(value.error(code::EMPTY_LIST, message).help(help));
        return None;
    }
    Some(labels)
}

/// Reads a port, 1 to 65535.
pub(super) fn port(value: Value<'_>) -> Option<Spanned<u16>> {
    let number = value.integer(|number| as_port(number).is_some())?;
    match as_port(number.value) {
        Some(port) => Some(Spanned::new(port, number.span)),
        None => {
            let message = format!("`{}` is not a port", number.value);
            value.report(value.error(code::INVALID_PORT, message).help("ports are 1 to 65535"));
            None
        }
    }
}

fn as_port(number: i128) -> Option<u16> {
    u16::try_from(number).ok().filter(|port| *port > 0)
}

/// Every use of a name after its first one: the name, the first place and the
/// later one.
pub(crate) fn repeated<K: Ord + Clone>(
    uses: impl IntoIterator<Item = (K, Span)>,
) -> Vec<(K, Span, Span)> {
    let mut first_uses = BTreeMap::new();
    let mut again = Vec::new();
    for (name, span) in uses {
        match first_uses.get(&name) {
            Some(first) => again.push((name, *first, span)),
            None => {
                first_uses.insert(name, span);
            }
        }
    }
    again
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules_of_kubernetes() {
        let long = "a".repeat(64);
        for (name, object, namespace) in [
            ("bookstore-v1", true, true),
            ("0", true, true),
            ("books.v1", true, false),
            (long.as_str(), true, false),
            ("", false, false),
            ("-a", false, false),
            ("a-", false, false),
            ("a..b", false, false),
            ("a.-b", false, false),
            ("Bookstore", false, false),
            ("book_store", false, false),
            ("bücher", false, false),
            ("a/b", false, false),
        ] {
            assert_eq!(OBJECT_NAME.check(name).is_ok(), object, "{name:?}");
            assert_eq!(NAMESPACE_NAME.check(name).is_ok(), namespace, "{name:?}");
        }
        assert!(OBJECT_NAME.check(&"a".repeat(254)).is_err());
    }

    #[test]
    fn every_repetition_points_to_the_first_use() {
        let at = |start| Span::new(start, start + 1);
        let uses = [("a", at(0)), ("b", at(1)), ("a", at(2)), ("a", at(3))];
        assert_eq!(repeated(uses), [("a", at(0), at(2)), ("a", at(0), at(3))]);
    }
}
