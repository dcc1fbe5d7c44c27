//! Which bytes targets, authorities and identities may have: every byte is tried.

use decision_table::{IdentityForm, normalise, path};

/// Asks about a text with each byte in its middle.
fn each(before: &str, after: &str, ask: impl Fn(u8, &[u8])) {
    for byte in 0..=u8::MAX {
        ask(byte, &[before.as_bytes(), &[byte], after.as_bytes()].concat());
    }
}

#[test]
fn targets_have_no_control_bytes_and_nothing_that_is_read_in_two_ways() {
    each("/a", "b", |byte, target| {
        let expected = match byte {
            ..b' ' | 0x7f | b'#' | b'%' | b'\\' => None,
            b'?' => Some(&b"/a"[..]),
            _ => Some(target),
        };
        assert_eq!(path::canonical(target), expected, "{byte:#x}");
    });
    // A query is not decoded, but it must not end the line or begin a fragment.
    each("/a?b", "c", |byte, target| {
        let is_fine = !matches!(byte, ..b' ' | 0x7f | b'#');
        assert_eq!(path::canonical(target).is_some(), is_fine, "{byte:#x}");
    });
    each("", "", |byte, target| {
        assert_eq!(path::canonical(target).is_some(), byte == b'/', "{byte:#x}");
    });
}

#[test]
fn escapes_stand_for_one_byte_that_is_none_of_a_path() {
    for byte in 0..=u8::MAX {
        // From 80 on a byte is a part of a character, which takes several escapes.
        let is_fine = !matches!(byte, 0 | b'/' | b'\\' | 0x80..);
        for target in [format!("/a%{byte:02x}b"), format!("/a%{byte:02X}.")] {
            assert_eq!(path::canonical(target.as_bytes()).is_some(), is_fine, "{target}");
        }
    }
    each("/%4", "", |byte, target| {
        // What is behind a byte beyond hexadecimal is another segment, or a query.
        let is_fine = byte.is_ascii_hexdigit();
        assert_eq!(path::canonical(target).is_some(), is_fine, "{byte:#x}");
    });
}

#[test]
fn segments_of_dots_are_where_one_may_go_up() {
    for (target, is_fine) in [
        ("/.", false),
        ("/..", false),
        ("/...", true),
        ("/....", true),
        ("/.....", true),
        ("/.a", true),
        ("/..a", true),
        ("/a..", true),
        ("/%2e%2e%2e", true),
        ("/%2e.", false),
        ("/.;", false),
        ("/..;v=1", false),
        ("/...;v=1", true),
        ("/;..", true),
        ("/a/..", false),
        ("/a/../b", false),
        ("/a?/..", true),
    ] {
        assert_eq!(path::canonical(target.as_bytes()).is_some(), is_fine, "{target}");
    }
}

/// Long targets are looked at in pieces; what matters may stand anywhere.
#[test]
fn targets_of_any_length_are_looked_at_to_their_end() {
    for length in 1..40_usize {
        let plain = format!("/{}", "a".repeat(length));
        assert_eq!(path::canonical(plain.as_bytes()), Some(plain.as_bytes()));
        for (at, _) in plain.char_indices().skip(1) {
            for (what, is_fine) in [("\n", false), ("//", false), ("/./", false), ("é", true)] {
                let (before, after) = plain.split_at(at);
                let target = [before, what, after].concat();
                assert_eq!(path::canonical(target.as_bytes()).is_some(), is_fine, "{target:?}");
            }
        }
    }
}

#[test]
fn hosts_are_visible_bytes_without_what_separates() {
    each("a", "b", |byte, authority| {
        let separates = b"@,/\\?#;\"'".contains(&byte);
        let is_fine = byte.is_ascii_graphic() && !separates && byte != b':';
        let expected = is_fine.then_some(authority);
        assert_eq!(normalise::host(authority), expected, "{byte:#x}");
    });
    each("a:1", "2", |byte, authority| {
        let expected = byte.is_ascii_digit().then_some(&b"a"[..]);
        assert_eq!(normalise::host(authority), expected, "{byte:#x}");
    });
    for (authority, host) in [
        ("a:", Some("a")),
        ("a.:", Some("a")),
        ("a..", Some("a.")),
        (".", Some("")),
        (":80", Some("")),
        ("[::1]", Some("[::1]")),
        ("[::1].", None),
        ("[::1]:", Some("[::1]")),
        ("[::1]80", None),
        ("[a]:b", None),
        ("[", None),
    ] {
        assert_eq!(normalise::host(authority.as_bytes()), host.map(str::as_bytes), "{authority}");
    }
}

#[test]
fn identities_have_a_narrow_alphabet_and_a_length() {
    let [spiffe, service_name] = IdentityForm::ALL;
    each("spiffe://a", "b", |byte, identity| {
        let is_fine = byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
        assert_eq!(spiffe.admits(identity), is_fine, "{byte:#x}");
    });
    each("a", "b", |byte, identity| {
        let is_fine = byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        assert_eq!(service_name.admits(identity), is_fine, "{byte:#x}");
    });
    let spiffe_id = |length: usize| format!("{:a<length$}", "spiffe://");
    assert!(!spiffe.admits(spiffe_id(9).as_bytes()) && spiffe.admits(spiffe_id(10).as_bytes()));
    assert!(spiffe.admits(spiffe_id(2048).as_bytes()));
    assert!(!spiffe.admits(spiffe_id(2049).as_bytes()));
    assert!(service_name.admits("a".repeat(253).as_bytes()));
    assert!(!service_name.admits("a".repeat(254).as_bytes()));
    assert!(service_name.admits(b"a") && !service_name.admits(b""));
}
