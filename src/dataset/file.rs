//! One file of a table.

use std::fmt;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::error::ReadbackError;
use crate::format::{Form, Reader, Reading};

/// A file that is being read.
pub(super) struct PartFile {
    path: PathBuf,
    pub form: Form,
    reader: Reader,
}

impl PartFile {
    pub fn open(path: &Path, reading: &Reading) -> Result<Self, ReadbackError> {
        let (reader, form) = Reader::open(path, reading).map_err(|error| ReadbackError::of(path, error))?;
        Ok(Self { path: path.to_owned(), form, reader })
    }

    /// The schema of its batches; `None` for an empty file.
    pub fn schema(&self) -> Option<&SchemaRef> {
        self.reader.schema()
    }

    /// The schema as stored in the file.
    pub fn stored(&self) -> Option<&SchemaRef> {
        self.reader.stored()
    }

    /// The next rows; `None` at the end.
    pub fn next(&mut self) -> Result<Option<RecordBatch>, ReadbackError> {
        self.reader.next().map_err(|error| ReadbackError::of(&self.path, error))
    }
}

impl fmt::Debug for PartFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartFile").field("path", &self.path).field("form", &self.form).finish_non_exhaustive()
    }
}
