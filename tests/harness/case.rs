//! Reads decision cases from Markdown. `tests/README.md` describes the format.

use std::fmt;

use decision_table::Dialect;
use serde::Deserialize;

use crate::engine::{Decision, File};
use crate::request::{Bytes, Identity, Protocol, Request};

/// A heading of a Markdown file with what is asked below it.
#[derive(Debug)]
pub struct Section {
    /// The file, and the headings down to this one.
    pub title: String,
    /// The policies of this heading and of those above it.
    pub files: Vec<File>,
    /// Whether the text says that the policies have errors.
    pub with_errors: bool,
    /// The requests.
    pub cases: Vec<Case>,
}

/// One request with what is expected of every engine.
#[derive(Debug)]
pub struct Case {
    /// Its line in the file.
    pub line: usize,
    /// The request.
    pub request: Request,
    /// What to answer in which dialects.
    pub expected: Vec<(Dialect, Decision)>,
}

impl Case {
    /// What to answer in a dialect, when the case says anything about it.
    #[must_use]
    pub fn expected(&self, dialect: Dialect) -> Option<&Decision> {
        self.expected.iter().find(|(of, _)| *of == dialect).map(|(_, decision)| decision)
    }
}

/// What is wrong with a corpus file, and on which line.
#[derive(Debug)]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

type Read<T> = Result<T, String>;

/// Reads the sections of a Markdown text that ask something.
///
/// # Errors
///
/// When a table or a JSON line is not in the format.
pub fn read(file: &str, markdown: &str) -> Result<Vec<Section>, Mistake> {
    let mut reader = Reader { file, headings: Vec::new(), sections: Vec::new() };
    let mut lines = markdown.lines().enumerate().map(|(at, line)| (at + 1, line)).peekable();
    while let Some((line, text)) = lines.next() {
        let taken = if let Some(language) = text.strip_prefix("```") {
            let block = lines.by_ref().take_while(|(_, text)| *text != "```").collect();
            reader.block(language, block)
        } else if text.starts_with('|') {
            let mut rows = vec![(line, text)];
            while let Some(row) = lines.next_if(|(_, text)| text.starts_with('|')) {
                rows.push(row);
            }
            reader.table(&rows)
        } else {
            reader.prose(text);
            Ok(())
        };
        taken.map_err(|(line, message)| Mistake { line, message })?;
    }
    Ok(reader.sections)
}

type Lines<'a> = Vec<(usize, &'a str)>;
type Taken = Result<(), (usize, String)>;

struct Reader<'a> {
    file: &'a str,
    headings: Vec<Heading>,
    sections: Vec<Section>,
}

/// A heading that is open, with the policies that stand directly below it.
struct Heading {
    level: usize,
    text: String,
    files: Vec<File>,
    with_errors: bool,
    /// Its place among the sections, once it asks something.
    section: Option<usize>,
}

impl Reader<'_> {
    fn prose(&mut self, text: &str) {
        let level = text.chars().take_while(|&mark| mark == '#').count();
        if level == 0 {
            return;
        }
        self.headings.retain(|heading| heading.level < level);
        let text = text.trim_start_matches('#').trim().to_owned();
        let heading = Heading { level, text, files: Vec::new(), with_errors: false, section: None };
        self.headings.push(heading);
    }

    fn block(&mut self, language: &str, lines: Lines<'_>) -> Taken {
        let Some(&(line, _)) = lines.first() else { return Ok(()) };
        match language {
            "yaml" | "yaml with errors" => {
                let name = format!("{}:{line}", self.file);
                let text = lines.iter().map(|(_, text)| format!("{text}\n")).collect();
                let heading = self.heading(line)?;
                heading.with_errors |= language != "yaml";
                heading.files.push(File { name, text });
                Ok(())
            }
            "jsonl" => lines.iter().try_for_each(|&(line, text)| {
                let case = json_case(line, text).map_err(|message| (line, message))?;
                self.ask(case)
            }),
            _ => Ok(()),
        }
    }

    /// A table asks when its first row has a column `request`.
    fn table(&mut self, rows: &[(usize, &str)]) -> Taken {
        let Some(((_, header), rows)) = rows.split_first() else { return Ok(()) };
        let columns = cells(header);
        if !columns.iter().any(|column| column == "request") {
            return Ok(());
        }
        rows.iter().skip(1).try_for_each(|&(line, row)| {
            let row: Vec<_> = columns.iter().map(String::as_str).zip(cells(row)).collect();
            let case = table_case(line, &row).map_err(|message| (line, message))?;
            self.ask(case)
        })
    }

    fn heading(&mut self, line: usize) -> Result<&mut Heading, (usize, String)> {
        self.headings.last_mut().ok_or((line, "a heading must come first".to_owned()))
    }

    fn ask(&mut self, case: Case) -> Taken {
        let next = self.sections.len();
        let line = case.line;
        let at = *self.heading(line)?.section.get_or_insert(next);
        if at == next {
            let section = self.section();
            self.sections.push(section);
        }
        if let Some(section) = self.sections.get_mut(at) {
            section.cases.push(case);
        }
        Ok(())
    }

    fn section(&self) -> Section {
        let titles: Vec<&str> = self.headings.iter().map(|heading| heading.text.as_str()).collect();
        Section {
            title: format!("{}: {}", self.file, titles.join(" / ")),
            files: self.headings.iter().flat_map(|heading| heading.files.clone()).collect(),
            with_errors: self.headings.iter().any(|heading| heading.with_errors),
            cases: Vec::new(),
        }
    }
}

