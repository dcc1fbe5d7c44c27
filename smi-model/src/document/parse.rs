//! Text to trees. Only this file and `comments` name the YAML parser.

use std::{borrow::Cow, ops::ControlFlow};

use granit_parser::{
    ErrorKind, Event, Parser, ScalarStyle, ScanError, Span as Range, StrInput, Tag,
};

use super::{
    Style, Tree,
    builder::{AnchorId, Builder, Collection, Cut, too_deep},
};
use crate::{
    Limits,
    diagnostic::{Diagnostic, code},
    source::{InvalidByte, SourceFile, Span},
};

/// The documents of a file, one after the other. A syntax error ends its
/// document; the next document is read all the same.
pub(crate) struct Documents<'a> {
    file: &'a SourceFile,
    limits: &'a Limits,
    parser: Parser<'a, StrInput<'a>>,
    builder: Builder<'a>,
    done: bool,
}

impl<'a> Documents<'a> {
    pub(crate) fn of(file: &'a SourceFile, limits: &'a Limits) -> Self {
        let options = granit_parser::options! {
            emit_comments: false,
            emit_unresolved_aliases: true,
            flow_nesting_limit: limits.depth,
            block_nesting_limit: limits.depth,
        };
        let parser = Parser::new_from_str_with_options(file.text(), options);
        let mut documents =
            Self { file, limits, parser, builder: Builder::new(limits), done: false };
        if file.text().len() > limits.bytes {
            documents.refuse(too_large(file, limits.bytes));
        } else if let Some(invalid) = file.invalid() {
            documents.refuse(not_utf8(invalid));
        }
        documents
    }

    /// What was found in the documents since it was last asked.
    pub(crate) fn take_problems(&mut self) -> Vec<Diagnostic> {
        self.builder.take_problems()
    }

    fn refuse(&mut self, diagnostic: Diagnostic) {
        self.builder.spoil(diagnostic.label("nothing of the file is read"));
        self.done = true;
    }
}

impl<'a> Iterator for Documents<'a> {
    type Item = Tree<'a>;

    fn next(&mut self) -> Option<Tree<'a>> {
        while !self.done {
            if self.ends_document() {
                return Some(self.builder.end_document());
            }
        }
        None
    }
}

impl<'a> Documents<'a> {
    /// Reads on by one event; true when a document ends with it.
    fn ends_document(&mut self) -> bool {
        let flow = match self.parser.next_event() {
            Some(Ok((Event::DocumentEnd, _))) => return true,
            Some(Ok((event, range))) => self.event(event, range),
            Some(Err(error)) => self.syntax_error(&error),
            None => ControlFlow::Break(Cut::File),
        };
        match flow {
            ControlFlow::Continue(()) => false,
            ControlFlow::Break(Cut::File) => {
                self.done = true;
                false
            }
            ControlFlow::Break(Cut::Document) => {
                self.done = !self.parser.proceed_next_document().unwrap_or(false);
                true
            }
        }
    }

