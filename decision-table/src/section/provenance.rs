//! Where each rule comes from: names and places for people. Deciding does not
//! need it, so it can be left out, and the digest does not cover it.

use crate::verdict::RuleId;
use crate::wire::{FormatError, Part, Reader};

/// Words of an entry: offset and length of target, route and file; the line.
const ENTRY_WORDS: usize = 7;

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

#[derive(Clone, Copy, Debug)]
pub(crate) struct Provenance {
    count: u32,
    entries: Part,
    text: Part,
}

impl Provenance {
    /// Reads and verifies the section. An absent one has no bytes and no rules.
    pub(crate) fn open(mut reader: Reader<'_>) -> Result<Self, FormatError> {
        if reader.rest().len() == 0 {
            return Ok(Self { count: 0, entries: Part::default(), text: Part::default() });
        }
        let count = reader.u32()?;
        let entries = reader.array(count, ENTRY_WORDS * 4)?;
        let provenance = Self { count, entries, text: reader.rest() };
        // Rules share names, so all text is looked at once and not rule by rule:
        // a table must not be able to make its own verification take for ever.
        let Ok(text) = core::str::from_utf8(provenance.text.of(reader.table)) else {
            return reader.fail("a name is not text");
        };
        let words = entries.words(reader.table);
        for rule in 0..count as usize {
            for word in [0, 2, 4] {
                let range = words.chunk(rule * ENTRY_WORDS + word).and_then(|[offset, length]| {
                    let start = offset as usize;
                    text.get(start..start.checked_add(length as usize)?)
                });
                if range.is_none() {
                    return reader.fail("a name is not text");
                }
            }
        }
        Ok(provenance)
    }

    pub(crate) const fn len(self) -> u32 {
        self.count
    }

    pub(crate) fn get(self, table: &[u8], RuleId(rule): RuleId) -> Option<RuleInfo<'_>> {
        let at = (rule as usize).checked_mul(ENTRY_WORDS)?;
        let entry: [u32; ENTRY_WORDS] = self.entries.words(table).chunk(at)?;
        let [target, target_length, route, route_length, file, file_length, line] = entry;
        let string =
            |offset, length| core::str::from_utf8(self.text.sub(offset, length)?.of(table)).ok();
        Some(RuleInfo {
            target: string(target, target_length)?,
            route: string(route, route_length)?,
            file: string(file, file_length)?,
            line,
        })
    }
}

#[cfg(feature = "alloc")]
pub(crate) fn write(
    rules: &[crate::plan::Rule],
) -> Result<crate::plan::Buffer, crate::plan::TooLarge> {
    let mut out = crate::plan::Buffer::default();
    out.length(rules.len())?;
    // Rules of one target share its name, rules of one file its path.
    let mut text = crate::plan::Text::default();
    for rule in rules {
        for string in [&rule.target, &rule.route, &rule.file] {
            text.refer_to(string, &mut out)?;
        }
        out.u32(rule.line);
    }
    out.bytes(text.as_bytes());
    Ok(out)
}
