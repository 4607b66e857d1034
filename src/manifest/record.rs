//! What a manifest says, key by key. `docs/manifest.schema.json` describes the same for other programs.
//!
//! Keys are only ever added. No value of any contact stands here.

use serde::Serialize;

use super::completeness::CompletenessRecord;
use super::schema::ColumnRecord;
use crate::digest::ContentDigest;
use crate::events::Failures;

/// The record of a run that ended well: what was read, how, and the file it made.
///
/// It serialises to the manifest's JSON, all but its seal.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Manifest {
    pub(super) format_version: u32,
    pub(super) program: ProgramRecord,
    pub(super) source: SourceRecord,
    pub(super) times: TimesRecord,
    pub(super) options: OptionsRecord,
    pub(super) run: RunRecord,
    pub(super) contacts: ContactsRecord,
    pub(super) warnings: Vec<WarningRecord>,
    pub(super) completeness: CompletenessRecord,
    /// None where there is a folder.
    pub(super) file: Option<FileRecord>,
    /// The files of a folder.
    pub(super) parts: Vec<FileRecord>,
    /// The owners' file, where they have a table.
    pub(super) owners: Option<OwnersRecord>,
    /// The digest of the contacts, where it was asked for.
    pub(super) digest: Option<ContentDigest>,
    pub(super) schema: SchemaRecord,
}

impl Manifest {
    /// Contacts written.
    pub(crate) fn rows(&self) -> u64 {
        self.contacts.rows
    }
}

/// The program that wrote a record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ProgramRecord {
    name: &'static str,
    version: &'static str,
}

impl ProgramRecord {
    /// This one.
    pub fn ours() -> Self {
        Self { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") }
    }
}

/// Whose contacts were read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct SourceRecord {
    /// The base URL, or `sandbox`.
    pub base_url: String,
    pub organisation: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct TimesRecord {
    pub started_at: String,
    pub finished_at: String,
    pub seconds: f64,
}

/// The options that shaped the data; how fast it was read is no such option.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct OptionsRecord {
    pub format: String,
    pub compression: String,
    pub compression_level: Option<u8>,
    pub parquet_profile: Option<String>,
    pub row_group_bytes: Option<usize>,
    pub rows_per_file: Option<u64>,
    pub partition: Option<String>,
    pub owners: Option<String>,
    /// Columns whose values are hashed.
    pub hashed: Vec<String>,
    /// What tells the key of the hashes from another.
    pub hash_key: Option<String>,
    pub raw: bool,
    pub limit: Option<u64>,
    pub per_page: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct RunRecord {
    pub pages: u64,
    pub requests: RequestsRecord,
    pub retries: u64,
    pub throttles: u64,
    pub learned_rate: Option<f64>,
    /// When it was learned: an earlier run's stands where nothing was refused in this one.
    pub learned_at: Option<String>,
    pub bytes_read: u64,
}

/// Requests by what came of them. A server that is down is also asked without wanting the page: what such
/// a probe answers well is in `sent` alone, and so is a request that was under way when the run ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct RequestsRecord {
    pub sent: u64,
    /// Those that gave a page.
    pub pages: u64,
    #[serde(flatten)]
    pub failures: Failures,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct ContactsRecord {
    pub rows: u64,
    pub owners: u64,
    pub total_count: TotalCountRecord,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct TotalCountRecord {
    pub first: u64,
    pub last: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct WarningRecord {
    pub kind: &'static str,
    pub column: &'static str,
    pub count: u64,
    pub example: ExampleRecord,
}

/// Where a warning was first seen: a place, never a value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct ExampleRecord {
    pub page: u64,
    pub position: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct FileRecord {
    /// None for standard output.
    pub name: Option<String>,
    pub rows: u64,
    pub bytes: u64,
    pub sha256: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct SchemaRecord {
    pub version: &'static str,
    pub fingerprint: String,
    pub columns: Vec<ColumnRecord>,
}

/// The owners as a table of their own.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct OwnersRecord {
    pub rows: u64,
    /// Contacts whose copy of their owner differs from the one in the table.
    pub contradictions: u64,
    pub file: FileRecord,
    pub digest: Option<ContentDigest>,
    pub columns: Vec<ColumnRecord>,
}
