//! What an unquoted scalar means.
//!
//! Kubernetes reads YAML 1.1 as the Go library does: `no` is a boolean, `0x10`
//! and `1_000` are numbers, while dates stay text. A compiler that took them for
//! text would grant under another name than the cluster has.

/// What Kubernetes takes a scalar for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    Null,
    Boolean,
    /// A whole number; `decimal` tells the notation on which all readers agree.
    Integer {
        value: i128,
        decimal: bool,
    },
    /// Any other number.
    Float,
    Text,
}

const NULLS: [&str; 5] = ["", "~", "null", "Null", "NULL"];

#[rustfmt::skip]
const BOOLEANS: [&str; 22] = [
    "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE",
    "n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE",
];

const SPECIAL_FLOATS: [&str; 12] = [
    ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf",
    "-.INF",
];

impl Meaning {
    /// What the text of an unquoted scalar means.
    pub(crate) fn of_plain(text: &str) -> Self {
        if NULLS.contains(&text) {
            Self::Null
        } else if BOOLEANS.contains(&text) {
            Self::Boolean
        } else if text
            .starts_with(['+', '-', '.', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
        {
            Self::of_number(text)
        } else {
            Self::Text
        }
    }

    /// Which boolean the text of one says.
    pub(crate) fn is_true(text: &str) -> bool {
        ["y", "yes", "on", "true"].iter().any(|word| text.eq_ignore_ascii_case(word))
    }

    fn of_number(text: &str) -> Self {
        let digits = text.replace('_', "");
        if let Some(value) = integer(&digits) {
            Self::Integer { value, decimal: value.to_string() == text }
        } else if is_float(&digits) || SPECIAL_FLOATS.contains(&text) {
            Self::Float
        } else {
            Self::Text
        }
    }

    /// The meaning with its article, as messages say it.
    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Integer { .. } | Self::Float => "a number",
            Self::Text => "text",
        }
    }
}

/// Reads a whole number with an optional sign and the prefixes `0x`, `0o`, `0b`
/// or, for octal, a mere `0`.
fn integer(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, lower.get(2..)?),
        [b'0', b'o', ..] => (8, lower.get(2..)?),
        [b'0', b'b', ..] => (2, lower.get(2..)?),
        [b'0', _, ..] => (8, lower.get(1..)?),
        _ => (10, lower.as_str()),
    };
    // `from_str_radix` would take a second sign.
    let starts_with_digit = digits.starts_with(|first: char| first.is_digit(radix));
    let value = i128::from_str_radix(digits, radix).ok().filter(|_| starts_with_digit)?;
    Some(if negative { -value } else { value })
}

/// Whether the text is decimal with a fraction or an exponent, such as `.5`,
/// `1.` or `1e3`.
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let exponent = exponent.map(|e| e.strip_prefix(['+', '-']).unwrap_or(e));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let has_digits = !whole.is_empty() || !fraction.is_empty();
    has_digits && is_digits(whole) && is_digits(fraction) && exponent.is_none_or(is_exponent)
}

fn is_exponent(text: &str) -> bool {
    !text.is_empty() && is_digits(text)
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::Meaning::{self, *};

    #[test]
    fn plain_scalars_mean_what_kubernetes_reads() {
        let integer = |value, decimal| Integer { value, decimal };
        let cases: &[(&str, Meaning)] = &[
            ("", Null),
            ("~", Null),
            ("Null", Null),
            ("nUll", Text),
            ("no", Boolean),
            ("y", Boolean),
            ("On", Boolean),
            ("yEs", Text),
            ("8080", integer(8080, true)),
            ("-1", integer(-1, true)),
            ("+1", integer(1, false)),
            ("0", integer(0, true)),
            ("-0", integer(0, false)),
            ("010", integer(8, false)),
            ("0x10", integer(16, false)),
            ("0o17", integer(15, false)),
            ("0b11", integer(3, false)),
            ("1_000", integer(1000, false)),
            ("--1", Text),
            ("+-1", Text),
            ("0x", Text),
            ("0x-1", Text),
            ("08", Float),
            ("1e3", Float),
            ("1.", Float),
            (".5", Float),
            ("-1.5E-3", Float),
            (".inf", Float),
            ("1e", Text),
            (".", Text),
            ("-", Text),
            ("1.2.3", Text),
            ("500m", Text),
            ("12:30", Text),
            ("2001-01-01", Text),
            ("GET", Text),
            ("/path", Text),
            ("<<", Text),
        ];
        for (text, meaning) in cases {
            assert_eq!(Meaning::of_plain(text), *meaning, "{text:?}");
        }
    }
}
