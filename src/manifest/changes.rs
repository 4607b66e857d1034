//! The manifest of the changes between two exports: it names both by the checksums of their manifests, so that a chain of
//! changes shows whether a link is missing.

use serde::{Deserialize, Serialize};

use super::opened::{Content, opened};
use super::record::{
    ExportRecord, FORMAT_VERSION, FileRecord, ManifestError, ProgramRecord, SchemaRecord, SourceRecord,
};
use super::schema::{columns, fingerprint};
use super::{create::Written, seal};
use crate::config::{Encoding, Output};
use crate::proof::Level;
use crate::resource::SCHEMA_VERSION;
use crate::text::sanitize::escape;

/// The record of a comparison, and the files it wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ChangesManifest {
    pub format_version: u32,
    pub program: ProgramRecord,
    /// Always `changes`.
    pub content: String,
    /// Where the new export comes from.
    pub source: SourceRecord,
    pub options: ChangesOptionsRecord,
    /// The old export; null if the new one is the first of a chain.
    pub from: Option<ExportRecord>,
    /// The new export.
    pub to: ExportRecord,
    pub changes: ChangesRecord,
    /// The file; null for a directory.
    pub file: Option<FileRecord>,
    /// The part files of a directory.
    #[serde(default)]
    pub parts: Vec<FileRecord>,
    pub schema: SchemaRecord,
}

/// The options that shaped the files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ChangesOptionsRecord {
    pub format: String,
    pub compression: String,
    pub compression_level: Option<u8>,
    pub rows_per_file: Option<u64>,
    pub partition: Option<String>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChangesRecord {
    pub rows: u64,
    pub by_type: ByType,
    /// The changed columns of the updates, most frequent first.
    pub by_column: Vec<ColumnChanges>,
    /// `proven`, or `unproven` if the old export may lack contacts that existed.
    pub inserts: String,
    /// What proves deletions.
    #[serde(default)]
    pub deletes: Proof,
    /// Contacts that only the old export has, and that are not deleted: they stay in a table to which the changes are applied, and
    /// later changes do not mention them. If 0, the table then has exactly the new export.
    #[serde(default)]
    pub kept: u64,
}

/// What proves that contacts were deleted that the new export lacks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Proof {
    /// The new export is complete.
    #[default]
    Completeness,
    /// Its run looked them up, and the API said that they do not exist.
    Lookups,
}

/// Rows by their `change_type`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ByType {
    pub insert: u64,
    pub update_preimage: u64,
    pub update_postimage: u64,
    pub delete: u64,
    pub missing: u64,
}

/// How many updates changed a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ColumnChanges {
    pub name: String,
    pub updates: u64,
}

/// What a comparison found, for its manifest.
#[derive(Debug, Clone)]
pub(crate) struct Compared {
    pub source: SourceRecord,
    pub from: Option<ExportRecord>,
    pub to: ExportRecord,
    pub changes: ChangesRecord,
}

impl ByType {
    pub fn rows(self) -> u64 {
        let Self { insert, update_preimage, update_postimage, delete, missing } = self;
        [insert, update_preimage, update_postimage, delete, missing].into_iter().fold(0, u64::saturating_add)
    }
}

impl ChangesManifest {
    /// The manifest of a comparison.
    pub fn new(compared: Compared, written: &Written, output: &Output, encoding: Encoding, most: u64) -> Self {
        let mut parts: Vec<_> = written.parts.iter().map(|part| part.record(output, encoding)).collect();
        let file = if output.is_directory() { None } else { parts.drain(..).next() };
        let columns = columns(&written.schema);
        let Compared { source, from, to, changes } = compared;
        Self {
            format_version: FORMAT_VERSION,
            program: ProgramRecord::ours(),
            content: Content::Changes.name().to_owned(),
            source,
            options: ChangesOptionsRecord {
                format: encoding.format.to_string(),
                compression: encoding.compression.codec().to_string(),
                compression_level: encoding.compression.level(),
                rows_per_file: output.is_directory().then_some(most),
                partition: output.partition().map(ToString::to_string),
            },
            from,
            to,
            changes,
            file,
            parts,
            schema: SchemaRecord { version: SCHEMA_VERSION.to_owned(), fingerprint: fingerprint(&columns), columns },
        }
    }

    /// Parses the manifest of changes, if its checksum matches and its version is supported.
    pub fn read(bytes: &[u8]) -> Result<Self, ManifestError> {
        opened(bytes)?.parse_as(Content::Changes)
    }

    /// The level of the new export, if this program knows it.
    pub fn level(&self) -> Result<Level, ManifestError> {
        Level::named(&self.to.level).ok_or_else(|| ManifestError::UnknownLevel { found: escape(&self.to.level) })
    }

    /// The text of the manifest, with its checksum.
    pub fn text(&self) -> Result<String, serde_json::Error> {
        seal::seal(self)
    }
}