    fn event(&mut self, event: Event<'a>, range: Range) -> ControlFlow<Cut> {
        let span = self.span(range);
        match event {
            Event::DocumentStart(..) => return self.builder.start_document(span),
            Event::Alias(anchor) => return self.builder.alias(anchor, span),
            Event::UnresolvedAlias(name) => return self.unknown_anchor(&name, span),
            Event::Scalar(text, style, anchor, tag) => {
                let style = self.style(style, tag.as_deref(), range);
                let (text, span) = self.content(text, style, span);
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
    fn content(&self, text: Cow<'a, str>, style: Style, span: Span) -> (Cow<'a, str>, Span) {
        if span.is_empty() || style == Style::Plain {
            return (if span.is_empty() { Cow::Borrowed("") } else { text }, span);
        }
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
        (text, span)
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

    fn unknown_anchor(&mut self, name: &str, span: Span) -> ControlFlow<Cut> {
        let message = format!("no anchor `&{name}` stands before this alias");
        self.builder.spoil(
            Diagnostic::error(code::UNKNOWN_ANCHOR, span, message)
                .help("anchors are known only in the document that defines them")
                .help("quote the value if the `*` belongs to it"),
        );
        self.builder.scalar(Cow::Borrowed(""), Style::Plain, span, None)
    }

    fn syntax_error(&mut self, error: &ScanError) -> ControlFlow<Cut> {
        let offset = error.marker().byte_offset().unwrap_or_default();
        let rest = self.file.text().get(offset..).unwrap_or_default();
        // For a character in the middle of a text, the parser says where the text begins.
        let skipped = unprintable(error.kind()).and_then(|it| rest.find(it)).unwrap_or_default();
        let character = rest.get(skipped..).and_then(|rest| rest.chars().next());
        let length = character.filter(|c| *c != '\n').map_or(0, char::len_utf8);
        let start = offset.saturating_add(skipped);
        let span = self.file.span(start..start.saturating_add(length));
        let diagnostic = match error.kind() {
            ErrorKind::RecursionLimitExceeded => too_deep(span, self.limits.depth),
            ErrorKind::MissingAnchorOrAliasName if character == Some('*') => lone_asterisk(span),
            kind => syntax_diagnostic(kind, span),
        };
        self.builder.spoil(diagnostic);
        ControlFlow::Break(Cut::Document)
    }

    fn span(&self, range: Range) -> Span {
        self.file.span(range.byte_range().unwrap_or_default())
    }
}

/// The parser numbers anchors from 1; 0 says that there is none.
fn named(anchor: AnchorId) -> Option<AnchorId> {
    (anchor != 0).then_some(anchor)
}

fn too_large(file: &SourceFile, limit: usize) -> Diagnostic {
    let start = Span::new(file.base(), file.base());
    let message = format!("the file has more than {limit} bytes");
    Diagnostic::error(code::FILE_TOO_LARGE, start, message).help("split the file")
}

fn not_utf8(invalid: InvalidByte) -> Diagnostic {
    let message = format!("the byte `0x{:02x}` is not UTF-8", invalid.byte);
    let help = match invalid.is_utf16 {
        true => "the file looks like UTF-16: save it as UTF-8",
        false => "save the file as UTF-8",
    };
    Diagnostic::error(code::NOT_UTF8, invalid.span, message).help(help)
}

/// The character of an error, if it is one that YAML allows nowhere.
fn unprintable(kind: &ErrorKind) -> Option<char> {
    let ErrorKind::UnexpectedCharacter { character } = kind else { return None };
    let is_unprintable = character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}');
    is_unprintable.then_some(*character)
}

/// Whoever writes `methods: [*]` means the character.
fn lone_asterisk(span: Span) -> Diagnostic {
    Diagnostic::error(code::YAML_SYNTAX, span, "a `*` without quotes begins an alias")
        .label("and there is no name behind it")
        .fix(span, "\"*\"")
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
        ErrorKind::UnexpectedCharacter { character: '\0' } => (
            "YAML cannot have the character '\\0'".to_owned(),
            "a file with such characters is binary, or UTF-16 instead of UTF-8",
        ),
        ErrorKind::UnexpectedCharacter { character } if unprintable(kind).is_some() => (
            format!("YAML cannot have the character {character:?}"),
            "remove it, or write it as an escape in double quotes",
        ),
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
    use crate::{document::NodeKind, source::SourceMap, testing::*};

    fn texts(text: &str) -> Vec<(String, String)> {
        let mut sources = SourceMap::new();
        sources.add("test.yaml", text).unwrap();
        let limits = Limits::default();
        let mut documents = Documents::of(sources.files().next().unwrap(), &limits);
        let tree = documents.next().unwrap();
        assert!(documents.next().is_none());
        assert_eq!(documents.take_problems(), []);
        let NodeKind::Mapping(entries) = &tree.root().kind else {
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
    fn an_asterisk_is_quoted() {
        let text = "apiVersion: specs.smi-spec.io/v1alpha4\nkind: HTTPRouteGroup\n\
                    metadata: {name: g}\nspec: {matches: [{name: m, methods: [*]}]}\n";
        assert_eq!(reject(text), ["SMI101 4:38 a `*` without quotes begins an alias"]);
        accept(&mended(text));
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
    #[test]
    fn characters_that_nobody_sees_are_named() {
        let refused = "YAML cannot have the character";
        for (text, place, character) in [
            ("a: b\0c\n", "1:5", "'\\0'"),
            ("a: 'b\u{1b}'\n", "1:6", "'\\u{1b}'"),
            ("a: b # \u{7}\n", "1:8", "'\\u{7}'"),
            ("a: b\u{7f}\n", "1:5", "'\\u{7f}'"),
            ("a: \u{ffff}\n", "1:4", "'\\u{ffff}'"),
        ] {
            assert_eq!(reject(text), [format!("SMI101 {place} {refused} {character}")]);
        }
    }
}
