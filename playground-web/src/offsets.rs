//! Byte offsets as the browser counts them.

/// Translates byte offsets of a text to UTF-16 code units, in which JavaScript
/// strings and the editor count.
pub(crate) struct Utf16Offsets {
    /// Behind every character outside ASCII: the byte offset there, and how many
    /// more bytes than code units the text has had so far.
    surplus: Vec<(usize, usize)>,
}

impl Utf16Offsets {
    pub(crate) fn new(text: &str) -> Self {
        let mut total = 0;
        let wide = text.char_indices().filter(|(_, character)| !character.is_ascii());
        let surplus = wide.map(|(start, character)| {
            total += character.len_utf8() - character.len_utf16();
            (start + character.len_utf8(), total)
        });
        Self { surplus: surplus.collect() }
    }

    /// The offset in code units of the character boundary at byte `offset`.
    pub(crate) fn at(&self, offset: usize) -> usize {
        let before = self.surplus.partition_point(|(end, _)| *end <= offset);
        let surplus = before.checked_sub(1).and_then(|last| self.surplus.get(last));
        offset.saturating_sub(surplus.map_or(0, |(_, surplus)| *surplus))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_boundary_is_where_javascript_sees_it() {
        let text = "a: ö # 💥\n\u{feff}漢字 z";
        let offsets = Utf16Offsets::new(text);
        let boundaries = text.char_indices().map(|(offset, _)| offset).chain([text.len()]);
        for offset in boundaries {
            assert_eq!(
                offsets.at(offset),
                text.split_at(offset).0.encode_utf16().count(),
                "at {offset}"
            );
        }
    }
}
