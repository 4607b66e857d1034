//! What this program writes, read back: a file or a folder of parts comes in, record batches go out.
//!
//! Parquet, NDJSON and CSV, the latter two plain or compressed by gzip or zstd; what a file is, its first bytes say,
//! never its name. Whatever the format, the same rows come out in the same types, and nothing is lost on the way: a
//! column that this program does not write, or a value that its type cannot hold, is an error. One batch is in memory
//! at a time, and no value of a contact is ever shown in an error.
//!
//! ```no_run
//! # fn example() -> Result<(), linq_export::dataset::ReadbackError> {
//! let digest = linq_export::dataset::digest("contacts.ndjson.gz".as_ref())?;
//! println!("{} rows, {}", digest.rows, digest.sum);
//! # Ok(())
//! # }
//! ```

mod cast;
mod cell;
mod csv;
mod error;
mod file;
mod guard;
mod ids;
mod keys;
mod lines;
mod ndjson;
mod parquet;
mod parts;
mod raw;
mod rows;
mod shape;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

pub use error::ReadbackError;
pub use file::Form;
use file::Part;
pub(crate) use guard::{Bounded, guarded};
pub(crate) use ids::raw_ids;
use lines::Lines;
use parts::Parts;
pub(crate) use parts::steadily;
pub(crate) use raw::{RawLines, raw_lines};

use crate::digest::ContentDigest;

/// Rows of a batch that is read from text, at most, and bytes of the lines that it is read from.
const BATCH_ROWS: usize = 8_192;
const BATCH_BYTES: usize = 8 << 20;

/// What of a file is read: all, or the ids alone where the format lets the rest be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Everything,
    Ids,
}

/// How a table is read.
#[derive(Debug)]
pub(crate) struct Reading {
    pub wanted: Wanted,
    /// The keys within `contact_owner` of NDJSON in which no contact has an owner.
    pub owner: Vec<String>,
}

impl Default for Reading {
    /// All of it; an owner has all that the API knows of one.
    fn default() -> Self {
        Self { wanted: Wanted::Everything, owner: shape::keys_of_owner() }
    }
}

/// The rows of a table: an iterator of batches, which ends after its first error.
#[derive(Debug)]
pub struct Readback {
    parts: Parts,
    /// How many of the files are read, or are being read.
    begun: usize,
    part: Option<Part>,
    reading: Reading,
    form: Form,
    codecs: Vec<&'static str>,
    schema: Option<SchemaRef>,
}

/// Opens a file, or the files `part-…` of a folder, which are one table.
///
/// # Errors
/// If there is no such file, or it is none that this program writes.
pub fn open(path: &Path) -> Result<Readback, ReadbackError> {
    if raw::is_raw(path) {
        return Err(ReadbackError::Raw { path: path.to_owned() });
    }
    open_for(path, Reading::default())
}

/// The digest of all contents of a file or folder, which may be replaced meanwhile: it is that of one table then.
///
/// # Errors
/// If it cannot be read back, or is replaced time and again.
pub fn digest(path: &Path) -> Result<ContentDigest, ReadbackError> {
    steadily(|| open(path)?.digest())
}

pub(crate) fn open_for(path: &Path, reading: Reading) -> Result<Readback, ReadbackError> {
    let parts = Parts::of(path)?;
    let (form, codecs) = (Form::default(), Vec::new());
    let mut readback = Readback { parts, begun: 0, part: None, reading, form, codecs, schema: None };
    // Parts without a line say nothing about columns.
    while readback.schema.is_none() && readback.begin_part()? {}
    Ok(readback)
}

impl Readback {
    /// The files, in the order of their rows.
    #[must_use]
    pub fn files(&self) -> &[PathBuf] {
        &self.parts.files
    }

    /// The format and compression of the file; of a folder, that of its first part that says its columns.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }

    /// How the files that were begun are compressed as a whole, each way once.
    pub(crate) fn codecs(&self) -> &[&'static str] {
        &self.codecs
    }

    /// The schema of all batches; nothing where lines would say it and there is none.
    #[must_use]
    pub fn schema(&self) -> Option<&SchemaRef> {
        self.schema.as_ref()
    }

    /// The schema as it stands in the file that is being read; other writers' types may differ from those of the
    /// batches. Nothing where lines would say it and there is none.
    pub(crate) fn stored(&self) -> Option<&SchemaRef> {
        self.part.as_ref().and_then(Part::stored)
    }

    /// The digest of all contents: it is the same in each format, and in each order of the rows.
    ///
    /// # Errors
    /// The first one of a batch.
    pub fn digest(self) -> Result<ContentDigest, ReadbackError> {
        let path = self.parts.files.first().cloned().unwrap_or_default();
        let mut digest = ContentDigest::default();
        for batch in self {
            digest.add(&batch?).map_err(|error| ReadbackError::columns(&path, error))?;
        }
        Ok(digest)
    }

    /// Refuses what was read of the files by their paths, when they are another table's by now.
    pub(crate) fn check(&self) -> Result<(), ReadbackError> {
        self.parts.check()
    }

    /// Opens the next part; false where there is none.
    fn begin_part(&mut self) -> Result<bool, ReadbackError> {
        let Some(path) = self.parts.files.get(self.begun) else { return Ok(false) };
        let part = Part::open(path, &self.reading);
        // What was opened, or was not there, may be another table's.
        self.parts.check()?;
        let part = part?;
        self.begun += 1;
        if !self.codecs.contains(&part.form().codec) {
            self.codecs.push(part.form().codec);
        }
        match (&self.schema, part.schema()) {
            (None, found) => {
                self.schema = found.cloned();
                self.form = part.form();
            }
            (Some(due), Some(found)) if due != found => {
                return Err(ReadbackError::columns(path, "they are not those of the parts before it"));
            }
            _ => {}
        }
        self.part = Some(part);
        Ok(true)
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>, ReadbackError> {
        loop {
            if let Some(part) = &mut self.part
                && let Some(batch) = part.next()?
            {
                return Ok(Some(batch));
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
            self.part = None;
        }
        next.transpose()
    }
}
