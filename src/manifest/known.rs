//! Manifests read back: the text comes in, and what later runs and `verify` need goes out.
//!
//! Keys that are not known are let through, for later programs add some.

use std::io::{self, Read};
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::schema::ColumnRecord;
use super::{FORMAT_VERSION, seal};
use crate::checksum::Checksum;
use crate::platform;
use crate::text::sanitize::escape;

/// The most bytes that are read of a manifest: enough for a million part files.
const LARGEST: u64 = 256 << 20;

/// What is needed of a manifest that was read.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Known {
    pub source: KnownSource,
    pub times: KnownTimes,
    pub options: KnownOptions,
    pub run: KnownRun,
    /// None where there is a folder.
    pub file: Option<KnownFile>,
    /// The files of a folder.
    #[serde(default)]
    pub parts: Vec<KnownFile>,
    pub owners: Option<KnownOwners>,
    pub schema: KnownSchema,
    /// The digest of the contents, where the run took one.
    pub digest: Option<KnownDigest>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct KnownSource {
    pub base_url: String,
    pub organisation: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct KnownTimes {
    pub finished_at: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct KnownOptions {
    pub format: String,
    /// Whether each line is a contact as the API sent it, and not a row of the table.
    #[serde(default)]
    pub raw: bool,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct KnownRun {
    pub learned_rate: Option<f64>,
    pub learned_at: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct KnownCompleteness {
    pub level: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct KnownFile {
    /// Within its folder; none for standard output.
    pub name: Option<String>,
    pub rows: u64,
    pub bytes: u64,
    pub sha256: String,
}

/// Owners that are a table of their own, or none.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct KnownOwners {
    pub file: Option<KnownFile>,
    #[serde(default)]
    pub columns: Vec<ColumnRecord>,
    pub digest: Option<KnownDigest>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct KnownSchema {
    pub fingerprint: String,
    pub columns: Vec<ColumnRecord>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct KnownDigest {
    pub rows: u64,
    pub sum: String,
}

/// Why a manifest cannot be relied on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// It was changed, or cut, or is none.
    #[error("the manifest is damaged: it differs from what its own digest says")]
    Damaged,
    /// It is of a later program.
    #[error("the manifest has format_version {found}, and this program knows {FORMAT_VERSION}")]
    Later {
        /// Its version.
        found: u32,
    },
    /// It names a level that this program does not know.
    #[error("the manifest names the level \"{found}\", which this program does not know")]
    UnknownLevel {
        /// The level, fit to be shown.
        found: String,
    },
    /// What it says in one place cannot be true if another is.
    #[error("the manifest contradicts itself: {0}")]
    Contradiction(String),
    /// A key is missing or of another kind, though its digest is right.
    #[error("the manifest cannot be read: {0}")]
    Unreadable(String),
}

impl Known {
    /// Reads a manifest.
    pub fn read(bytes: &[u8]) -> Result<Self, ManifestError> {
        unsealed(bytes)
    }

    /// The file of the owners, where they are a table of their own.
    pub fn owners_file(&self) -> Option<&KnownFile> {
        self.owners.as_ref()?.file.as_ref()
    }
}

/// The bytes of a manifest. What is not a regular file is not waited for.
pub(crate) fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    read_limited(platform::open_regular(path)?)
}

/// The bytes of a manifest, wherever they come from.
pub(crate) fn read_limited(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        let reason = format!("a manifest has at most {} MiB", LARGEST >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
    }
    Ok(bytes)
}

/// What is needed of a manifest, if its seal holds and this program knows its version.
pub(super) fn unsealed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ManifestError> {
    let text = std::str::from_utf8(bytes).map_err(|_| ManifestError::Damaged)?;
    if !seal::holds(text) {
        return Err(ManifestError::Damaged);
    }
    let unreadable = |error: serde_json::Error| ManifestError::Unreadable(escape(&error.to_string()));
    let Version { format_version } = serde_json::from_str(text).map_err(unreadable)?;
    if format_version > FORMAT_VERSION {
        return Err(ManifestError::Later { found: format_version });
    }
    serde_json::from_str(text).map_err(unreadable)
}

#[derive(Deserialize)]
struct Version {
    format_version: u32,
}

impl KnownFile {
    /// Whether this is the file, by its digest. A pipe, which would block, and a device, which may have no end, are not.
    pub fn is(&self, path: &Path) -> bool {
        let is_file = std::fs::metadata(path).is_ok_and(|found| found.is_file());
        is_file
            && Checksum::of_file(path).is_ok_and(|found| found.bytes() == self.bytes && found.digits() == self.sha256)
    }
}
