//! Comments, for those who put instructions into them.

use granit_parser::{Event, Parser, Placement};

use crate::source::{SourceFile, Span, Spanned};

/// A comment of YAML. A `#` inside of a text is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The text behind the `#`, which is not part of the place either.
    pub text: Spanned<String>,
    /// Whether it stands behind something on its line.
    pub trails: bool,
}

/// The comments of a file, in the order of the text. A document with a syntax
/// error has those before it.
///
/// This is a second reading of the text, so whoever looks for certain comments
/// should first see whether the text can have them.
///
/// ```
/// use smi_model::{comments, source::SourceMap};
///
/// let mut sources = SourceMap::new();
/// sources.add("a.yaml", "# above\na: '# text' # behind\n")?;
/// let found = sources.files().flat_map(comments);
/// let found: Vec<_> = found.map(|comment| (comment.text.value, comment.trails)).collect();
/// assert_eq!(found, [(" above".to_owned(), false), (" behind".to_owned(), true)]);
/// # Ok::<(), smi_model::source::TooLarge>(())
/// ```
#[must_use]
pub fn comments(file: &SourceFile) -> Vec<Comment> {
    let mut comments = Vec::new();
    if file.invalid().is_some() {
        return comments;
    }
    let options = granit_parser::options! {
        emit_comments: true,
        // There are as many as there are lines.
        max_buffered_comment_events: usize::MAX,
        emit_unresolved_aliases: true,
    };
    let mut parser = Parser::new_from_str_with_options(file.text(), options);
    while let Some(event) = parser.next_event() {
        match event {
            Ok((Event::Comment(text, placement), range)) => {
                let span = file.span(range.byte_range().unwrap_or_default());
                let span = Span::new(span.start.saturating_add(1), span.end);
                let text = Spanned::new(text.into_owned(), span);
                comments.push(Comment { text, trails: placement == Placement::Right });
            }
            Ok(_) => {}
            Err(_) if parser.proceed_next_document().unwrap_or(false) => {}
            Err(_) => break,
        }
    }
    comments
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceMap;

    fn found(text: &str) -> Vec<String> {
        let mut sources = SourceMap::new();
        sources.add("a.yaml", text).unwrap();
        let comments = comments(sources.files().next().unwrap());
        for comment in &comments {
            assert_eq!(sources.text(comment.text.span), comment.text.value);
        }
        let mark = |trails| if trails { "> " } else { "" };
        comments
            .into_iter()
            .map(|it| format!("{}{}", mark(it.trails), it.text.value.trim()))
            .collect()
    }

    #[test]
    fn only_what_yaml_takes_for_a_comment_is_one() {
        let text = "#one\na: '# no'\nb: | #two\n  # no\n  x # no\nc: x#no\nd: [ # three\n  1, # fo\u{fc}r\n]\n";
        assert_eq!(found(text), ["one", "> two", "> three", "> fo\u{fc}r"]);
    }

    #[test]
    fn many_lines_of_comments_are_read() {
        let text = format!("{}a: 1\n{}", "# x\n".repeat(1_000), "# y\n".repeat(1_000));
        assert_eq!(found(&text).len(), 2_000);
    }

    #[test]
    fn a_mistake_ends_the_comments_of_its_document_only() {
        assert_eq!(found("# a\n---\nb: [1\n---\n# c\nd: *nowhere # e\n"), ["a", "c", "> e"]);
    }
}
