//! The manifest, key by key: the same record is written and read back.
//!
//! `docs/manifest.schema.json` describes it for other programs. Keys are only ever added, and unknown keys are ignored.
//! It contains no contact data but the ids of contacts that a reason names, or that are unconfirmed.

use std::io::{self, Read};
use std::path::Path;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use super::schema::ColumnRecord;
use super::seal;
use crate::checksum::Checksum;
use crate::digest::ContentDigest;
use crate::proof::Level;
use crate::storage::{self, Source};
use crate::text::sanitize::escape;

/// The version of the manifest's format. It does not change while keys are only added.
pub(crate) const FORMAT_VERSION: u32 = 1;
/// The largest manifest that is read: enough for a million part files.
pub(crate) const LARGEST_MANIFEST: u64 = 256 << 20;

/// The record of a successful run: what was read, how, and the files it wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub format_version: u32,
    pub program: ProgramRecord,
    pub source: SourceRecord,
    pub times: TimesRecord,
    pub options: OptionsRecord,
    pub run: RunRecord,
    pub contacts: ContactsRecord,
    #[serde(default)]
    pub warnings: Vec<WarningRecord>,
    pub completeness: CompletenessRecord,
    /// What became of the contacts of the previous export; null without one.
    #[serde(default)]
    pub continuity: Option<ContinuityRecord>,
    /// The file; null for a directory.
    pub file: Option<FileRecord>,
    /// The part files of a directory.
    #[serde(default)]
    pub parts: Vec<FileRecord>,
    /// The owners, if they have a table of their own.
    pub owners: Option<OwnersRecord>,
    /// The digest of the contacts, if it was requested.
    pub digest: Option<DigestRecord>,
    pub schema: SchemaRecord,
}

/// The program that wrote a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ProgramRecord {
    pub name: String,
    pub version: String,
}

/// Whose contacts were read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SourceRecord {
    /// The base URL, or `sandbox`.
    pub base_url: String,
    pub organization: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TimesRecord {
    pub started_at: String,
    pub finished_at: String,
    pub seconds: f64,
}

/// The options that shaped the data; those about speed are not among them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OptionsRecord {
    pub format: String,
    pub compression: String,
    pub compression_level: Option<u8>,
    pub parquet_profile: Option<String>,
    pub row_group_bytes: Option<usize>,
    pub rows_per_file: Option<u64>,
    pub partition: Option<String>,
    pub owners: Option<String>,
    /// Columns whose values were replaced by their HMAC.
    #[serde(default)]
    pub hmac_columns: Vec<String>,
    /// Identifies the key of the HMACs without revealing it.
    pub hmac_key: Option<String>,
    /// Whether each line is a contact as the API sent it, not a row of the table.
    #[serde(default)]
    pub raw: bool,
    pub limit: Option<u64>,
    pub per_page: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunRecord {
    pub pages: u64,
    pub requests: RequestsRecord,
    pub retries: u64,
    pub slowdowns: u64,
    /// What this run, or an earlier one, found out about the request rate.
    pub rate: Option<RateRecord>,
    pub bytes_read: u64,
}

/// A rate that the server sustained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RateRecord {
    pub per_second: f64,
    /// The pages it was measured over, and the time in which they arrived.
    pub pages: u64,
    pub seconds: f64,
    /// Whether the server refused more; otherwise it may sustain a higher rate.
    pub is_limit: bool,
    /// Pages per second over that run, waits included, except while it was learning.
    #[serde(default)]
    pub throughput: Option<f64>,
    pub measured_at: String,
}

/// Requests by outcome. Two kinds are counted only in `sent`: successful probes of a server that was down, and requests
/// that were in flight when the run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RequestsRecord {
    pub sent: u64,
    /// Those that returned a page.
    pub pages: u64,
    pub rate_limited: u64,
    pub unavailable: u64,
    pub invalid_response: u64,
    pub rejected: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ContactsRecord {
    pub rows: u64,
    pub owners: u64,
    pub total_count: TotalCountRecord,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TotalCountRecord {
    pub first: u64,
    pub last: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct WarningRecord {
    pub kind: String,
    pub column: String,
    pub count: u64,
    pub example: ExampleRecord,
}

/// Where a warning was first seen; never the value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ExampleRecord {
    pub page: u64,
    pub position: usize,
}

/// The certificate of completeness.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct CompletenessRecord {
    /// A text, so that a level of a later program can be named in the error.
    pub level: String,
    pub assumptions: Vec<AssumptionRecord>,
    /// Why the level is not higher.
    pub reasons: Vec<String>,
    /// The order of the list, as seen in the data.
    pub order: Option<String>,
    pub responses: u64,
    pub overlaps: u64,
    pub repair_requests: u64,
    pub verification_passes: u64,
    pub repeated_rows: u64,
    /// From when on later changes are to be looked for: the start of the run by our clock or the server's, whichever is
    /// earlier.
    pub watermark: String,
}

/// An assumption about the server that the level rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct AssumptionRecord {
    pub name: String,
    pub status: String,
    pub text: String,
}

