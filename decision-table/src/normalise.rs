//! What hosts and identities look like before they are looked up.

/// The host of an authority: without its port and without one trailing dot.
///
/// The case is left to the automata, which fold it. An authority that is not
/// `host[:port]` (user information, several values joined by commas, spaces) has
/// no host, and so matches no rule that names one.
#[must_use]
pub fn host(authority: &[u8]) -> Option<&[u8]> {
    let host = if authority.starts_with(b"[") {
        let end = authority.iter().position(|byte| *byte == b']')? + 1;
        let (host, port) = authority.split_at_checked(end)?;
        is_port(port).then_some(host)?
    } else {
        let end = authority.iter().position(|byte| *byte == b':').unwrap_or(authority.len());
        let (host, port) = authority.split_at_checked(end)?;
        is_port(port).then_some(host)?
    };
    let host = host.strip_suffix(b".").unwrap_or(host);
    let valid = |byte: &u8| byte.is_ascii_graphic() && !b"@,/\\?#;\"'".contains(byte);
    host.iter().all(valid).then_some(host)
}

/// Nothing, or a colon with digits.
fn is_port(text: &[u8]) -> bool {
    match text.split_first() {
        None => true,
        Some((colon, digits)) => *colon == b':' && digits.iter().all(u8::is_ascii_digit),
    }
}

/// How the identities of workloads are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentityForm {
    /// `spiffe://TRUST-DOMAIN/ns/NAMESPACE/sa/ACCOUNT`, and other SPIFFE IDs.
    #[default]
    Spiffe,
    /// `ACCOUNT.NAMESPACE.TRUST-DOMAIN`, the name in the certificates of Open
    /// Service Mesh.
    ServiceName,
}

impl IdentityForm {
    /// All forms.
    pub const ALL: [Self; 2] = [Self::Spiffe, Self::ServiceName];

    /// The name as options write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spiffe => "spiffe",
            Self::ServiceName => "service-name",
        }
    }

    /// The identity of a ServiceAccount.
    ///
    /// ```
    /// use decision_table::IdentityForm;
    ///
    /// let id = IdentityForm::ServiceName.identity("cluster.local", "bookstore", "bookstore-v1");
    /// assert_eq!(id, "bookstore-v1.bookstore.cluster.local");
    /// ```
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn identity(
        self,
        trust_domain: &str,
        namespace: &str,
        service_account: &str,
    ) -> alloc::string::String {
        match self {
            Self::Spiffe => {
                alloc::format!("spiffe://{trust_domain}/ns/{namespace}/sa/{service_account}")
            }
            Self::ServiceName => alloc::format!("{service_account}.{namespace}.{trust_domain}"),
        }
    }

    /// The byte that stands for it in a table.
    #[must_use]
    pub const fn id(self) -> u8 {
        match self {
            Self::Spiffe => 0,
            Self::ServiceName => 1,
        }
    }

    /// The form of a byte in a table.
    #[must_use]
    pub fn from_id(id: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.id() == id)
    }

    /// Whether the bytes may be an identity of this form. Others are not looked
    /// up, whatever a table contains: proxies join several names with `,` and
    /// `;`, and do not quote.
    #[must_use]
    pub fn admits(self, identity: &[u8]) -> bool {
        match self {
            Self::Spiffe => is_spiffe_id(identity),
            Self::ServiceName => is_service_name(identity),
        }
    }
}

impl core::fmt::Display for IdentityForm {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

impl core::str::FromStr for IdentityForm {
    type Err = UnknownForm;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|form| form.name() == name).ok_or(UnknownForm)
    }
}

/// A name that is no [`IdentityForm`]'s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownForm;

impl core::fmt::Display for UnknownForm {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the forms of identities are `spiffe` and `service-name`")
    }
}

impl core::error::Error for UnknownForm {}

/// Whether the bytes may be a SPIFFE ID (the alphabet of the SPIFFE standard,
/// section 2).
#[must_use]
pub fn is_spiffe_id(identity: &[u8]) -> bool {
    const LONGEST: usize = 2048;
    identity.len() <= LONGEST
        && identity.strip_prefix(b"spiffe://").is_some_and(|rest| {
            rest.first().is_some_and(|first| *first != b'/') && all(rest, |byte| byte == b'/')
        })
}

/// Whether the bytes may be a DNS name (RFC 1035, section 2.3.4: at most 253).
fn is_service_name(identity: &[u8]) -> bool {
    (1..=253).contains(&identity.len()) && all(identity, |_| false)
}

/// Whether every byte is a letter, a digit, one of `._-`, or another one that may be
/// there. All are looked at, which takes less time than to ask at each whether to go
/// on: strangers send identities that are well-formed, too.
fn all(text: &[u8], may_be: impl Fn(u8) -> bool) -> bool {
    text.iter().fold(true, |is_fine, byte| {
        let is_mark = matches!(byte, b'.' | b'_' | b'-');
        is_fine & (byte.is_ascii_alphanumeric() | is_mark | may_be(*byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_loses_its_port_and_one_dot() {
        assert_eq!(host(b"shop.example:8080"), Some(&b"shop.example"[..]));
        assert_eq!(host(b"shop.example."), Some(&b"shop.example"[..]));
        assert_eq!(host(b"shop.example.:80"), Some(&b"shop.example"[..]));
        assert_eq!(host(b"[::1]:80"), Some(&b"[::1]"[..]));
        assert_eq!(host(b""), Some(&b""[..]));
    }

    #[test]
    fn what_is_no_authority_has_no_host() {
        for authority in [
            &b"user@shop"[..],
            b"shop@user",
            b"a:80@b",
            b"a/b",
            b"a?b",
            b"a#b",
            b"a\\b",
            b"a,b",
            b"a b",
            b"a:b",
            b"a:80:90",
            b"[::1",
            b"a\xff",
        ] {
            assert_eq!(host(authority), None, "{}", authority.escape_ascii());
        }
    }

    #[test]
    fn spiffe_ids_have_a_trust_domain_and_a_narrow_alphabet() {
        assert!(is_spiffe_id(b"spiffe://cluster.local/ns/a/sa/b"));
        for identity in [&b""[..], b"spiffe://", b"spiffe:///ns", b"https://a", b"spiffe://a,b"] {
            assert!(!is_spiffe_id(identity), "{}", identity.escape_ascii());
        }
    }

    #[test]
    fn service_names_have_no_scheme() {
        let form = IdentityForm::ServiceName;
        assert!(form.admits(b"bookbuyer.bookbuyer.cluster.local"));
        for identity in [&b""[..], b"spiffe://mesh/a", b"a b", b"a,b", &[b'a'; 254]] {
            assert!(!form.admits(identity), "{}", identity.escape_ascii());
        }
    }
}
