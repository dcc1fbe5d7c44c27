//! How much text is read before a hostile or mistaken input is refused.

/// Bounds on each file and document. Reaching one ends in a diagnostic, never in
/// a hang.
///
/// Bytes, documents and problems limit a file, nodes and depth a document. Only one
/// document's nodes are in memory at a time. The defaults are far above any
/// policy that people maintain (20,000 TrafficTargets with their accounts and
/// routes), and low enough that the worst permitted file is read within seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one file.
    pub bytes: usize,
    /// Documents in one file.
    pub documents: usize,
    /// Problems of one file that are reported. Of one document it is never more
    /// than 100.
    pub problems: usize,
    /// Nodes of one document when each alias counts as the text it stands for.
    /// Every 16 bytes of a scalar count as a node.
    pub nodes: usize,
    /// Mappings and lists inside each other, also through aliases.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 16 << 20, documents: 100_000, problems: 10_000, nodes: 500_000, depth: 64 }
    }
}