/// What became of the contacts of the previous export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ContinuityRecord {
    /// The previous export.
    pub previous: PreviousRecord,
    /// Its contacts that the pages showed.
    pub present: u64,
    /// Contacts that it did not have.
    pub new: u64,
    /// Its contacts that the API says do not exist.
    pub deleted: u64,
    /// Its contacts that no page showed, but that exist and are in this export.
    pub recovered: u64,
    /// Its contacts of which it is not known whether they exist.
    pub unconfirmed: u64,
    /// Their ids, ascending; null if there are too many to list.
    pub unconfirmed_ids: Option<Vec<i64>>,
    /// Requests for single contacts, not counting repeated attempts.
    pub lookups: u64,
    /// Why some are unconfirmed.
    pub reason: Option<String>,
}

/// The previous export, by its manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PreviousRecord {
    /// The name of its file or directory.
    pub name: Option<String>,
    #[serde(flatten)]
    pub export: ExportRecord,
}

/// An export that another file refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ExportRecord {
    /// The SHA-256 of the bytes of its manifest. Not named like the seal, which is the last key of its name.
    pub sha256_of_manifest: String,
    pub level: String,
    pub watermark: String,
    pub finished_at: String,
    pub rows: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FileRecord {
    /// Relative to the manifest's directory; null for stdout.
    pub name: Option<String>,
    pub rows: u64,
    pub bytes: u64,
    pub sha256: String,
}

/// The owners as a table of their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OwnersRecord {
    pub rows: u64,
    /// Contacts whose copy of their owner differs from the one in the table.
    pub contradictions: u64,
    pub file: FileRecord,
    pub digest: Option<DigestRecord>,
    pub columns: Vec<ColumnRecord>,
}

/// The digest of a table; the sum is a text because it does not fit a JSON number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DigestRecord {
    pub rows: u64,
    pub sum: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SchemaRecord {
    pub version: String,
    pub fingerprint: String,
    pub columns: Vec<ColumnRecord>,
}

/// Why a manifest cannot be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// It was changed or truncated, or is not a manifest.
    #[error("the manifest is damaged: its own checksum does not match")]
    Damaged,
    /// A later version of the program wrote it.
    #[error("the manifest has format_version {found}, but this program supports only {FORMAT_VERSION}")]
    Later {
        /// Its version.
        found: u32,
    },
    /// It describes something else, such as changes instead of contacts.
    #[error("the manifest describes {found}, not {due}")]
    Content {
        /// What it describes, sanitized.
        found: String,
        /// What was expected.
        due: &'static str,
    },
    /// It states a level that this program does not know.
    #[error("the manifest states the unknown level \"{found}\"")]
    UnknownLevel {
        /// The level, sanitized.
        found: String,
    },
    /// It states an assumption that this program does not know.
    #[error("the manifest states the unknown assumption \"{found}\"")]
    UnknownAssumption {
        /// The assumption's name, sanitized.
        found: String,
    },
    /// Two of its statements cannot both be true.
    #[error("the manifest contradicts itself: {0}")]
    Contradiction(String),
    /// A key is missing or has the wrong type, although the checksum matches.
    #[error("cannot parse the manifest: {0}")]
    Unreadable(String),
}

impl Manifest {
    /// The level of completeness, if this program knows it.
    pub fn level(&self) -> Result<Level, ManifestError> {
        let level = &self.completeness.level;
        Level::named(level).ok_or_else(|| ManifestError::UnknownLevel { found: escape(level) })
    }

    /// The files of the contacts: one, or the parts of a directory.
    pub fn files(&self) -> impl Iterator<Item = &FileRecord> {
        self.file.iter().chain(&self.parts)
    }

    /// The owners' file, if they have a table of their own.
    pub fn owners_file(&self) -> Option<&FileRecord> {
        self.owners.as_ref().map(|owners| &owners.file)
    }

    /// The text of the manifest, with its checksum.
    pub fn text(&self) -> Result<String, serde_json::Error> {
        seal::seal(self)
    }
}

impl ExportRecord {
    /// The export that a manifest describes; `sha256` is that of the manifest.
    pub fn of(manifest: &Manifest, sha256: String) -> Self {
        Self {
            sha256_of_manifest: sha256,
            level: manifest.completeness.level.clone(),
            watermark: manifest.completeness.watermark.clone(),
            finished_at: manifest.times.finished_at.clone(),
            rows: manifest.contacts.rows,
        }
    }
}

impl ProgramRecord {
    /// This program.
    pub fn ours() -> Self {
        Self { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }
}

impl From<ContentDigest> for DigestRecord {
    fn from(digest: ContentDigest) -> Self {
        Self { rows: digest.rows, sum: digest.sum.to_string() }
    }
}

impl FileRecord {
    /// Whether `path` is this file, by its checksum. Pipes and devices never are: reading them could block or never end.
    pub fn is(&self, path: &Path) -> bool {
        storage::is_file(path)
            && Checksum::of_file(path).is_ok_and(|found| found.bytes() == self.bytes && found.digits() == self.sha256)
    }
}

/// The bytes of a manifest file; anything but a regular file is refused without waiting for it.
pub(crate) fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    read_limited(Source::open_regular(path)?)
}

/// The bytes of a manifest, from any reader.
pub(crate) fn read_limited(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(LARGEST_MANIFEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_MANIFEST {
        let reason = format!("larger than {} MiB, the limit for manifests", LARGEST_MANIFEST >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
    }
    Ok(bytes)
}

/// An instant as manifests, reports and logs show it: RFC 3339, UTC, milliseconds.
pub(crate) fn timestamp(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Millis, true)
}
