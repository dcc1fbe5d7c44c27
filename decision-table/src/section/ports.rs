//! The ports that rules name, in ascending order. The class of a port is its
//! place in the list, from 1; every other port is of class 0.

use crate::wire::{FormatError, Reader, U16s};

#[derive(Clone, Copy)]
pub(crate) struct Ports<'a>(U16s<'a>);

impl<'a> Ports<'a> {
    pub(crate) fn split(bytes: &'a [u8]) -> Result<Self, FormatError> {
        let mut reader = Reader::new("ports", bytes);
        let count = reader.u32()?;
        reader.u16s(count).map(Self)
    }

    pub(crate) fn verify(self) -> Result<(), FormatError> {
        if !self.0.iter().is_sorted_by(|a, b| a < b) {
            return Reader::new("ports", &[]).fail("they are not in ascending order");
        }
        Ok(())
    }

    pub(crate) fn class(self, port: u16) -> u32 {
        self.0.position(port).map_or(0, |position| position.saturating_add(1))
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
