//! Which request targets are judged.
//!
//! Proxies and applications disagree about what `/a/../b`, `//a`, `/a%2fb` or
//! `/a;x/b` mean, and every disagreement has been a way around somebody's rules.
//! So a rule is asked about a path only when there is one way to read it.

/// The path of a request target, up to its query, when it is canonical.
///
/// Not canonical are: a target that does not begin with `/`; control bytes,
/// backslashes, fragments; an empty segment in front of another; a segment that
/// is `.` or `..`, also when percent-encoded or followed by `;parameters`;
/// escapes that are malformed, that encode `/`, `\`, NUL, or whose decoding leaves
/// another escape (`%252e`, `%25%32%65`).
#[must_use]
pub fn canonical(target: &[u8]) -> Option<&[u8]> {
    if target.iter().any(|byte| byte.is_ascii_control() || *byte == b'#') {
        return None;
    }
    let path = target.split(|byte| *byte == b'?').next()?;
    let segments = path.strip_prefix(b"/")?;
    let mut rest = segments.split(|byte| *byte == b'/').peekable();
    while let Some(segment) = rest.next() {
        // An empty last segment is a trailing slash.
        if (segment.is_empty() && rest.peek().is_some()) || !segment_is_canonical(segment) {
            return None;
        }
    }
    Some(path)
}

fn segment_is_canonical(segment: &[u8]) -> bool {
    // The dots of a segment that is nothing but one or two of them, so far.
    let mut dots = Some(0);
    let mut in_parameters = false;
    // The two decoded bytes before the current one.
    let mut before = [0; 2];
    let mut rest = segment;
    while let Some((byte, tail)) = rest.split_first() {
        let decoded = if *byte == b'%' { unescape(tail) } else { Some((*byte, tail)) };
        let Some((byte, tail)) = decoded.filter(|(byte, _)| *byte != b'\\') else {
            return false;
        };
        let [first, second] = before;
        if first == b'%' && second.is_ascii_hexdigit() && byte.is_ascii_hexdigit() {
            // Decoded once more, it would be something else again.
            return false;
        }
        before = [second, byte];
        rest = tail;
        in_parameters |= byte == b';';
        if !in_parameters {
            dots = dots.filter(|count| byte == b'.' && *count < 2).map(|count| count + 1);
        }
    }
    !matches!(dots, Some(1 | 2))
}

/// The byte that an escape stands for, and what follows it; `None` for escapes
/// that are malformed or stand for a byte that must not be in a segment.
fn unescape(behind_percent: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, rest) = behind_percent.split_first_chunk::<2>()?;
    let byte = hex_byte(*digits)?;
    (!matches!(byte, 0 | b'/' | b'\\')).then_some((byte, rest))
}

fn hex_byte(digits: [u8; 2]) -> Option<u8> {
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
    u8::try_from(high? * 16 + low?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_is_not_part_of_the_path() {
        assert_eq!(canonical(b"/a/b?c=/../d"), Some(&b"/a/b"[..]));
        assert_eq!(canonical(b"/?"), Some(&b"/"[..]));
    }

    #[test]
    fn canonical_paths_pass() {
        for path in [
            &b"/"[..],
            b"/a/",
            b"/a.b/..c/.d/e..",
            b"/a%20b",
            b"/%c3%a9",
            b"/a;v=1",
            b"/...",
            b"/100%25",
            b"/%25zz",
            b"/caf\xc3\xa9",
            b"/a;..",
        ] {
            assert_eq!(canonical(path), Some(path), "{}", path.escape_ascii());
        }
    }

    #[test]
    fn ambiguous_paths_do_not() {
        for path in [
            &b""[..],
            b"a",
            b"*",
            b"//",
            b"//a",
            b"/a//b",
            b"/.",
            b"/..",
            b"/a/../b",
            b"/a/./b",
            b"/%2e",
            b"/%2E%2e/a",
            b"/.%2e/",
            b"/..;/a",
            b"/..;x=1/a",
            b"/.%3b/a",
            b"/%2e%2e%3Bx/a",
            b"/a%2fb",
            b"/a%5Cb",
            b"/a\\b",
            b"/a%00",
            b"/a\0",
            b"/a\x7f",
            b"/a\nb",
            b"/a#b",
            b"/a?b#c",
            b"/%252e",
            b"/%25%32%65",
            b"/a%25%32f",
            b"/%",
            b"/%2",
            b"/%zz",
            b"/%%32%65",
            b"http://a/b",
        ] {
            assert_eq!(canonical(path), None, "{}", path.escape_ascii());
        }
    }
}
