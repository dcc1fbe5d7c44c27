//! The ports that rules name, in ascending order. The class of a port is its
//! place in the list, from 1; every other port is of class 0.

use crate::wire::{FormatError, Part, Reader};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports(Part);

impl Ports {
    pub(crate) fn open(mut reader: Reader<'_>) -> Result<Self, FormatError> {
        let count = reader.u32()?;
        let ports = reader.array(count, 2)?;
        if !ports.u16s(reader.table).iter().is_sorted_by(|a, b| a < b) {
            return reader.fail("they are not in ascending order");
        }
        reader.end()?;
        Ok(Self(ports))
    }

    pub(crate) fn class(self, table: &[u8], port: u16) -> u32 {
        let position = self.0.u16s(table).position(port);
        position.map_or(0, |position| position.saturating_add(1))
    }

    pub(crate) fn iter(self, table: &[u8]) -> impl Iterator<Item = u16> {
        self.0.u16s(table).iter()
    }
}

#[cfg(feature = "alloc")]
pub(crate) fn write(ports: &[u16]) -> Result<crate::plan::Buffer, crate::plan::TooLarge> {
    let mut out = crate::plan::Buffer::default();
    out.length(ports.len())?;
    for port in ports {
        out.u16(*port);
    }
    Ok(out)
}
