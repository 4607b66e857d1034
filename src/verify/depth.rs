//! How much of a file is compared with its manifest.

/// How much of a file is compared with its manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Its bytes only, for a caller that reads the rows itself.
    Bytes,
    /// The same, for a run that holds its lock.
    OwnBytes,
    /// Its rows and columns, too.
    Contents,
}
