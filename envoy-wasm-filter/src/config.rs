//! From the bytes of the plugin configuration to a policy.

use std::fmt;

use decision_table::{FormatError, Table};

/// What the filter enforces.
pub(crate) enum Policy {
    /// Nobody said what is allowed, so nothing is.
    None,
    /// The decisions of a table, which stays in the buffer that the proxy filled.
    Loaded(Box<Table<Vec<u8>>>),
}

impl Policy {
    /// Reads a configuration: nothing, or a table that verifies.
    pub(crate) fn from_configuration(bytes: Vec<u8>) -> Result<Self, FormatError> {
        if bytes.is_empty() {
            return Ok(Self::None);
        }
        Table::from_bytes(bytes).map(|table| Self::Loaded(Box::new(table)))
    }

    /// A number by which an operator recognises the table in a metric and in the
    /// log: the first four bytes of its digest. Zero when there is none.
    pub(crate) fn table_id(&self) -> u32 {
        let digest = match self {
            Self::None => None,
            Self::Loaded(table) => table.digest().first_chunk(),
        };
        digest.map_or(0, |start| u32::from_be_bytes(*start))
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Loaded(table) = self else {
            return f.write_str("no policy, every request will be denied");
        };
        let workload = table.workload().unwrap_or("the whole mesh");
        write!(f, "table {:08x} for {workload}, dialect {}", self.table_id(), table.dialect())
    }
}
