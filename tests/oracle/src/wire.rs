//! What the parts of a request look like on the wire, and when two spellings
//! mean the same.

/// The path is what stands before the query.
pub(crate) fn without_query(target: &[u8]) -> &[u8] {
    target.split(|&byte| byte == b'?').next().unwrap_or_default()
}

/// Whether every server would read this request target alike: proxies and
/// applications resolve dots, merge slashes, decode escapes and cut parameters,
/// some of them twice, and each of these could turn an allowed path into another.
pub(crate) fn is_canonical_path(target: &[u8]) -> bool {
    let path = without_query(target);
    let Some(below_root) = path.strip_prefix(b"/") else { return false };
    !target.iter().any(|&byte| byte.is_ascii_control() || byte == b'#')
        && !path.contains(&b'\\')
        && has_harmless_escapes(path)
        // Only the last segment may be empty: `/` and `/books/` are paths.
        && !path.windows(2).any(|pair| pair == b"//")
        && !below_root.split(|&byte| byte == b'/').any(is_dots)
}

/// Every `%` starts an escape; no escape hides a separator or the end of a
/// string, and decoding once leaves none that could be decoded again.
fn has_harmless_escapes(path: &[u8]) -> bool {
    let percent_signs = (0..path.len()).filter(|&at| path.get(at) == Some(&b'%'));
    let escapes: Option<Vec<u8>> = percent_signs.map(|at| escape_at(path, at)).collect();
    let once = percent_decoded(path);
    escapes.is_some_and(|escapes| !escapes.iter().any(|byte| b"/\\\0".contains(byte)))
        && percent_decoded(&once) == once
        && escapes_spell_characters(path)
}

/// Neighbouring escapes are characters in UTF-8, from the first to the last: what
/// a lenient decoder makes of others is anybody's guess (`%c0%ae` has been a dot).
fn escapes_spell_characters(path: &[u8]) -> bool {
    let mut rest = path;
    while let Some(at) = rest.iter().position(|&byte| byte == b'%') {
        let (_, from_here) = rest.split_at(at);
        let escapes = from_here.chunks(3).take_while(|chunk| chunk.first() == Some(&b'%')).count();
        let (run, behind) = from_here.split_at(from_here.len().min(3 * escapes));
        if String::from_utf8(percent_decoded(run)).is_err() {
            return false;
        }
        rest = behind;
    }
    true
}

/// Whether a segment is `.` or `..` for a server that decodes it and cuts
/// parameters off.
fn is_dots(segment: &[u8]) -> bool {
    let decoded = percent_decoded(segment);
    let name = decoded.split(|&byte| byte == b';').next().unwrap_or_default();
    name == b"." || name == b".."
}

/// One round of percent-decoding; what is not an escape stays.
fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::new();
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let escape = if byte == b'%' { escape_at(text, at) } else { None };
        decoded.push(escape.unwrap_or(byte));
        at += if escape.is_some() { 3 } else { 1 };
    }
    decoded
}

/// The byte that the escape at `at` stands for.
fn escape_at(text: &[u8], at: usize) -> Option<u8> {
    Some(hex(text, at + 1)? * 16 + hex(text, at + 2)?)
}

fn hex(text: &[u8], at: usize) -> Option<u8> {
    let digit = char::from(*text.get(at)?).to_digit(16)?;
    u8::try_from(digit).ok()
}

/// The host that an authority names: without port, in lower case, without the
/// dot that ends an absolute name. What is not `host` or `host:port` names none.
pub(crate) fn host(authority: &[u8]) -> Option<Vec<u8>> {
    let name = without_port(authority);
    let (name, colons_are_fine) = match name.strip_prefix(b"[") {
        Some(address) => (address.strip_suffix(b"]").map(|_| name)?, true),
        None => (name.strip_suffix(b".").unwrap_or(name), false),
    };
    let is_fine = |byte: &u8| {
        byte.is_ascii_graphic()
            && !b"@,;/\\?#\"'".contains(byte)
            && (colons_are_fine || *byte != b':')
    };
    name.iter().all(is_fine).then(|| name.to_ascii_lowercase())
}

/// A port is a last colon with digits; the colons of an IPv6 address stand in
/// brackets and so are none.
fn without_port(authority: &[u8]) -> &[u8] {
    let digits = authority.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (rest, _) = authority.split_at(authority.len() - digits);
    rest.strip_suffix(b":").unwrap_or(authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_paths_are_canonical() {
        for path in
            ["/", "/books", "/books/", "/a.b/..c", "/a?x=//../%", "/a;v=1", "/%20%C3%A9", "/100%25"]
        {
            assert!(is_canonical_path(path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn ambiguous_paths_are_not() {
        let paths = [
            "",
            "*",
            "books",
            "?x",
            "/a#b",
            "/a?b#c",
            "/a?\n",
            "/a\\b",
            "/a\0",
            "/a\x7f",
            "//",
            "/a//b",
            "/.",
            "/a/..",
            "/../a",
            "/..;x/a",
            "/%2e/a",
            "/%2E%2e/a",
            "/.%2e",
            "/%25%32%65",
            "/%25%32%66",
            "/..%3bx",
            "/a%2fb",
            "/a%5Cb",
            "/a%00",
            "/a%252fb",
            "/a%",
            "/a%2",
            "/a%zz",
            "/%c0%ae%c0%ae",
            "/%e0%80%af",
            "/%ff",
            "/%c3/%a9",
            "/%c3a",
        ];
        for path in paths {
            assert!(!is_canonical_path(path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn hosts_lose_port_case_and_final_dot() {
        let is_host = |authority: &[u8], name: &[u8]| host(authority).as_deref() == Some(name);
        assert!(is_host(b"Store.Shop.:8080", b"store.shop"));
        assert!(is_host(b"store", b"store"));
        assert!(is_host(b"[::1]:80", b"[::1]"));
        assert!(is_host(b"store..", b"store."));
        assert!(is_host(b"", b""));
    }

    #[test]
    fn what_is_no_authority_names_no_host() {
        for authority in ["user@store", "a,b", "a b", "a:b", "a:80:90", "[::1", "ä"] {
            assert_eq!(host(authority.as_bytes()), None, "{authority}");
        }
    }
}
