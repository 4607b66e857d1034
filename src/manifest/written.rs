//! The files that a run wrote, as they are recorded.

use arrow::datatypes::SchemaRef;

use super::record::{FileRecord, OwnersRecord};
use super::schema::columns;
use crate::checksum::Checksum;
use crate::config::{ExportConfig, OutFile};
use crate::digest::ContentDigest;

/// All that was written.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    /// The columns of the contacts.
    pub schema: SchemaRef,
    /// Files of contacts: one, or the parts of a folder.
    pub parts: Vec<WrittenFile>,
    /// The digest of the contacts, where it was asked for.
    pub digest: Option<ContentDigest>,
    /// The owners, where they have a table.
    pub owners: Option<WrittenOwners>,
}

/// The owners' file.
#[derive(Debug, Clone)]
pub(crate) struct WrittenOwners {
    pub schema: SchemaRef,
    pub file: WrittenFile,
    /// Contacts whose copy of their owner differs from the one in the table.
    pub contradictions: u64,
    pub digest: Option<ContentDigest>,
}

/// One file.
#[derive(Debug, Clone)]
pub(crate) struct WrittenFile {
    pub file: OutFile,
    pub rows: u64,
    pub checksum: Checksum,
}

/// The records of a run's files.
pub(super) struct FileRecords {
    /// The file; none where there is a folder.
    pub file: Option<FileRecord>,
    /// The files of a folder.
    pub parts: Vec<FileRecord>,
}

impl Written {
    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        let owners = self.owners.iter().map(|owners| &owners.file);
        self.parts.iter().chain(owners).map(|file| file.checksum.bytes()).sum()
    }

    pub(super) fn records(&self, config: &ExportConfig) -> FileRecords {
        let mut records = self.parts.iter().map(|part| part.record(config));
        if config.output.is_directory() {
            FileRecords { file: None, parts: records.collect() }
        } else {
            FileRecords { file: records.next(), parts: Vec::new() }
        }
    }

    pub(super) fn owners_record(&self, config: &ExportConfig) -> Option<OwnersRecord> {
        self.owners.as_ref().map(|owners| OwnersRecord {
            rows: owners.file.rows,
            contradictions: owners.contradictions,
            file: owners.file.record(config),
            digest: owners.digest,
            columns: columns(&owners.schema),
        })
    }
}

impl WrittenFile {
    fn record(&self, config: &ExportConfig) -> FileRecord {
        FileRecord {
            name: config.output.name_of(self.file, config.encoding),
            rows: self.rows,
            bytes: self.checksum.bytes(),
            sha256: self.checksum.clone().digits(),
        }
    }
}
