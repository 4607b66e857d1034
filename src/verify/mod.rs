//! `verify`: whether a file, or a folder, is the one its manifest describes. Offline, and nothing is written.
//!
//! A path comes in; what agrees goes out, or the first thing that does not. The manifest is held against itself, then the
//! checksum compared: what has other bytes is not worth reading. Nothing that a manifest says is shown as it stands there.

mod content;
mod error;
mod file;
mod folder;

use std::path::{Path, PathBuf, is_separator};

pub use error::VerifyError;

use crate::atomic::is_taken_away;
use crate::manifest::{Claim, KnownFile};
use crate::naming::DirectoryNames;
use crate::proof::{Level, Require};

/// A file or a folder that agrees with its manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// The file or folder, symbolic links followed.
    pub file: PathBuf,
    /// Its contacts.
    pub rows: u64,
    /// Its size: that of all files of contacts and owners.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal digits. Of a folder it is that of its manifest, which has those of all files.
    pub sha256: String,
    /// How sure it is that no contact is missing.
    pub level: Level,
    /// Why the level is no higher, in the words of the manifest, fit to be shown.
    pub reasons: Vec<String>,
    /// When its run ended: RFC 3339.
    pub finished_at: String,
}

impl Verified {
    /// What a manifest says of the whole; its files are added one by one.
    fn new(file: &Path, claim: Claim, sha256: String) -> Self {
        let Claim { level, reasons, finished_at } = claim;
        Self { file: file.to_owned(), rows: 0, bytes: 0, sha256, level, reasons, finished_at }
    }

    /// Refuses it where its level is below the one that is required.
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

    /// Adds a file of contacts.
    fn add(&mut self, file: &KnownFile) {
        self.rows += file.rows;
        self.bytes += file.bytes;
    }
}

/// Checks a file against the manifest beside it, a folder against the one in it, or either against `manifest` where one
/// is named.
///
/// # Errors
/// The first thing in which they differ; where publishing was only interrupted, it says so instead.
pub fn verify(path: &Path, manifest: Option<&Path>) -> Result<Verified, VerifyError> {
    let says_folder = path.to_string_lossy().ends_with(is_separator);
    let is_taken_away = || DirectoryNames::of(path).is_ok_and(|names| is_taken_away(&names.target));
    if says_folder || path.is_dir() || is_taken_away() {
        folder::verify(path, manifest)
    } else {
        file::verify(path, manifest)
    }
}
