//! Quantities of Kubernetes: numbers such as `1.5`, `500m`, `2Ki` or `1e3`.

/// A quantity, taken apart.
pub(super) struct Quantity<'a> {
    negative: bool,
    /// Digits before and after the point; at least one of both.
    whole: &'a str,
    fraction: &'a str,
    scale: Scale,
}

/// By what the digits are multiplied.
#[derive(Clone, Copy)]
enum Scale {
    /// Ten to this power.
    Decimal(i32),
    /// Two to this power.
    Binary(u32),
}

#[rustfmt::skip]
const SUFFIXES: [(&str, Scale); 16] = [
    ("", Scale::Decimal(0)),
    ("n", Scale::Decimal(-9)), ("u", Scale::Decimal(-6)), ("m", Scale::Decimal(-3)),
    ("k", Scale::Decimal(3)), ("M", Scale::Decimal(6)), ("G", Scale::Decimal(9)),
    ("T", Scale::Decimal(12)), ("P", Scale::Decimal(15)), ("E", Scale::Decimal(18)),
    ("Ki", Scale::Binary(10)), ("Mi", Scale::Binary(20)), ("Gi", Scale::Binary(30)),
    ("Ti", Scale::Binary(40)), ("Pi", Scale::Binary(50)), ("Ei", Scale::Binary(60)),
];

impl<'a> Quantity<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let is_of_suffix = |char: char| !char.is_ascii_digit() && char != '.';
        let end = unsigned.find(is_of_suffix).unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at_checked(end)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return None;
        }
        let scale = scale(suffix)?;
        Some(Self { negative: text.starts_with('-'), whole, fraction, scale })
    }

    /// How many thousandths it is, if that is a whole number that fits.
    pub(super) fn thousandths(&self) -> Option<u32> {
        let digits: u64 = format!("{}{}", self.whole, self.fraction).parse().ok()?;
        let (digits, exponent) = match self.scale {
            Scale::Decimal(exponent) => (digits, exponent),
            Scale::Binary(exponent) => (digits.checked_mul(1 << exponent)?, 0),
        };
        let places = i32::try_from(self.fraction.len()).ok()?;
        let exponent = exponent.checked_add(3)?.checked_sub(places)?;
        let factor = 10_u64.checked_pow(exponent.unsigned_abs())?;
        let exact = match exponent {
            0.. => digits.checked_mul(factor)?,
            _ => digits.is_multiple_of(factor).then_some(digits / factor)?,
        };
        u32::try_from(exact).ok().filter(|_| !self.negative)
    }
}

fn scale(suffix: &str) -> Option<Scale> {
    if let Some((_, scale)) = SUFFIXES.iter().find(|(name, _)| *name == suffix) {
        return Some(*scale);
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    // `parse` takes a sign, as Kubernetes does.
    exponent.parse().ok().map(Scale::Decimal)
}

#[cfg(test)]
mod tests {
    use super::Quantity;

    #[test]
    fn quantities_are_those_of_kubernetes() {
        for text in [
            "0",
            "1",
            "+1",
            "-1.5",
            ".5",
            "1.",
            "10n",
            "10u",
            "10m",
            "1k",
            "1M",
            "1G",
            "1T",
            "1P",
            "1E",
            "1Ki",
            "1.5Ei",
            "1e3",
            "1E-3",
            "1e+3",
            "296875m",
            "00.100",
            "123456789012345678901234567890",
        ] {
            assert!(Quantity::parse(text).is_some(), "{text}");
        }
        for text in [
            "", ".", "-", "m", "1 ", " 1", "1K", "1ki", "1mi", "1e", "1e3.5", "1e3m", "1..2",
            "1.2.3", "--1", "0x10", "1_000", "1,5", "one", "1m2", "١",
        ] {
            assert!(Quantity::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn thousandths_are_exact() {
        for (text, expected) in [
            ("1", Some(1000)),
            ("500m", Some(500)),
            ("0m", Some(0)),
            ("1.5", Some(1500)),
            (".25", Some(250)),
            ("1.", Some(1000)),
            ("2k", Some(2_000_000)),
            ("1.5000", Some(1500)),
            ("2e-3", Some(2)),
            ("1Ki", Some(1_024_000)),
            ("3000u", Some(3)),
            ("1e999999999", None),
            ("1e2147483647", None),
            ("1Ei", None),
            ("0.5m", None),
            ("0.0001", None),
            ("5M", None),
            ("-1", None),
        ] {
            assert_eq!(Quantity::parse(text).unwrap().thousandths(), expected, "{text:?}");
        }
    }
}
