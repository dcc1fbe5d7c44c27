//! Every code that this crate reports, in one list.

/// Declares the codes of a crate as constants and collects them in `ALL`, so that
/// no code can be missing from the list.
#[macro_export]
macro_rules! diagnostic_codes {
    ($($(#[$doc:meta])+ $constant:ident = $number:literal $name:literal;)+) => {
        $($(#[$doc])+ pub const $constant: $crate::diagnostic::Code =
            $crate::diagnostic::Code::new($number, $name);)+

        /// All codes of this crate, ascending.
        pub const ALL: &[$crate::diagnostic::Code] = &[$($constant),+];
    };
}

diagnostic_codes! {
    /// The text is not YAML.
    YAML_SYNTAX = 101 "yaml-syntax";
    /// An alias names an anchor that its document does not define before it.
    UNKNOWN_ANCHOR = 102 "unknown-anchor";
    /// An alias stands inside the very node that it refers to.
    CYCLIC_ALIAS = 103 "cyclic-alias";
    /// A tag other than those of plain YAML.
    UNSUPPORTED_TAG = 104 "unsupported-tag";
    /// A mapping has the same key twice.
    DUPLICATE_KEY = 105 "duplicate-key";
    /// A mapping key is a mapping or a list.
    INVALID_KEY = 106 "invalid-key";
    /// The value of a merge key `<<` is not a mapping or a list of mappings.
    INVALID_MERGE = 107 "invalid-merge";
    /// A document that is not a Kubernetes object.
    NOT_AN_OBJECT = 108 "not-an-object";
    /// A file that is not UTF-8 text.
    NOT_UTF8 = 109 "not-utf-8";
    /// A file has more bytes than the limit.
    FILE_TOO_LARGE = 111 "file-too-large";
    /// A file has more documents than the limit.
    TOO_MANY_DOCUMENTS = 112 "too-many-documents";
    /// A document has more nodes than the limit.
    TOO_MANY_NODES = 113 "too-many-nodes";
    /// Mappings and lists are nested deeper than the limit.
    TOO_DEEP = 114 "too-deep";
    /// A document or file has more problems than are shown.
    TOO_MANY_PROBLEMS = 115 "too-many-problems";

    /// An SMI object without `apiVersion`.
    MISSING_API_VERSION = 201 "missing-api-version";
    /// An SMI kind under a group that it does not belong to.
    WRONG_GROUP = 202 "wrong-group";
    /// A version that the group does not have or that is not read.
    UNSUPPORTED_VERSION = 203 "unsupported-version";
    /// A kind that the SMI group does not have or that is not read.
    UNSUPPORTED_KIND = 204 "unsupported-kind";
    /// An SMI object without `kind`.
    MISSING_KIND = 205 "missing-kind";
    /// A field that the object's version does not have.
    UNKNOWN_FIELD = 206 "unknown-field";
    /// A required field is absent.
    MISSING_FIELD = 207 "missing-field";
    /// A value of another type than the field has.
    WRONG_TYPE = 208 "wrong-type";
    /// Text that YAML 1.1 reads as a boolean, number or null.
    UNQUOTED_TEXT = 209 "unquoted-text";
    /// A field that is written without a value.
    EMPTY_VALUE = 210 "empty-value";
    /// A list or mapping that must have something in it has not.
    EMPTY_LIST = 211 "empty-list";
    /// A number in a notation that not every reader takes the same way.
    AMBIGUOUS_NUMBER = 212 "ambiguous-number";
    /// A port outside 1 to 65535.
    INVALID_PORT = 213 "invalid-port";
    /// A name that Kubernetes does not allow.
    INVALID_NAME = 214 "invalid-name";
    /// A value outside the list of possible ones.
    UNKNOWN_VALUE = 215 "unknown-value";
    /// A header name that HTTP does not allow.
    INVALID_HEADER_NAME = 216 "invalid-header-name";
    /// Two conditions on one header in one match.
    DUPLICATE_HEADER = 217 "duplicate-header";
    /// Two matches of one group with the same name.
    DUPLICATE_MATCH = 218 "duplicate-match";
    /// A weight that is not a whole number from 0 on, or too large.
    INVALID_WEIGHT = 219 "invalid-weight";
    /// All weights of a split are 0.
    ZERO_WEIGHTS = 220 "zero-weights";
    /// An IdentityBinding without any scheme.
    NO_SCHEME = 221 "no-scheme";
    /// Two schemes of an IdentityBinding that exclude each other.
    EXCLUSIVE_SCHEMES = 222 "exclusive-schemes";
    /// A SPIFFE ID without its `spiffe://`.
    MISSING_SPIFFE_SCHEME = 223 "missing-spiffe-scheme";
    /// A text that is not the SPIFFE ID of a workload.
    INVALID_SPIFFE_ID = 224 "invalid-spiffe-id";
    /// A value that is not a quantity of Kubernetes.
    INVALID_QUANTITY = 225 "invalid-quantity";
    /// A time that is not written as in RFC 3339.
    INVALID_TIMESTAMP = 226 "invalid-timestamp";
    /// A length of time that is not written as Go does, or is none.
    INVALID_DURATION = 227 "invalid-duration";
    /// A backend in metrics that are not about a TrafficSplit.
    MISPLACED_BACKEND = 228 "misplaced-backend";
    /// An SMI object without `apiVersion`, read under an assumed version.
    ASSUMED_VERSION = 230 "assumed-version";

    /// The body of an object does not stand below `spec`.
    MISSING_SPEC = 231 "missing-spec";

    /// A version that has no words for what an object says.
    NOT_EXPRESSIBLE = 241 "not-expressible";
    /// A port becomes a TCPRoute, which admits more than HTTP.
    PORT_ADMITS_TCP = 242 "port-admits-tcp";
    /// A file that cannot be rewritten as it stands.
    NOT_REWRITABLE = 243 "not-rewritable";

    /// Two objects with the same kind, namespace and name.
    DUPLICATE_OBJECT = 301 "duplicate-object";

    /// An expression that is not a regular expression.
    INVALID_PATTERN = 401 "invalid-pattern";
    /// An expression that RE2 and Rust read differently.
    PATTERN_NOT_PORTABLE = 402 "pattern-not-portable";
    /// An expression, or all those of a file, that take too much to be read.
    EXPRESSIONS_TOO_LARGE = 405 "expressions-too-large";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_ascend_and_names_are_unique() {
        assert!(ALL.windows(2).all(|pair| pair[0].number < pair[1].number));
        let names: std::collections::BTreeSet<_> = ALL.iter().map(|code| code.name).collect();
        assert_eq!(names.len(), ALL.len());
    }
}
