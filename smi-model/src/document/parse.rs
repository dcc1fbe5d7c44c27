//! Text to trees. This is the only file that names the YAML parser.

use std::ops::ControlFlow;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span as Range, Tag};

use super::{
    Style, Tree,
    builder::{AnchorId, Builder, Collection, too_deep},
};
use crate::{
    Limits,
    diagnostic::{Diagnostic, code},
    source::{SourceFile, Span},
};

/// Reads all documents of a file. A syntax error ends its document; the next
/// document is read all the same.
pub(crate) fn parse(file: &SourceFile, limits: &Limits, diagnostics: &mut Vec<Diagnostic>) -> Tree {
    let mut reader = Reader { file, limits, builder: Builder::new(limits, diagnostics) };
    if file.text().len() > limits.bytes {
        reader.refuse_file();
    } else {
        reader.read_stream();
    }
    reader.builder.finish()
}

struct Reader<'a> {
    file: &'a SourceFile,
    limits: &'a Limits,
    builder: Builder<'a>,
}

impl Reader<'_> {
    fn refuse_file(&mut self) {
        let start = Span::new(self.file.base(), self.file.base());
        let message = format!("the file has more than {} bytes", self.limits.bytes);
        self.builder.spoil(
            Diagnostic::error(code::FILE_TOO_LARGE, start, message)
                .label("nothing of it is read")
                .help("split the file"),
        );
    }

    fn read_stream(&mut self) {
        let options = granit_parser::options! {
            emit_comments: false,
            emit_unresolved_aliases: true,
            flow_nesting_limit: self.limits.depth,
            block_nesting_limit: self.limits.depth,
        };
        let mut parser = Parser::new_from_str_with_options(self.file.text(), options);
        while let Some(next) = parser.next_event() {
            let flow = match next {
                Ok((event, range)) => self.event(event, range),
                Err(error) => {
                    self.syntax_error(&error);
                    match parser.proceed_next_document() {
                        Ok(true) => ControlFlow::Continue(()),
                        Ok(false) | Err(_) => ControlFlow::Break(()),
                    }
                }
            };
            if flow.is_break() {
                break;
            }
        }
        // Ends the document that a limit cut short.
        self.builder.end_document();
    }

    fn event(&mut self, event: Event<'_>, range: Range) -> ControlFlow<()> {
        let span = self.span(range);
        match event {
            Event::DocumentStart(..) => return self.builder.start_document(span),
            Event::DocumentEnd => self.builder.end_document(),
            Event::Alias(anchor) => return self.builder.alias(anchor, span),
            Event::UnresolvedAlias(name) => return self.unknown_anchor(&name, span),
            Event::Scalar(text, style, anchor, tag) => {
                let style = self.style(style, tag.as_deref(), range);
                let (text, span) = self.content(&text, style, span);
                return self.builder.scalar(text, style, span, named(anchor));
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.check_tag(tag.as_deref(), "seq", range);
                self.builder.start_collection(Collection::Sequence, span, named(anchor));
            }
            Event::MappingStart(_, anchor, tag) => {
                self.check_tag(tag.as_deref(), "map", range);
                self.builder.start_collection(Collection::Mapping, span, named(anchor));
            }
            Event::SequenceEnd | Event::MappingEnd => {
                // A block collection ends where the next thing starts; its text
                // ends with its last child.
                let end = if span.is_empty() { self.builder.end() } else { span.end };
                return self.builder.end_collection(end);
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    /// Text and span of a scalar: inside the quotes, and for an absent value
    /// nothing, where the parser says `~`.
    fn content(&self, text: &str, style: Style, span: Span) -> (String, Span) {
        let text = if span.is_empty() { "" } else { text };
        let raw = self.file.text().get(self.file.local(span)).unwrap_or_default();
        let span = match style {
            Style::Quoted if raw.starts_with(['"', '\'']) && raw.len() > 1 => {
                Span::new(span.start.saturating_add(1), span.end.saturating_sub(1))
            }
            Style::Block => {
                let blank = raw.len().saturating_sub(raw.trim_end().len());
                Span::new(span.start, span.end.saturating_sub(u32::try_from(blank).unwrap_or(0)))
            }
            _ => span,
        };
        (text.to_owned(), span)
    }

    /// How a scalar is written; a tag outweighs the notation.
    fn style(&mut self, style: ScalarStyle, tag: Option<&Tag>, range: Range) -> Style {
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
            ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
        };
        match tag.map(|tag| (tag, tag.core_suffix())) {
            None => style,
            Some((_, Some("str"))) if style == Style::Plain => Style::Block,
            Some((_, Some("str"))) => style,
            Some((_, Some("int" | "float" | "bool" | "null"))) => Style::Plain,
            Some((tag, _)) => {
                self.unsupported_tag(tag, range);
                style
            }
        }
    }

    fn check_tag(&mut self, tag: Option<&Tag>, expected: &str, range: Range) {
        if let Some(tag) = tag.filter(|tag| tag.core_suffix() != Some(expected)) {
            self.unsupported_tag(tag, range);
        }
    }

    fn unsupported_tag(&mut self, tag: &Tag, range: Range) {
        let span = self.span(range.tag_span().unwrap_or(range));
        let message = format!("the tag `{}` is not supported here", tag.original());
        self.builder.spoil(
            Diagnostic::error(code::UNSUPPORTED_TAG, span, message)
                .help("write the value without a tag, as Kubernetes wants it"),
        );
    }

    fn unknown_anchor(&mut self, name: &str, span: Span) -> ControlFlow<()> {
        let message = format!("no anchor `&{name}` stands before this alias");
        self.builder.spoil(
            Diagnostic::error(code::UNKNOWN_ANCHOR, span, message)
                .help("anchors are known only in the document that defines them")
                .help("quote the value if the `*` belongs to it"),
        );
        self.builder.scalar(String::new(), Style::Plain, span, None)
    }

    fn syntax_error(&mut self, error: &ScanError) {
        let offset = error.marker().byte_offset().unwrap_or_default();
        let length = self.file.text().get(offset..).and_then(|rest| rest.chars().next());
        let start = self.offset(offset);
        let end =
            start.saturating_add(length.filter(|c| *c != '\n').map_or(0, |c| c.len_utf8() as u32));
        let span = Span::new(start, end);
        let diagnostic = if *error.kind() == ErrorKind::RecursionLimitExceeded {
            too_deep(span, self.limits.depth)
        } else {
            syntax_diagnostic(error.kind(), span)
        };
        self.builder.spoil(diagnostic);
        self.builder.end_document();
    }

    fn span(&self, range: Range) -> Span {
        let bytes = range.byte_range().unwrap_or_default();
        Span::new(self.offset(bytes.start), self.offset(bytes.end))
    }

    fn offset(&self, byte: usize) -> u32 {
        // The source map took only texts whose offsets fit.
        self.file.base().saturating_add(u32::try_from(byte).unwrap_or(u32::MAX))
    }
}

/// The parser numbers anchors from 1; 0 says that there is none.
fn named(anchor: AnchorId) -> Option<AnchorId> {
    (anchor != 0).then_some(anchor)
}

/// The usual mistakes in words that say what to do; the rest in the parser's.
fn syntax_diagnostic(kind: &ErrorKind, span: Span) -> Diagnostic {
    let (message, help) = match kind {
        ErrorKind::MappingValueNotAllowed => (
            "a `:` cannot stand here".to_owned(),
            "quote a text that contains `: `; otherwise check the indentation of this line",
        ),
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::BlockSequenceEntryNotAllowed
        | ErrorKind::SimpleKeyExpected
        | ErrorKind::InvalidIndentation => (
            "this line does not fit the lines above it".to_owned(),
            "check its indentation, and that every key is followed by `:`",
        ),
        ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabNotAllowed => ("a tab cannot indent YAML".to_owned(), "indent with spaces"),
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => {
            ("this quoted text is never closed".to_owned(), "close it with the same quote")
        }
        ErrorKind::UnclosedFlowCollection { open } => {
            (format!("this `{open}` is never closed"), "add the closing bracket")
        }
        ErrorKind::UnexpectedCharacter { character } => {
            (format!("a text cannot begin with {character:?}"), "put the whole text in quotes")
        }
        other => (format!("this is not YAML: {other}"), "the rest of the document is not read"),
    };
    Diagnostic::error(code::YAML_SYNTAX, span, message).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{document::NodeKind, source::SourceMap, testing::reject};

    fn texts(text: &str) -> Vec<(String, String)> {
        let mut sources = SourceMap::new();
        sources.add("test.yaml", text).unwrap();
        let file = sources.files().next().unwrap();
        let mut diagnostics = Vec::new();
        let tree = parse(file, &Limits::default(), &mut diagnostics);
        assert_eq!(diagnostics, []);
        let NodeKind::Mapping(entries) = &tree.node(tree.documents[0].root).kind else {
            panic!("not a mapping: {text}");
        };
        let values = entries.iter().map(|entry| tree.node(entry.value));
        values
            .map(|node| (node.text().unwrap().to_owned(), sources.text(node.span).to_owned()))
            .collect()
    }

    #[test]
    fn spans_cover_the_content_of_scalars() {
        let text = "\u{feff}a: plain\r\nb: 'sin''gle'\r\nc: &x \"d\\u00f6\"\r\nd: !!str 1\r\n\
                    e: |\r\n  lines\r\n\r\nf: ä # comment\r\ng:\r\n";
        let expected = [
            ("plain", "plain"),
            ("sin'gle", "sin''gle"),
            ("dö", "d\\u00f6"),
            ("1", "1"),
            ("lines\n", "lines"),
            ("ä", "ä"),
            ("", ""),
        ];
        let expected = expected.map(|(text, raw)| (text.to_owned(), raw.to_owned()));
        assert_eq!(texts(text), expected);
    }

    #[test]
    fn a_mistake_ends_its_document_only() {
        assert_eq!(
            reject("a: [1\n---\nb: *nowhere\n---\nc: !env x\n---\nd: &d [*d]\n---\ne:\n\t- 1\n"),
            [
                "SMI101 1:4 this `[` is never closed",
                "SMI102 3:4 no anchor `&nowhere` stands before this alias",
                "SMI104 5:4 the tag `!env` is not supported here",
                "SMI103 7:8 this alias contains itself",
                "SMI101 10:2 a tab cannot indent YAML",
            ]
        );
    }
}
