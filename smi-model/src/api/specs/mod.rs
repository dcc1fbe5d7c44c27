//! `specs.smi-spec.io`: which requests and connections. What the versions share
//! is here.

pub mod v1alpha1;
pub mod v1alpha2;
pub mod v1alpha3;
pub mod v1alpha4;

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    cursor::{Object, Value},
    schema,
    shape::{Pairs, plain},
    values::{filled_text, one_of, repeated},
};
use crate::{
    canonical::{self, HeaderMatch},
    diagnostic::{Diagnostic, code},
    source::Spanned,
};

/// The requests that fulfil all of its conditions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct HttpMatch {
    /// Its name, unique in the group.
    #[schemars(length(min = 1))]
    pub name: String,
    /// A regular expression over the path; any path when absent.
    #[serde(rename = "pathRegex", skip_serializing_if = "Option::is_none")]
    #[schemars(default, with = "String")]
    pub path_regex: Option<String>,
    /// Methods, `*` for all of them; all when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default, schema_with = "schema::methods")]
    pub methods: Option<Vec<String>>,
    /// Regular expressions over the values of headers, all of which must hold.
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    #[schemars(default, schema_with = "schema::headers")]
    pub headers: Pairs,
}

impl HttpMatch {
    fn of(one: &canonical::HttpMatch) -> Self {
        let headers = one.headers.iter();
        let headers = headers.map(|it| (it.name.value.clone(), it.value.value.clone()));
        Self {
            name: one.name.value.clone(),
            path_regex: one.path_regex.as_ref().map(|it| it.value.clone()),
            methods: one.methods.as_deref().map(plain),
            headers: Pairs(headers.collect()),
        }
    }
}

/// What `methods` may list; `*` stands for all.
pub(super) const METHODS: [&str; 10] =
    ["*", "GET", "HEAD", "PUT", "POST", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

const NO_MATCHES: &str = "a group without matches covers no request; a match that has only a \
                          `name` covers every request";
const NO_METHODS: &str = "remove `methods` if every method is meant";
const HEADER_ITEM: &str = "write each header as an item of its own: `- name: regex`";

/// Reads the matches of a group, of which there must be one.
fn http_matches(
    value: Value<'_>,
    read: fn(&mut Object<'_>) -> Option<canonical::HttpMatch>,
) -> Option<Vec<canonical::HttpMatch>> {
    value.must_not_be_empty(NO_MATCHES);
    let matches = value.items(|item| item.object(read))?;
    let names = matches.iter().flatten().map(|item| (item.name.value.clone(), item.name.span));
    for (name, first, again) in repeated(names) {
        let message = format!("two matches of the group are named `{name}`");
        value.report(
            Diagnostic::error(code::DUPLICATE_MATCH, again, message)
                .label("named again here")
                .related(first, "first named here")
                .help("rules refer to matches by name: give each its own"),
        );
    }
    matches.into_iter().collect()
}

/// Reads a match of the versions from v1alpha2 on.
fn http_match(fields: &mut Object<'_>) -> Option<canonical::HttpMatch> {
    let name = fields.required("name", filled_text);
    let path_regex = fields.optional("pathRegex", |it| it.text());
    let methods = fields.optional("methods", methods);
    let headers = fields.optional("headers", headers);
    Some(canonical::HttpMatch {
        name: name?,
        path_regex: path_regex?,
        methods: methods?,
        headers: headers?.unwrap_or_default(),
        span: fields.span(),
    })
}

fn methods(value: Value<'_>) -> Option<Vec<Spanned<String>>> {
    value.filled_list(NO_METHODS, method)
}

fn method(value: Value<'_>) -> Option<Spanned<String>> {
    let method = one_of(value, &METHODS.map(|method| (method, method)))?;
    Some(Spanned::new(method.to_owned(), value.span()))
}

/// Reads header conditions, as the mapping of today's documents or as the list
/// of mappings with one entry each of earlier ones.
fn headers(value: Value<'_>) -> Option<Vec<HeaderMatch>> {
    let headers: Vec<_> = if value.is_list() {
        value.items(|item| item.object(single_header))?
    } else {
        value.object(|fields| Some(fields.entries().into_iter().map(header).collect()))?
    };
    let names =
        headers.iter().flatten().map(|it| (it.name.value.to_ascii_lowercase(), it.name.span));
    for (name, first, again) in repeated(names) {
        let message = format!("two conditions on the header `{name}` in one match");
        value.report(
            Diagnostic::error(code::DUPLICATE_HEADER, again, message)
                .label("second condition")
                .related(first, "first condition")
                .help("header names are the same in upper and lower case")
                .help("join both into one regular expression, or write two matches"),
        );
    }
    headers.into_iter().collect()
}

fn single_header(fields: &mut Object<'_>) -> Option<HeaderMatch> {
    let span = fields.span();
    let mut entries = fields.entries().into_iter();
    match (entries.next(), entries.next()) {
        (Some(entry), None) => header(entry),
        (_, second) => {
            let message = format!("`{}` must have exactly one header", fields.path());
            let place = second.map_or(span, |(name, _)| name.span);
            fields.report(Diagnostic::error(code::WRONG_TYPE, place, message).help(HEADER_ITEM));
            None
        }
    }
}

fn header((name, value): (Spanned<String>, Value<'_>)) -> Option<HeaderMatch> {
    let is_token = is_token(&name.value);
    if !is_token {
        report_header_name(&name, value);
    }
    let value = value.any_scalar()?;
    is_token.then_some(HeaderMatch { name, value })
}

fn report_header_name(name: &Spanned<String>, value: Value<'_>) {
    let message = format!("`{}` is not the name of an HTTP header", name.value);
    let diagnostic = Diagnostic::error(code::INVALID_HEADER_NAME, name.span, message);
    value.report(match name.value.as_str() {
        ":authority" => diagnostic.help("write `host`, which stands for the request's authority"),
        ":method" => diagnostic.help("use `methods`"),
        ":path" => diagnostic.help("use `pathRegex`"),
        _ => diagnostic.help("allowed are letters, digits and any of !#$%&'*+-.^_`|~"),
    });
}

/// Whether the text is a token of HTTP.
fn is_token(text: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(token)
}
