//! Reads exports back: a file, or a directory of part files, as one table.
//!
//! Files are Parquet, NDJSON or CSV, the latter two plain or compressed with gzip or zstd; the first bytes of a file decide,
//! never its name. Every format yields the same rows in the same types, and nothing is lost: an unknown column, or a value
//! that does not fit its type, is an error. One batch is in memory at a time, and errors never show a contact's values.
//!
//! ```no_run
//! # fn example() -> Result<(), linq_export::dataset::ReadbackError> {
//! let digest = linq_export::dataset::digest("contacts.ndjson.gz".as_ref())?;
//! println!("{} rows, {}", digest.rows, digest.sum);
//! # Ok(())
//! # }
//! ```

mod error;
mod parts;
mod raw;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Int64Type, SchemaRef};

use crate::digest::ContentDigest;
pub use crate::format::Form;
use crate::format::Reader;
pub(crate) use crate::format::{Reading, Wanted};
use crate::resource::ID;
pub use error::ReadbackError;
use parts::Parts;
pub(crate) use parts::steadily;
pub(crate) use raw::{RawLines, raw_ids, raw_lines};

/// The rows of a table: an iterator over batches, which ends after its first error.
#[derive(Debug)]
pub struct Readback {
    parts: Parts,
    /// How many of the files have been opened.
    begun: usize,
    reader: Option<Reader>,
    reading: Reading,
    form: Form,
    codecs: Vec<&'static str>,
    schema: Option<SchemaRef>,
}

/// Opens a file, or the files `part-…` of a directory, as one table.
///
/// # Errors
/// If there is no such file, or it is not an export of this program.
pub fn open(path: &Path) -> Result<Readback, ReadbackError> {
    if raw::is_raw(path) {
        return Err(ReadbackError::Raw { path: path.to_owned() });
    }
    open_for(path, Reading::default())
}

/// The digest of the contents of a file or directory. It is consistent even if the table is replaced while it is read.
///
/// # Errors
/// If it cannot be read back, or is replaced repeatedly.
pub fn digest(path: &Path) -> Result<ContentDigest, ReadbackError> {
    steadily(|| open(path)?.digest())
}

pub(crate) fn open_for(path: &Path, reading: Reading) -> Result<Readback, ReadbackError> {
    Table::hold(path)?.open(reading)
}

/// A file or directory that can be read more than once, which fails if it was replaced in the meantime.
#[derive(Debug, Clone)]
pub(crate) struct Table(Parts);

impl Table {
    /// Lists the files and holds the table open.
    pub fn hold(path: &Path) -> Result<Self, ReadbackError> {
        Parts::of(path).map(Self)
    }

    /// Reads it from the start.
    pub fn open(&self, reading: Reading) -> Result<Readback, ReadbackError> {
        let (parts, form, codecs) = (self.0.clone(), Form::default(), Vec::new());
        let mut readback = Readback { parts, begun: 0, reader: None, reading, form, codecs, schema: None };
        // Empty parts do not have columns.
        while readback.schema.is_none() && readback.begin_part()? {}
        Ok(readback)
    }

    /// Reads the ids of all rows; `take` gets them in pieces. `is_raw` if its lines are contacts as the API sent them.
    pub fn each_id(&self, is_raw: bool, mut take: impl FnMut(&[i64])) -> Result<(), ReadbackError> {
        if is_raw {
            self.0.files.iter().try_for_each(|file| raw_ids(file).map(|ids| take(&ids)))?;
        } else {
            for batch in self.open(Reading { wanted: Wanted::Ids, ..Reading::default() })? {
                let batch = batch?;
                let ids = batch.column_by_name(ID).and_then(|ids| ids.as_primitive_opt::<Int64Type>());
                let none = || ReadbackError::columns(&self.0.files[0], "it has no ids".to_owned());
                take(ids.ok_or_else(none)?.values());
            }
        }
        self.check()
    }

    /// Fails if the table was replaced since it was held.
    pub fn check(&self) -> Result<(), ReadbackError> {
        self.0.check()
    }
}

impl Readback {
    /// The files, in the order of their rows.
    #[must_use]
    pub fn files(&self) -> &[PathBuf] {
        &self.parts.files
    }

    /// The format and compression of the file, or of the first part that is not empty.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }

    /// The compression of the files opened so far, without repetitions.
    pub(crate) fn codecs(&self) -> &[&'static str] {
        &self.codecs
    }

    /// The schema of all batches; `None` if all files are empty.
    #[must_use]
    pub fn schema(&self) -> Option<&SchemaRef> {
        self.schema.as_ref()
    }

    /// The schema as stored in the current file, whose types may differ from those of the batches; `None` if it is empty.
    pub(crate) fn stored(&self) -> Option<&SchemaRef> {
        self.reader.as_ref().and_then(Reader::stored)
    }

    /// The digest of the contents, which does not depend on the format or the order of the rows.
    ///
    /// # Errors
    /// The first error of a batch.
    pub fn digest(self) -> Result<ContentDigest, ReadbackError> {
        let path = self.parts.files.first().cloned().unwrap_or_default();
        let mut digest = ContentDigest::default();
        for batch in self {
            digest.add(&batch?).map_err(|error| ReadbackError::columns(&path, error.to_string()))?;
        }
        Ok(digest)
    }

    /// Fails if the table was replaced since it was opened: files opened by path may belong to another.
    pub(crate) fn check(&self) -> Result<(), ReadbackError> {
        self.parts.check()
    }

    /// Opens the next part; false after the last one.
    fn begin_part(&mut self) -> Result<bool, ReadbackError> {
        let Some(path) = self.parts.files.get(self.begun) else { return Ok(false) };
        let opened = Reader::open(path, &self.reading);
        // Before the result counts: the part, or its absence, may be another table's.
        self.parts.check()?;
        let (reader, form) = opened.map_err(|error| ReadbackError::of(path, error))?;
        self.begun += 1;
        if !self.codecs.contains(&form.codec) {
            self.codecs.push(form.codec);
        }
        match (&self.schema, reader.schema()) {
            (None, found) => {
                self.schema = found.cloned();
                self.form = form;
            }
            (Some(due), Some(found)) if due != found => {
                return Err(ReadbackError::columns(path, "they differ from the parts before it".to_owned()));
            }
            _ => {}
        }
        self.reader = Some(reader);
        Ok(true)
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>, ReadbackError> {
        loop {
            if let Some(reader) = &mut self.reader {
                let path = &self.parts.files[self.begun - 1];
                if let Some(batch) = reader.next().map_err(|error| ReadbackError::of(path, error))? {
                    return Ok(Some(batch));
                }
            }
            if !self.begin_part()? {
                return Ok(None);
            }
        }
    }
}

impl Iterator for Readback {
    type Item = Result<RecordBatch, ReadbackError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.next_batch();
        if next.is_err() {
            self.begun = self.parts.files.len();
            self.reader = None;
        }
        next.transpose()
    }
}
