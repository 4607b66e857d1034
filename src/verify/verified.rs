//! A file or directory that matches its manifest.

use std::path::{Path, PathBuf};

use super::described::Described;
use super::error::VerifyError;
use crate::manifest::{Claim, Content, FileRecord};
use crate::proof::{Level, Require};

/// A file or directory that matches its manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// The file or directory, symlinks resolved.
    pub file: PathBuf,
    /// Whether its rows are changes between two exports, not contacts.
    pub are_changes: bool,
    /// Its contacts or changes.
    pub rows: u64,
    /// The size of all files of contacts and owners.
    pub bytes: u64,
    /// The SHA-256 of the file, in hexadecimal; of a directory, that of its manifest, which lists those of all files.
    pub sha256: String,
    /// The level of completeness; of changes, that of the new export.
    pub level: Level,
    /// Why the level is not higher, in the words of the manifest, sanitized.
    pub reasons: Vec<String>,
    /// When the run ended: RFC 3339; of changes, that of the new export.
    pub finished_at: String,
}

impl Verified {
    /// What a manifest claims of a file or directory, before its files are added.
    pub(super) fn new(file: &Path, described: &Described, sha256: String) -> Self {
        let Claim { level, reasons, finished_at } = described.claim.clone();
        let are_changes = described.manifest.content() == Content::Changes;
        Self { file: file.to_owned(), are_changes, rows: 0, bytes: 0, sha256, level, reasons, finished_at }
    }

    /// Refuses it if its level is below the required one.
    ///
    /// # Errors
    /// [`VerifyError::Below`], with the reasons.
    pub fn require(&self, required: Require) -> Result<(), VerifyError> {
        if required.is_met_by(self.level) {
            return Ok(());
        }
        let Self { file: path, level, reasons, .. } = self.clone();
        Err(VerifyError::Below { path, level, required, reasons })
    }

    /// Adds a file of contacts or changes.
    pub(super) fn add(&mut self, file: &FileRecord) {
        self.rows += file.rows;
        self.bytes += file.bytes;
    }
}
