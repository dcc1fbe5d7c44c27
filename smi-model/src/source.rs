//! The texts that were read, and positions in them.
//!
//! All files share one coordinate space: a [`Span`] is two global byte offsets,
//! and the [`SourceMap`] knows which file an offset belongs to. So a span stays
//! eight bytes, and a diagnostic may point into several files.

use std::sync::OnceLock;

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
    /// How many lines end before each block of [`BLOCK`] bytes. A table of all
    /// lines could be larger than the text.
    line_ends: Vec<u32>,
    invalid: Option<InvalidByte>,
    /// How its lines end, once somebody has asked.
    newline: OnceLock<&'static str>,
}

/// Bytes of text for which the number of line ends is known.
const BLOCK: usize = 1 << 10;

/// Where a text stops being UTF-8.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InvalidByte {
    /// The replacement character in its place.
    pub(crate) span: Span,
    pub(crate) byte: u8,
    /// Whether the text begins with the byte order mark of UTF-16.
    pub(crate) is_utf16: bool,
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

    /// The first byte that is not UTF-8. A text with one is not read.
    pub(crate) const fn invalid(&self) -> Option<InvalidByte> {
        self.invalid
    }

    fn end(&self) -> u32 {
        // INVARIANT: `SourceMap::add` refused texts that do not fit.
        self.base.saturating_add(u32::try_from(self.text.len()).unwrap_or(u32::MAX))
    }

    /// How lines end: as those of Windows when any does. Whoever adds lines asks
    /// for each of them, and the whole text is searched only once.
    pub(crate) fn newline(&self) -> &'static str {
        self.newline.get_or_init(|| if self.text.contains("\r\n") { "\r\n" } else { "\n" })
    }

    /// The span of some bytes of [`Self::text`].
    #[must_use]
    pub fn span(&self, bytes: std::ops::Range<usize>) -> Span {
        // INVARIANT: only texts whose offsets fit are added.
        let offset = |byte| self.base.saturating_add(u32::try_from(byte).unwrap_or(u32::MAX));
        Span::new(offset(bytes.start), offset(bytes.end))
    }

    /// The span of this text that `span` covers, as offsets into [`Self::text`].
    #[must_use]
    pub fn local(&self, span: Span) -> std::ops::Range<usize> {
        let clamp = |offset: u32| (offset.saturating_sub(self.base) as usize).min(self.text.len());
        clamp(span.start)..clamp(span.end).max(clamp(span.start))
    }

    /// The number of lines that end before an offset.
    fn line_ends_before(&self, offset: usize) -> usize {
        let block = offset / BLOCK;
        let before = self.line_ends.get(block).copied().unwrap_or_default() as usize;
        let rest = self.text.as_bytes().get(block * BLOCK..offset).unwrap_or_default();
        before + line_ends(rest)
    }
}

/// How many lines end before each block.
fn line_ends_by_block(text: &str) -> Vec<u32> {
    let mut before = 0_u32;
    let mut by_block = Vec::new();
    for block in text.as_bytes().chunks(BLOCK) {
        by_block.push(before);
        // INVARIANT: the source map takes no text of more than `u32::MAX` bytes.
        before = before.saturating_add(line_ends(block) as u32);
    }
    by_block
}

