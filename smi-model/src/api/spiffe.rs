//! SPIFFE IDs as documents write them.

use super::cursor::Value;
use crate::{
    diagnostic::{Diagnostic, code},
    source::{Span, Spanned},
};

const SCHEME: &str = "spiffe://";

/// The standard lets nobody make longer ones.
const LONGEST: usize = 2048;

/// Reads the SPIFFE ID of a workload. The specification's own examples omit the
/// scheme, so that it may be absent; the result always has it.
pub(super) fn spiffe_id(value: Value<'_>) -> Option<Spanned<String>> {
    let text = value.text()?;
    let without_scheme = !text.value.contains("://");
    let id = if without_scheme { format!("{SCHEME}{}", text.value) } else { text.value.clone() };
    if let Err(problem) = check(&id) {
        report_invalid(value, &text.value, &problem);
        return None;
    }
    if without_scheme {
        report_missing_scheme(value, &text);
    }
    Some(Spanned::new(id, text.span))
}

/// Looks at an ID with its scheme, as section 2 of the SPIFFE ID standard has it.
fn check(id: &str) -> Result<(), String> {
    let rest = id.strip_prefix(SCHEME).ok_or("its scheme must be `spiffe`")?;
    if id.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} bytes"));
    }
    let (trust_domain, path) =
        rest.split_once('/').ok_or("it has no path, and so names a whole trust domain")?;
    if let Some(stray) = trust_domain.chars().find(|char| !is_of_trust_domain(*char)) {
        return Err(format!("{stray:?} is not allowed in a trust domain"));
    }
    if let Some(stray) = path.chars().find(|char| !is_of_path(*char)) {
        return Err(format!("{stray:?} is not allowed in a path"));
    }
    if trust_domain.is_empty() || path.split('/').any(str::is_empty) {
        return Err("a part of it is empty".to_owned());
    }
    match path.split('/').find(|segment| matches!(*segment, "." | "..")) {
        Some(dots) => Err(format!("`{dots}` cannot be a part of its path")),
        None => Ok(()),
    }
}

const fn is_of_trust_domain(char: char) -> bool {
    matches!(char, 'a'..='z' | '0'..='9' | '.' | '-' | '_')
}

const fn is_of_path(char: char) -> bool {
    is_of_trust_domain(char) || matches!(char, 'A'..='Z' | '/')
}

fn report_invalid(value: Value<'_>, found: &str, problem: &str) {
    let message = format!("`{found}` is not the SPIFFE ID of a workload");
    value.report(
        value
            .error(code::INVALID_SPIFFE_ID, message)
            .label(problem)
            .help("write it as in certificates, such as `spiffe://example.org/ns/shop/sa/store`"),
    );
}

fn report_missing_scheme(value: Value<'_>, text: &Spanned<String>) {
    let message = format!("`{}` has no `{SCHEME}`", text.value);
    let warning = Diagnostic::warning(code::MISSING_SPIFFE_SCHEME, value.head(), message);
    // Of a text with escapes or line breaks, the place of its beginning is not certain.
    let verbatim = u32::try_from(text.value.len()) == Ok(text.span.len());
    let start = Span::new(text.span.start, text.span.start);
    value.report(if verbatim {
        warning.fix(start, SCHEME)
    } else {
        warning.help(format!("begin it with `{SCHEME}`"))
    });
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, check};
    use crate::testing::*;

    #[test]
    fn ids_follow_the_standard() {
        let longest = format!("spiffe://td/{}", "a".repeat(LONGEST - 12));
        for id in [
            "spiffe://cluster.local/ns/shop/sa/store",
            "spiffe://0-td_x.example/A-z_0.9/...",
            longest.as_str(),
        ] {
            assert_eq!(check(id), Ok(()), "{id}");
        }
        for id in [
            "",
            "spiffe://",
            "spiffe:///a",
            "spiffe://td",
            "spiffe://td/",
            "spiffe://td//a",
            "spiffe://td/a/",
            "spiffe://td/./a",
            "spiffe://td/a/..",
            "spiffe://TD/a",
            "spiffe://td:80/a",
            "spiffe://me@td/a",
            "spiffe://td/a?b",
            "spiffe://td/a#b",
            "spiffe://td/%61",
            "spiffe://td/ä",
            "spiffe://td/a,spiffe://td/b",
            "SPIFFE://td/a",
            "https://td/a",
            format!("{longest}a").as_str(),
        ] {
            assert!(check(id).is_err(), "{id}");
        }
    }

    const BINDING: &str = "\
apiVersion: access.smi-spec.io/v1alpha4
kind: IdentityBinding
metadata: {name: b}
spec:
  schemes:
    spiffeIdentities: ['td/a']
";

    #[test]
    fn the_scheme_is_added() {
        let findings = read(BINDING);
        assert!(!findings.has_errors());
        assert_eq!(findings.diagnostics[0].code.name, "missing-spiffe-scheme");
        let fix = findings.diagnostics[0].fix.as_ref().unwrap();
        let (before, after) = BINDING.split_at(fix.span.start as usize);
        let fixed = format!("{before}{}{after}", fix.replacement);
        assert_eq!(fixed, BINDING.replace("td/a", "spiffe://td/a"));
        let id = |text| accept(text).identity_bindings[0].spiffe_identities[0].value.clone();
        assert_eq!(findings.value.identity_bindings[0].spiffe_identities[0].value, id(&fixed));
    }

    #[test]
    fn other_texts_are_refused() {
        assert_eq!(
            reject(&BINDING.replace("'td/a'", "shop, https://td/a, no")),
            [
                "SMI224 6:24 `shop` is not the SPIFFE ID of a workload",
                "SMI224 6:30 `https://td/a` is not the SPIFFE ID of a workload",
                "SMI209 6:44 `spec.schemes.spiffeIdentities[2]` must be text",
            ]
        );
    }
}
