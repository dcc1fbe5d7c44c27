//! When, and for how long.

use std::time::Duration;

use crate::{api::cursor::Value, diagnostic::code, source::Spanned};

/// Reads a time as RFC 3339 writes it, such as `2019-04-08T22:25:55Z`.
pub(super) fn timestamp(value: Value<'_>) -> Option<Spanned<String>> {
    let text = value.text()?;
    if is_timestamp(&text.value) {
        return Some(text);
    }
    let message = format!("`{}` is not a time", text.value);
    let help = "write it as in RFC 3339, such as `2019-04-08T22:25:55Z`";
    value.report(value.error(code::INVALID_TIMESTAMP, message).help(help));
    None
}

/// Reads how long something took, as Go writes it: `30s` or `1m30s`.
pub(super) fn duration(value: Value<'_>) -> Option<Spanned<Duration>> {
    let text = value.any_scalar()?;
    let duration = nanoseconds(&text.value).filter(|nanoseconds| *nanoseconds > 0);
    if let Some(nanoseconds) = duration {
        return Some(Spanned::new(Duration::from_nanos(nanoseconds), text.span));
    }
    let message = format!("`{}` is not a length of time", text.value);
    let help = "write numbers with units, such as `30s` or `1m30s`";
    value.report(value.error(code::INVALID_DURATION, message).help(help));
    None
}

fn is_timestamp(text: &str) -> bool {
    let Some((date, time)) = text.split_once('T') else { return false };
    let (clock, zone) = match time.strip_suffix('Z') {
        Some(clock) => (clock, None),
        None => match time.rsplit_once(['+', '-']) {
            Some((clock, zone)) => (clock, Some(zone)),
            None => return false,
        },
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    is_date(date)
        && numbers(clock, ':', [2, 2, 2]).is_some_and(|[h, m, s]| h < 24 && m < 60 && s < 60)
        && is_digits(fraction)
        && zone.is_none_or(|zone| numbers(zone, ':', [2, 2]).is_some_and(|[h, m]| h < 24 && m < 60))
}

fn is_date(date: &str) -> bool {
    let Some([year, month, day]) = numbers(date, '-', [4, 2, 2]) else { return false };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// Numbers of exactly so many digits each.
fn numbers<const N: usize>(text: &str, separator: char, lengths: [usize; N]) -> Option<[u32; N]> {
    let mut parts = text.split(separator);
    let numbers = lengths.map(|length| {
        let part = parts.next().filter(|part| part.len() == length && is_digits(part));
        part.and_then(|part| part.parse().ok())
    });
    let all: Option<Vec<u32>> = numbers.into_iter().collect();
    all.filter(|_| parts.next().is_none())?.try_into().ok()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The sum of numbers with units; parts of a nanosecond are dropped, as Go does.
fn nanoseconds(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut sum = 0_u64;
    while !rest.is_empty() {
        let end = rest.find(|char: char| !char.is_ascii_digit() && char != '.')?;
        let (number, tail) = rest.split_at_checked(end)?;
        let end = tail.find(|char: char| char.is_ascii_digit() || char == '.');
        let (unit, tail) = tail.split_at_checked(end.unwrap_or(tail.len()))?;
        sum = sum.checked_add(part(number, unit_of(unit)?)?)?;
        rest = tail;
    }
    Some(sum)
}

/// Nanoseconds of a unit.
fn unit_of(name: &str) -> Option<u64> {
    Some(match name {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

fn part(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let digit = |char: char| char.to_digit(10).map(u64::from);
    let mut sum = 0_u64;
    for char in whole.chars() {
        sum = sum.checked_mul(10)?.checked_add(digit(char)?)?;
    }
    sum = sum.checked_mul(unit)?;
    let mut place = unit;
    for char in fraction.chars() {
        place /= 10;
        sum = sum.checked_add(place.checked_mul(digit(char)?)?)?;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::{is_timestamp, nanoseconds};

    #[test]
    fn times_are_those_of_rfc_3339() {
        for text in [
            "2019-04-08T22:25:55Z",
            "2019-04-08T22:25:55.123456789Z",
            "2020-02-29T00:00:00+02:00",
            "2000-02-29T23:59:59-11:30",
        ] {
            assert!(is_timestamp(text), "{text}");
        }
        for text in [
            "",
            "2019-04-08",
            "2019-04-08 22:25:55Z",
            "2019-04-08T22:25:55",
            "2019-04-08T22:25:55.Z",
            "2019-04-08T22:25Z",
            "2019-04-08T24:25:55Z",
            "2019-4-8T22:25:55Z",
            "2019-04-31T22:25:55Z",
            "2019-13-01T22:25:55Z",
            "2019-00-01T22:25:55Z",
            "1900-02-29T22:25:55Z",
            "2019-04-08T22:25:55+2:00",
            "2019-04-08T22:25:55+24:00",
            "2019-04-08T22:25:+5Z",
            "tomorrow",
        ] {
            assert!(!is_timestamp(text), "{text}");
        }
    }

    #[test]
    fn lengths_of_time_are_those_of_go() {
        for (text, expected) in [
            ("30s", Some(30_000_000_000)),
            ("1m30s", Some(90_000_000_000)),
            ("1.5h", Some(5_400_000_000_000)),
            (".5s", Some(500_000_000)),
            ("1.s", Some(1_000_000_000)),
            ("2us3ns", Some(2_003)),
            ("1µs", Some(1_000)),
            ("1.55ns", Some(1)),
            ("30", None),
            ("s", None),
            (".s", None),
            ("1..5s", None),
            ("30 s", None),
            ("-30s", None),
            ("1d", None),
            ("9999999999999999999h", None),
        ] {
            assert_eq!(nanoseconds(text), expected, "{text}");
        }
    }
}
