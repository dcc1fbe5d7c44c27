//! How much text is read before a hostile or mistaken input is refused.

/// Bounds on each file. Reaching one ends in a diagnostic, never in a hang.
///
/// The defaults are far above any policy that people maintain, and low enough
/// that the worst permitted file is read within seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one file.
    pub bytes: usize,
    /// Documents in one file.
    pub documents: usize,
    /// Nodes of one file, and nodes of one document when each alias counts as
    /// the text it stands for. Every 16 bytes of a scalar count as a node.
    pub nodes: usize,
    /// Mappings and lists inside each other, also through aliases.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 8 << 20, documents: 20_000, nodes: 500_000, depth: 64 }
    }
}
