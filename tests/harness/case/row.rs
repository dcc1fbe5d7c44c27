//! Rows of tables and lines of JSON as questions with the answers that are
//! expected.

use decision_table::Dialect;
use serde::Deserialize;

use super::Case;
use crate::engine::{Answer, Decision, Shares};
use crate::request::{Bytes, Identity, Protocol, Request};

type Read<T> = Result<T, String>;

/// A row of a table with the names of its columns.
pub(super) struct Row<'a> {
    line: usize,
    cells: Vec<(&'a str, String)>,
}

impl<'a> Row<'a> {
    pub(super) fn of(line: usize, columns: &'a [String], row: &str) -> Self {
        Self { line, cells: columns.iter().map(String::as_str).zip(cells(row)).collect() }
    }

    /// Who may call a workload.
    pub(super) fn case(&self) -> Read<Case<Decision>> {
        let destination = identity(self.only("to").ok_or("the column `to` is missing")?)?;
        let request = self.request(destination)?;
        let expected = expected(self.answers("verdict"), decision)?;
        Ok(Case { line: self.line, service: Default::default(), request, expected })
    }

    /// Where the requests for a Service go.
    pub(super) fn split_case(&self) -> Read<Case<Shares>> {
        let (namespace, name) = pair(self.only("service").unwrap_or_default())?;
        // Nobody looks at the workload behind a Service before one is chosen.
        let request = self.request(Identity::service_account(namespace, name))?;
        let expected = expected(self.answers("shares"), |text| shares(text, name))?;
        let service = (namespace.to_owned(), name.to_owned());
        Ok(Case { line: self.line, service, request, expected })
    }

    fn request(&self, destination: Identity) -> Read<Request> {
        let (protocol, method, path) = request_line(self.only("request").unwrap_or_default())?;
        let headers = self.cell("headers").map_or_else(Vec::new, code);
        let port = self.only("port").map(|port| port.parse().map_err(|_| not_a_port(port)));
        Ok(Request {
            source: self.only("from").map(identity).transpose()?,
            destination,
            protocol,
            method,
            path,
            host: self.only("host").map(Bytes::from),
            port: port.transpose()?,
            headers: headers.into_iter().map(header).collect::<Read<_>>()?,
        })
    }

    fn cell(&self, name: &str) -> Option<&str> {
        self.cells.iter().find(|(column, _)| *column == name).map(|(_, cell)| &**cell)
    }

    /// What the only code span of a cell has.
    fn only(&self, name: &str) -> Option<&str> {
        self.cell(name).and_then(|cell| code(cell).first().copied())
    }

    /// The answers in the column for all dialects, and in those for one.
    fn answers(&self, of_all: &str) -> impl Iterator<Item = (Vec<Dialect>, &str)> {
        let dialects = move |column: &str| match column.parse() {
            Ok(dialect) => Some(vec![dialect]),
            Err(_) => (column == of_all).then(|| Dialect::ALL.to_vec()),
        };
        self.cells.iter().filter_map(move |(column, cell)| Some((dialects(column)?, &**cell)))
    }
}

fn not_a_port(text: &str) -> String {
    format!("`{text}` is no port")
}

/// The cells of a table row. `\|` is a bar within a cell.
pub(super) fn cells(row: &str) -> Vec<String> {
    let row = row.replace(r"\|", "\u{1}");
    let inner = row.trim().trim_start_matches('|').trim_end_matches('|');
    inner.split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect()
}

/// What stands in code spans, or the whole cell when there are none.
fn code(cell: &str) -> Vec<&str> {
    if cell.contains('`') {
        cell.split('`').skip(1).step_by(2).collect()
    } else {
        Some(cell).filter(|cell| !cell.is_empty()).into_iter().collect()
    }
}

