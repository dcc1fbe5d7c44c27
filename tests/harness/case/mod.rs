//! Reads decision cases from Markdown. `tests/README.md` describes the format.

mod row;

use std::fmt;

use decision_table::Dialect;

use crate::engine::{Decision, File, Policies, Shares, TRUST_DOMAIN};
use crate::request::Request;

/// A heading of a Markdown file with what is asked below it.
#[derive(Debug)]
pub struct Section {
    /// The file, and the headings down to this one.
    pub title: String,
    /// The policies of this heading and of those above it.
    pub files: Vec<File>,
    /// Whether the text says that the policies have errors.
    pub with_errors: bool,
    /// The trust domains in which every ServiceAccount is known.
    pub trust_domains: Vec<String>,
    /// Who may call.
    pub cases: Vec<Case<Decision>>,
    /// Where requests for a root Service go.
    pub splits: Vec<Case<Shares>>,
}

impl Section {
    /// The policies, read in a dialect.
    #[must_use]
    pub fn policies(&self, dialect: Dialect) -> Policies {
        let trust_domains = self.trust_domains.clone();
        Policies { dialect, trust_domains, files: self.files.clone() }
    }
}

/// One request with what is expected of every engine.
#[derive(Debug)]
pub struct Case<Answer> {
    /// Its line in the file.
    pub line: usize,
    /// Namespace and name of the Service that is called; empty when the question
    /// is who may call a workload.
    pub service: (String, String),
    /// The request.
    pub request: Request,
    /// What to answer in which dialects.
    pub expected: Vec<(Dialect, Answer)>,
}

impl<Answer> Case<Answer> {
    /// What to answer in a dialect, when the case says anything about it.
    #[must_use]
    pub fn expected(&self, dialect: Dialect) -> Option<&Answer> {
        self.expected.iter().find(|(of, _)| *of == dialect).map(|(_, answer)| answer)
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
#[derive(Default)]
struct Heading {
    level: usize,
    text: String,
    files: Vec<File>,
    with_errors: bool,
    trust_domains: Option<Vec<String>>,
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
        self.headings.push(Heading { level, text, ..Heading::default() });
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
            "trust-domains" => {
                let names = lines.iter().map(|(_, text)| text.trim().to_owned()).collect();
                self.heading(line)?.trust_domains = Some(names);
                Ok(())
            }
            "jsonl" => lines.iter().try_for_each(|&(line, text)| {
                let case = row::json_case(line, text).map_err(|message| (line, message))?;
                self.section(line)?.cases.push(case);
                Ok(())
            }),
            _ => Ok(()),
        }
    }

    /// A table asks when its first row has a column `request`, and about splits
    /// when it has a column `service`.
    fn table(&mut self, rows: &[(usize, &str)]) -> Taken {
        let Some(((_, header), rows)) = rows.split_first() else { return Ok(()) };
        let columns = row::cells(header);
        let has = |name| columns.iter().any(|column| column == name);
        if !has("request") {
            return Ok(());
        }
        rows.iter().skip(1).try_for_each(|&(line, row)| {
            let row = row::Row::of(line, &columns, row);
            let wrong = |message| (line, message);
            let section = self.section(line)?;
            if has("service") {
                section.splits.push(row.split_case().map_err(wrong)?);
            } else {
                section.cases.push(row.case().map_err(wrong)?);
            }
            Ok(())
        })
    }

    fn heading(&mut self, line: usize) -> Result<&mut Heading, (usize, String)> {
        self.headings.last_mut().ok_or_else(|| without_heading(line))
    }

    /// What is asked below the last heading.
    fn section(&mut self, line: usize) -> Result<&mut Section, (usize, String)> {
        let next = self.sections.len();
        let at = *self.heading(line)?.section.get_or_insert(next);
        if at == next {
            let section = self.new_section();
            self.sections.push(section);
        }
        self.sections.get_mut(at).ok_or_else(|| without_heading(line))
    }

    fn new_section(&self) -> Section {
        let titles: Vec<&str> = self.headings.iter().map(|heading| heading.text.as_str()).collect();
        let trust_domains = self.headings.iter().rev().find_map(|it| it.trust_domains.clone());
        Section {
            title: format!("{}: {}", self.file, titles.join(" / ")),
            files: self.headings.iter().flat_map(|heading| heading.files.clone()).collect(),
            with_errors: self.headings.iter().any(|heading| heading.with_errors),
            trust_domains: trust_domains.unwrap_or_else(|| vec![TRUST_DOMAIN.to_owned()]),
            cases: Vec::new(),
            splits: Vec::new(),
        }
    }
}

fn without_heading(line: usize) -> (usize, String) {
    (line, "a heading must come first".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Bytes;

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
    fn tables_with_services_ask_about_splits() {
        let text = "# T\n```trust-domains\na.example\n```\n| service | request | port | shares |\n\
             |---|---|---|---|\n| `shop/web` | `GET /` | 80 | `v1` 90, `v2` 10 on 8081 |\n";
        let section = read("t.md", text).unwrap().remove(0);
        let case = &section.splits[0];
        assert_eq!(case.service, ("shop".to_owned(), "web".to_owned()));
        assert_eq!(case.request.port, Some(80));
        assert_eq!(case.expected[0].1.to_string(), "v1 9, v2 1 on 8081");
        assert_eq!(section.trust_domains, ["a.example"]);
    }

    #[test]
    fn mistakes_name_their_line() {
        let table = "# T\n| to | request | spec |\n|---|---|---|\n| a/b | tcp | perhaps |\n";
        assert_eq!(read("t.md", table).unwrap_err().line, 4);
    }
}
