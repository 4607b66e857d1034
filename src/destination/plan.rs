//! What a destination must know of the run that writes to it.

use std::path::Path;
use std::time::Duration;

use crate::config::{ChangesConfig, Encoding, ExportConfig, FileMode, OnIncomplete, Output, StoreLock};
use crate::proof::Require;

/// The options of a run that concern its output.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan<'c> {
    pub output: &'c Output,
    pub encoding: Encoding,
    pub mode: Option<FileMode>,
    pub lock_timeout: Option<Duration>,
    /// How objects in a store are locked.
    pub store_lock: StoreLock,
    /// Where the manifest of a stream goes.
    pub manifest: Option<&'c Path>,
    /// Whether owners are written as a second file.
    pub has_owners: bool,
    pub has_kit: bool,
    /// Whether a stream is held back until everything is read.
    pub holds_back: bool,
}

impl<'c> From<&'c ExportConfig> for Plan<'c> {
    fn from(config: &'c ExportConfig) -> Self {
        Self {
            output: &config.output,
            encoding: config.encoding,
            mode: config.mode,
            lock_timeout: config.lock_timeout,
            store_lock: config.store_lock,
            manifest: config.manifest.as_deref(),
            has_owners: config.has_owners_file(),
            has_kit: config.kit.is_some(),
            holds_back: config.contacts.required() >= Require::Complete
                && config.on_incomplete == OnIncomplete::Discard,
        }
    }
}

impl<'c> From<&'c ChangesConfig> for Plan<'c> {
    /// A stream need not be held back: whether changes may be published is known before they are written.
    fn from(config: &'c ChangesConfig) -> Self {
        Self {
            output: &config.output,
            encoding: config.encoding,
            mode: config.mode,
            lock_timeout: config.lock_timeout,
            store_lock: config.store_lock,
            manifest: config.manifest.as_deref(),
            has_owners: false,
            has_kit: false,
            holds_back: false,
        }
    }
}
