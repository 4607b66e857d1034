//! Where changes between two exports go, and in which form.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use super::{Encoding, FileMode, Format, Output, StoreLock, defaults};

/// Where changes between two exports go, and in which form.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ChangesConfig {
    /// Where the changes go.
    pub output: Output,
    /// File format and compression.
    pub encoding: Encoding,
    /// Rows per part file of a directory. Default: 1,000,000. The last part may have fewer.
    pub rows_per_file: NonZeroU64,
    /// File permissions. Default: those of the replaced file; 600 for new files.
    pub mode: Option<FileMode>,
    /// How long to wait if another run holds the lock. Default: not at all.
    pub lock_timeout: Option<Duration>,
    /// How an object in a store is locked. Default: for a minute at a time.
    pub store_lock: StoreLock,
    /// Where to write the manifest if the output is stdout or a device. Default: nowhere.
    pub manifest: Option<PathBuf>,
    /// A directory for a kit: what warehouses need to apply the changes to a table, and to check it. Default: none. It is
    /// created, or replaced if it is empty or holds an earlier kit of changes; its parent must exist.
    pub kit: Option<PathBuf>,
}

impl ChangesConfig {
    /// The default settings.
    #[must_use]
    pub fn new(output: Output, format: Format) -> Self {
        let encoding = Encoding::new(format);
        let rows_per_file = defaults::ROWS_PER_FILE;
        let store_lock = StoreLock::default();
        Self { output, encoding, rows_per_file, mode: None, lock_timeout: None, store_lock, manifest: None, kit: None }
    }
}
