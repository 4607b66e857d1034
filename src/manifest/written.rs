//! The files that a run wrote, as they are recorded.

use arrow::datatypes::SchemaRef;

use super::checksum::Checksum;
use super::record::FileRecord;
use crate::config::{ExportConfig, OutFile, Output};

/// All that was written.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    /// The columns of the contacts.
    pub schema: SchemaRef,
    /// Files of contacts: one, or the parts of a folder.
    pub parts: Vec<WrittenFile>,
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
        self.parts.iter().map(|part| part.checksum.bytes()).sum()
    }

    pub(super) fn records(&self, config: &ExportConfig) -> FileRecords {
        let mut records = self.parts.iter().map(|part| part.record(config));
        match config.output {
            Output::Folder { .. } => FileRecords { file: None, parts: records.collect() },
            _ => FileRecords { file: records.next(), parts: Vec::new() },
        }
    }
}

impl WrittenFile {
    fn record(&self, config: &ExportConfig) -> FileRecord {
        FileRecord {
            name: self.name(config),
            rows: self.rows,
            bytes: self.checksum.bytes(),
            sha256: self.checksum.clone().digits(),
        }
    }

    /// The name within the folder alone: the folders above it may say whose machine this is.
    fn name(&self, config: &ExportConfig) -> Option<String> {
        match &config.output {
            Output::Stdout => None,
            Output::Folder { .. } => Some(self.file.in_folder(config.encoding)),
            Output::File(path) => {
                Some(self.file.beside(path, config.encoding).file_name()?.to_string_lossy().into_owned())
            }
        }
    }
}
