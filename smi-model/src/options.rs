//! What a reader may choose.

use crate::Limits;

/// How documents are read.
///
/// ```
/// use smi_model::{ReadOptions, source::SourceMap};
///
/// let mut sources = SourceMap::new();
/// sources.add("route.yaml", "kind: TCPRoute\nmetadata: {name: any}\n")?;
/// let options = ReadOptions { assume_versions: true, ..ReadOptions::default() };
/// let read = smi_model::read_with(&sources, &options);
/// assert_eq!(read.value.tcp_routes.len(), 1);
/// assert_eq!(read.diagnostics[0].code.name, "assumed-version");
/// # Ok::<(), smi_model::source::TooLarge>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// Bounds on each file.
    pub limits: Limits,
    /// Whether an SMI object without `apiVersion` is read as the newest version
    /// that fits it, with a warning; otherwise it is an error.
    pub assume_versions: bool,
}
