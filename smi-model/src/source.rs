//! The texts that were read, and positions in them.
//!
//! All files share one coordinate space: a [`Span`] is two global byte offsets,
//! and the [`SourceMap`] knows which file an offset belongs to. So a span stays
//! eight bytes, and a diagnostic may point into several files.

/// A range of bytes in the texts of a [`SourceMap`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` up to, but not including, `end`.
    #[must_use]
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// Length in bytes.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.end.saturating_sub(self.start)
    }

    /// Whether all of another span lies in this one.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Whether the span covers no byte.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// A value together with the place where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Couples `value` with `span`.
    pub const fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// A position as people and editors count it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location<'a> {
    /// Name of the file, as it was given to [`SourceMap::add`].
    pub file: &'a str,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters (not bytes), from 1.
    pub column: u32,
}

impl std::fmt::Display for Location<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One text with its name.
#[derive(Clone, Debug)]
pub struct SourceFile {
    name: String,
    text: String,
    base: u32,
    /// Global offset of the first byte of every line.
    lines: Vec<u32>,
}

impl SourceFile {
    /// The name, usually a path.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The global offset of the first byte of this text.
    #[must_use]
    pub const fn base(&self) -> u32 {
        self.base
    }

    fn end(&self) -> u32 {
        // INVARIANT: `SourceMap::add` refused texts that do not fit.
        self.base.saturating_add(u32::try_from(self.text.len()).unwrap_or(u32::MAX))
    }

    /// The span of this text that `span` covers, as offsets into [`Self::text`].
    #[must_use]
    pub fn local(&self, span: Span) -> std::ops::Range<usize> {
        let clamp = |offset: u32| (offset.saturating_sub(self.base) as usize).min(self.text.len());
        clamp(span.start)..clamp(span.end).max(clamp(span.start))
    }
}

/// The texts given do not fit into 32-bit offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the files together are larger than 4 GiB")]
pub struct TooLarge;

/// All texts of one run.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// An empty map.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text under a name.
    ///
    /// # Errors
    ///
    /// When the texts together exceed 4 GiB.
    pub fn add(
        &mut self,
        name: impl Into<String>,
        text: impl Into<String>,
    ) -> Result<(), TooLarge> {
        let text = text.into();
        // One byte apart, so that an empty span at the end of a file is not
        // also the start of the next file.
        let base = self.files.last().map_or(0, |last| last.end().saturating_add(1));
        let length = u32::try_from(text.len()).map_err(|_| TooLarge)?;
        base.checked_add(length).and_then(|end| end.checked_add(1)).ok_or(TooLarge)?;
        let mut lines = vec![base];
        for (offset, byte) in text.bytes().enumerate() {
            if byte == b'\n' {
                lines.push(base + u32::try_from(offset).unwrap_or(u32::MAX) + 1);
            }
        }
        self.files.push(SourceFile { name: name.into(), text, base, lines });
        Ok(())
    }

    /// The files in the order in which they were added.
    pub fn files(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter()
    }

    /// The file that holds the start of `span`.
    #[must_use]
    pub fn file(&self, span: Span) -> Option<&SourceFile> {
        let after = self.files.partition_point(|file| file.base <= span.start);
        let file = self.files.get(after.checked_sub(1)?)?;
        (span.start <= file.end()).then_some(file)
    }

    /// The text that `span` covers.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.file(span).and_then(|file| file.text.get(file.local(span))).unwrap_or_default()
    }

    /// File, line and column of the start of `span`.
    #[must_use]
    pub fn locate(&self, span: Span) -> Option<Location<'_>> {
        let file = self.file(span)?;
        let line = file.lines.partition_point(|start| *start <= span.start);
        let start = *file.lines.get(line.checked_sub(1)?)?;
        let before = file.text.get(file.local(Span::new(start, span.start)))?;
        // A byte order mark is not a column that anybody sees.
        let column = before.chars().filter(|c| *c != '\u{feff}').count() + 1;
        Some(Location {
            file: &file.name,
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_find_their_file_line_and_column() {
        let mut sources = SourceMap::new();
        sources.add("a.yaml", "one\ntwö x\n").unwrap();
        sources.add("b.yaml", "three").unwrap();
        let base = sources.files().nth(1).unwrap().base();
        assert_eq!(sources.locate(Span::new(9, 10)).unwrap().to_string(), "a.yaml:2:5");
        assert_eq!(sources.text(Span::new(9, 10)), "x");
        assert_eq!(sources.locate(Span::new(base, base)).unwrap().to_string(), "b.yaml:1:1");
        assert_eq!(sources.text(Span::new(base, base + 5)), "three");
        assert!(sources.locate(Span::new(base + 6, base + 6)).is_none());
    }
}