fn line_ends(text: &[u8]) -> usize {
    // In pieces whose line ends fit into a byte, because that is counted many times
    // as fast.
    let of_piece = |piece: &[u8]| {
        piece.iter().fold(0_u8, |count, byte| count.wrapping_add(u8::from(*byte == b'\n')))
    };
    text.chunks(u8::MAX.into()).map(|piece| usize::from(of_piece(piece))).sum()
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
        self.push(name.into(), text.into(), None)
    }

    /// Adds a text of which it is not known whether it is UTF-8. If it is not,
    /// reading it is a finding; what is kept of it, to show the place, has
    /// replacement characters and ends soon after it.
    ///
    /// # Errors
    ///
    /// When the texts together exceed 4 GiB.
    pub fn add_bytes(
        &mut self,
        name: impl Into<String>,
        bytes: impl Into<Vec<u8>>,
    ) -> Result<(), TooLarge> {
        match String::from_utf8(bytes.into()) {
            Ok(text) => self.push(name.into(), text, None),
            Err(error) => {
                let (bytes, valid) = (error.as_bytes(), error.utf8_error().valid_up_to());
                let shown = bytes.get(..valid.saturating_add(BLOCK)).unwrap_or(bytes);
                let text = String::from_utf8_lossy(shown).into_owned();
                self.push(name.into(), text, Some((valid, bytes)))
            }
        }
    }

    /// Adds a text, which stops being the UTF-8 of some bytes at an offset.
    fn push(
        &mut self,
        name: String,
        text: String,
        invalid: Option<(usize, &[u8])>,
    ) -> Result<(), TooLarge> {
        // One byte apart, so that an empty span at the end of a file is not
        // also the start of the next file.
        let base = self.files.last().map_or(0, |last| last.end().saturating_add(1));
        let length = u32::try_from(text.len()).map_err(|_| TooLarge)?;
        base.checked_add(length).and_then(|end| end.checked_add(1)).ok_or(TooLarge)?;
        let line_ends = line_ends_by_block(&text);
        let invalid = invalid.and_then(|(valid, bytes)| InvalidByte::at(base, valid, bytes));
        self.files.push(SourceFile {
            name,
            text,
            base,
            line_ends,
            invalid,
            newline: OnceLock::new(),
        });
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

    /// File and line of the start of `span`.
    #[must_use]
    pub fn line(&self, span: Span) -> Option<(&SourceFile, u32)> {
        let file = self.file(span)?;
        let line = file.line_ends_before(file.local(span).start) + 1;
        Some((file, u32::try_from(line).unwrap_or(u32::MAX)))
    }

    /// File, line and column of the start of `span`.
    #[must_use]
    pub fn locate(&self, span: Span) -> Option<Location<'_>> {
        let (file, line) = self.line(span)?;
        let offset = file.local(span).start;
        let before = file.text.get(..offset)?.rsplit('\n').next()?;
        // A byte order mark is not a column that anybody sees.
        let column = before.chars().filter(|c| *c != '\u{feff}').count() + 1;
        Some(Location { file: &file.name, line, column: u32::try_from(column).unwrap_or(u32::MAX) })
    }
}

impl InvalidByte {
    fn at(base: u32, offset: usize, bytes: &[u8]) -> Option<Self> {
        let start = base.saturating_add(u32::try_from(offset).ok()?);
        let replacement = char::REPLACEMENT_CHARACTER.len_utf8() as u32;
        let span = Span::new(start, start.saturating_add(replacement));
        let is_utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
        Some(Self { span, byte: *bytes.get(offset)?, is_utf16 })
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

    #[test]
    fn lines_are_counted_across_blocks() {
        let text = "line\n".repeat(BLOCK);
        let mut sources = SourceMap::new();
        sources.add("a.yaml", text.as_str()).unwrap();
        for (offset, _) in text.char_indices().step_by(7) {
            let place = sources.locate(Span::new(offset as u32, offset as u32)).unwrap();
            let expected = (offset / 5 + 1, offset % 5 + 1);
            assert_eq!((place.line as usize, place.column as usize), expected);
        }
    }

    #[test]
    fn texts_are_kept_as_far_as_they_are_utf8() {
        let mut sources = SourceMap::new();
        sources.add_bytes("a.yaml", "ä: 1\n").unwrap();
        sources.add_bytes("b.yaml", b"a: \xe4\xff\n").unwrap();
        let files: Vec<_> = sources.files().collect();
        assert!(files[0].invalid().is_none());
        let invalid = files[1].invalid().unwrap();
        assert_eq!((invalid.byte, invalid.is_utf16), (0xe4, false));
        assert_eq!(sources.locate(invalid.span).unwrap().to_string(), "b.yaml:1:4");
        assert_eq!(sources.text(invalid.span), "\u{fffd}");
    }
}