/// The cells of a table row. `\|` is a bar within a cell.
fn cells(row: &str) -> Vec<String> {
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

fn table_case(line: usize, row: &[(&str, String)]) -> Read<Case> {
    let cell = |name| row.iter().find(|(column, _)| *column == name).map(|(_, cell)| &**cell);
    let only = |name| cell(name).and_then(|cell| code(cell).first().copied());
    let (protocol, method, path) = request_line(only("request").unwrap_or_default())?;
    let request = Request {
        source: only("from").map(identity).transpose()?,
        destination: identity(only("to").ok_or("the column `to` is missing")?)?,
        protocol,
        method,
        path,
        host: only("host").map(Bytes::from),
        port: only("port")
            .map(|port| port.parse().map_err(|_| format!("`{port}` is no port")))
            .transpose()?,
        headers: cell("headers")
            .map_or_else(Vec::new, code)
            .into_iter()
            .map(header)
            .collect::<Read<_>>()?,
    };
    let verdicts = row.iter().filter_map(|(column, cell)| Some((dialects(column)?, &**cell)));
    Ok(Case { line, request, expected: expected(verdicts)? })
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

fn identity(text: &str) -> Read<Identity> {
    let (namespace, name) =
        text.split_once('/').ok_or_else(|| format!("`{text}` is not `namespace/name`"))?;
    Ok(Identity::service_account(namespace, name))
}

fn header(text: &str) -> Read<(String, Bytes)> {
    let (name, value) =
        text.split_once(": ").ok_or_else(|| format!("`{text}` is not `name: value`"))?;
    Ok((name.to_owned(), value.into()))
}

/// The dialects that a column or key speaks about: one, or all for `verdict`.
fn dialects(name: &str) -> Option<Vec<Dialect>> {
    match name {
        "verdict" => Some(Dialect::ALL.to_vec()),
        _ => name.parse().ok().map(|dialect| vec![dialect]),
    }
}

fn expected<'a>(
    verdicts: impl Iterator<Item = (Vec<Dialect>, &'a str)>,
) -> Read<Vec<(Dialect, Decision)>> {
    let mut expected = Vec::new();
    for (dialects, text) in verdicts {
        let decision = decision(text)?;
        expected.extend(dialects.into_iter().map(|dialect| (dialect, decision.clone())));
    }
    if expected.is_empty() { Err("no verdict is expected".to_owned()) } else { Ok(expected) }
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

/// A line of JSON: a request with one more key for what is expected of it.
fn json_case(line: usize, text: &str) -> Read<Case> {
    #[derive(Deserialize)]
    struct Line {
        expect: String,
        request: Request,
    }
    let Line { expect, request } = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let verdict = std::iter::once((Dialect::ALL.to_vec(), expect.as_str()));
    Ok(Case { line, request, expected: expected(verdict)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# Topic
```yaml
kind: A
```
## First
| from | to | request | headers | verdict |
|---|---|---|---|---|
| `a/b` | `c/d` | `GET /x\\|y` | `n: 1` `n: 2` | deny: path_not_allowed |
## Second
```yaml with errors
kind: B
```
```jsonl
{\"expect\": \"allow\", \"request\": {\"destination\": {\"spiffe_id\": \"x\"}, \"path\": {\"latin1\": \"\\u00ff\"}}}
```
";

    #[test]
    fn policies_are_inherited_from_headings_above() {
        let sections = read("t.md", TEXT).unwrap();
        let shape: Vec<_> =
            sections.iter().map(|it| (it.title.as_str(), it.files.len(), it.with_errors)).collect();
        assert_eq!(shape, [("t.md: Topic / First", 1, false), ("t.md: Topic / Second", 2, true)]);
    }

    #[test]
    fn rows_and_lines_are_requests() {
        let sections = read("t.md", TEXT).unwrap();
        let row = &sections[0].cases[0];
        assert_eq!(row.line, 8);
        assert_eq!(row.request.path, Some("/x|y".into()));
        assert_eq!(row.request.headers, [("n".into(), "1".into()), ("n".into(), "2".into())]);
        assert_eq!(row.expected[0].1, Decision::Deny(Some("path_not_allowed".to_owned())));
        assert_eq!(row.expected.len(), Dialect::ALL.len());
        assert_eq!(sections[1].cases[0].request.path, Some(Bytes(vec![0xff])));
    }

    #[test]
    fn mistakes_name_their_line() {
        let table = "# T\n| to | request | spec |\n|---|---|---|\n| a/b | tcp | perhaps |\n";
        assert_eq!(read("t.md", table).unwrap_err().line, 4);
    }
}
