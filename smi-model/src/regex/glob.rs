//! Globs, which people write where a regular expression is wanted.

use super::Regex;

/// The regular expression for a text that is none and can only be meant as a
/// glob.
pub(crate) fn as_regex(text: &str) -> Option<String> {
    if Regex::new(text).is_ok() { None } else { of_glob(text) }
}

/// The regular expression that a text means as a glob, if it can be one: nothing
/// in it but plain characters, `*`, `**` and `?`, and at least one of these.
///
/// ```
/// use smi_model::regex::of_glob;
///
/// assert_eq!(of_glob("/api/*.html").as_deref(), Some(r"/api/.*\.html"));
/// assert_eq!(of_glob("/api/.*"), None, "a regular expression");
/// ```
#[must_use]
pub fn of_glob(text: &str) -> Option<String> {
    if !is_glob(text) {
        return None;
    }
    let mut regex = String::with_capacity(text.len() + 8);
    let mut before = None;
    for char in text.chars() {
        match char {
            '*' if before == Some('*') => {}
            '*' => regex.push_str(".*"),
            '?' => regex.push('.'),
            '.' => regex.push_str(r"\."),
            other => regex.push(other),
        }
        before = Some(char);
    }
    Regex::new(&regex).ok().map(|_| regex)
}

/// A `.` that is repeated is no plain character, but a sign of an expression.
fn is_glob(text: &str) -> bool {
    let is_wild = text.contains(['*', '?']);
    let has_syntax = text.contains(['(', ')', '[', ']', '{', '}', '+', '^', '$', '|', '\\']);
    is_wild && !has_syntax && ![".*", ".?"].iter().any(|sign| text.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::as_regex;

    #[test]
    fn globs_become_expressions() {
        for (glob, regex) in [
            ("*", Some(".*")),
            ("**", Some(".*")),
            ("/api/**", Some("/api/.*")),
            ("*.js", Some(r".*\.js")),
            ("**/v1-?/*", Some(".*/v1-./.*")),
            ("/api/v?**", Some("/api/v..*")),
            // An expression, if not the one that was meant.
            ("/api/*", None),
            ("/api", None),
            // No glob.
            ("/(new", None),
            ("/api/.**", None),
            ("+", None),
        ] {
            assert_eq!(as_regex(glob).as_deref(), regex, "{glob}");
        }
    }
}