/// `GET /path`, `tcp` or `udp`.
fn request_line(text: &str) -> Read<(Protocol, Option<Bytes>, Option<Bytes>)> {
    match text.split_once(' ') {
        Some((method, path)) => Ok((Protocol::Http, Some(method.into()), Some(path.into()))),
        None if text == "tcp" => Ok((Protocol::Tcp, None, None)),
        None if text == "udp" => Ok((Protocol::Udp, None, None)),
        None => Err(format!("`{text}` is not `METHOD /path`, `tcp` or `udp`")),
    }
}

/// A ServiceAccount of the default trust domain, or a SPIFFE ID.
fn identity(text: &str) -> Read<Identity> {
    if text.starts_with("spiffe://") {
        return Ok(Identity::Spiffe { spiffe_id: text.to_owned() });
    }
    let (namespace, name) = pair(text)?;
    Ok(Identity::service_account(namespace, name))
}

fn pair(text: &str) -> Read<(&str, &str)> {
    text.split_once('/').ok_or_else(|| format!("`{text}` is not `namespace/name`"))
}

fn header(text: &str) -> Read<(String, Bytes)> {
    let (name, value) =
        text.split_once(": ").ok_or_else(|| format!("`{text}` is not `name: value`"))?;
    Ok((name.to_owned(), value.into()))
}

fn expected<'a, Answer: Clone>(
    answers: impl Iterator<Item = (Vec<Dialect>, &'a str)>,
    read: impl Fn(&str) -> Read<Answer>,
) -> Read<Vec<(Dialect, Answer)>> {
    let mut expected = Vec::new();
    let mut answers: Vec<_> = answers.collect();
    // What is said of one dialect comes before what is said of all.
    answers.sort_by_key(|(dialects, _)| dialects.len());
    for (dialects, text) in answers {
        let answer = read(text)?;
        expected.extend(dialects.into_iter().map(|dialect| (dialect, answer.clone())));
    }
    if expected.is_empty() { Err("no answer is expected".to_owned()) } else { Ok(expected) }
}

/// `allow`, `deny`, or `deny: reason_code`.
fn decision(text: &str) -> Read<Decision> {
    let text = text.replace('`', "");
    match (text.as_str(), text.split_once(": ")) {
        ("allow", _) => Ok(Decision::Allow),
        ("deny", _) => Ok(Decision::Deny(None)),
        (_, Some(("deny", reason))) if is_reason(reason) => {
            Ok(Decision::Deny(Some(reason.to_owned())))
        }
        _ => Err(format!("`{text}` is not `allow`, `deny` or `deny: reason`")),
    }
}

fn is_reason(code: &str) -> bool {
    decision_table::Reason::ALL.iter().any(|reason| reason.code() == code)
}

/// `root`, `overlap`, or Services with their weights and the ports of their pods
/// where these are others: `v1 90, v2 10 on 8081`.
fn shares(text: &str, root: &str) -> Read<Shares> {
    let text = text.replace('`', "");
    match text.as_str() {
        "root" => Ok(Shares::root(root)),
        "overlap" => Ok(Shares::default()),
        _ => text.split(", ").map(share).collect::<Read<Answer>>().map(Shares::from),
    }
}

fn share(text: &str) -> Read<(String, u64, Option<u16>)> {
    let wrong = || format!("`{text}` is not `service weight` or `service weight on port`");
    let (share, port) = match text.split_once(" on ") {
        Some((share, port)) => (share, Some(port.parse().map_err(|_| not_a_port(port))?)),
        None => (text, None),
    };
    let (service, weight) = share.split_once(' ').ok_or_else(wrong)?;
    Ok((service.to_owned(), weight.parse().map_err(|_| wrong())?, port))
}

/// A line of JSON: a request with one more key for what is expected of it.
pub(super) fn json_case(line: usize, text: &str) -> Read<Case<Decision>> {
    #[derive(Deserialize)]
    struct Line {
        expect: String,
        request: Request,
    }
    let Line { expect, request } = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let verdict = std::iter::once((Dialect::ALL.to_vec(), expect.as_str()));
    let expected = expected(verdict, decision)?;
    Ok(Case { line, service: Default::default(), request, expected })
}
