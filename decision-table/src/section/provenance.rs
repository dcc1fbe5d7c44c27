//! Where each rule comes from: names and places for people. Deciding does not
//! need it, so it can be left out, and the digest does not cover it.

use crate::verdict::RuleId;
use crate::wire::{FormatError, Reader, U32s};

/// Words of an entry: offset and length of target, route and file; the line.
const ENTRY_WORDS: u32 = 7;

/// What a rule is called and where it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleInfo<'a> {
    /// The TrafficTarget: `namespace/name`.
    pub target: &'a str,
    /// The route: `namespace/group#match` of an HTTPRouteGroup,
    /// `namespace/name` of a TCPRoute or UDPRoute.
    pub route: &'a str,
    /// The file in which the route was written.
    pub file: &'a str,
    /// The line in that file, from 1.
    pub line: u32,
}

#[derive(Clone, Copy)]
pub(crate) struct Provenance<'a> {
    entries: U32s<'a>,
    text: &'a [u8],
}

impl<'a> Provenance<'a> {
    /// An absent section has no bytes and no rules.
    pub(crate) fn split(bytes: &'a [u8]) -> Result<Self, FormatError> {
        if bytes.is_empty() {
            return Ok(Self { entries: U32s::new(&[]), text: &[] });
        }
        let mut reader = Reader::new("provenance", bytes);
        let count = reader.u32()?;
        let Some(words) = count.checked_mul(ENTRY_WORDS) else {
            return reader.fail("a count is too large");
        };
        Ok(Self { entries: reader.u32s(words)?, text: reader.rest() })
    }

    pub(crate) fn verify(self) -> Result<(), FormatError> {
        let fail = |problem| Reader::new("provenance", &[]).fail(problem);
        // Rules share names, so all text is looked at once and not rule by rule:
        // a table must not be able to make its own verification take for ever.
        let Ok(text) = core::str::from_utf8(self.text) else {
            return fail("a name is not text");
        };
        let names = (0..self.len()).flat_map(|rule| [0, 2, 4].map(|word| (rule, word)));
        for (rule, word) in names {
            let range = self.range(rule * ENTRY_WORDS as usize + word);
            if range.is_none_or(|range| text.get(range).is_none()) {
                return fail("a name is not text");
            }
        }
        Ok(())
    }

    pub(crate) fn len(self) -> usize {
        self.entries.len() / ENTRY_WORDS as usize
    }

    pub(crate) fn get(self, RuleId(rule): RuleId) -> Option<RuleInfo<'a>> {
        let at = (rule as usize).checked_mul(ENTRY_WORDS as usize)?;
        Some(RuleInfo {
            target: self.string(at)?,
            route: self.string(at + 2)?,
            file: self.string(at + 4)?,
            line: self.entries.get(at + 6)?,
        })
    }

    fn string(self, at: usize) -> Option<&'a str> {
        core::str::from_utf8(self.text.get(self.range(at)?)?).ok()
    }

    fn range(self, at: usize) -> Option<core::ops::Range<usize>> {
        let start = self.entries.get(at)? as usize;
        Some(start..start.checked_add(self.entries.get(at + 1)? as usize)?)
    }
}

#[cfg(feature = "alloc")]
pub(crate) fn write(
    rules: &[crate::plan::Rule],
) -> Result<crate::plan::Buffer, crate::plan::TooLarge> {
    use alloc::{collections::BTreeMap, vec::Vec};

    let mut out = crate::plan::Buffer::default();
    out.length(rules.len())?;
    let mut text: Vec<u8> = Vec::new();
    // Rules of one target share its name, rules of one file its path.
    let mut written: BTreeMap<&str, usize> = BTreeMap::new();
    for rule in rules {
        for string in [&rule.target, &rule.route, &rule.file] {
            let offset = *written.entry(string).or_insert_with(|| {
                text.extend_from_slice(string.as_bytes());
                text.len() - string.len()
            });
            out.length(offset)?;
            out.length(string.len())?;
        }
        out.u32(rule.line);
    }
    out.bytes(&text);
    Ok(out)
}
