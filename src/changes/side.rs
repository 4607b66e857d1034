//! One of the two exports: its rows, which are read more than once, and what its manifest says.

use std::path::{Path, PathBuf};

use arrow::array::{ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::compute::{filter_record_batch, take};
use arrow::datatypes::{DataType, Int64Type, SchemaRef};
use arrow::error::ArrowError;

use super::error::ChangesError;
use crate::dataset::{Readback, ReadbackError, Reading, Table, Texts, Wanted};
use crate::digest::RowTexts;
use crate::format::{Found, schema_of};
use crate::manifest::{ColumnRecord, ExportRecord, Manifest};
use crate::proof::Level;
use crate::resource::{ID, OWNER};
use crate::verify::{AnyManifest, Verified, VerifyError, verify_bytes, verify_own_bytes};

/// Rows are skipped if fewer than one in this many is wanted: skipping takes some time, too.
const MIN_SKIPPED: u64 = 8;

/// The rows of an export.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    pub path: PathBuf,
    pub schema: SchemaRef,
    /// How many there should be.
    pub expected: u64,
    table: Table,
}

/// An export whose files match its manifest.
#[derive(Debug)]
pub(crate) struct Side {
    pub(super) rows: Rows,
    pub manifest: Manifest,
    pub level: Level,
    /// Why the level is not higher, sanitized.
    pub(super) reasons: Vec<String>,
    /// What the manifest of the changes says of it.
    pub record: ExportRecord,
}

/// An export whose bytes match its manifest.
#[derive(Debug)]
pub(crate) struct Checked {
    pub table: Table,
    pub manifest: Manifest,
    /// The SHA-256 of its manifest.
    pub sha256: String,
    pub level: Level,
    reasons: Vec<String>,
}

impl Checked {
    /// Holds and checks an export; `is_own` if the caller holds the lock of its output.
    pub fn open(path: &Path, is_own: bool) -> Result<Self, ChangesError> {
        // Held before the check, so that what is read later is what was checked.
        let table = Table::hold(path);
        let (verified, described) = if is_own { verify_own_bytes(path)? } else { verify_bytes(path)? };
        let table = table?;
        table.check()?;
        let AnyManifest::Contacts(manifest) = described.manifest else {
            return Err(ChangesError::NotContacts(path.to_owned()));
        };
        let Verified { level, reasons, .. } = verified;
        Ok(Self { table, manifest: *manifest, sha256: described.sha256, level, reasons })
    }
}

impl Side {
    /// Checks an export, except for its rows.
    pub fn open(path: &Path) -> Result<Self, ChangesError> {
        let Checked { table, manifest, sha256, level, reasons } = Checked::open(path, false)?;
        Ok(Self { reasons, ..Self::of(path, table, manifest, sha256, level)? })
    }

    /// An export that was checked, or that is about to be published; `sha256` is that of its manifest.
    pub fn of(
        path: &Path,
        table: Table,
        manifest: Manifest,
        sha256: String,
        level: Level,
    ) -> Result<Self, ChangesError> {
        if manifest.options.raw {
            return Err(ChangesError::Raw(path.to_owned()));
        }
        let record = ExportRecord::of(&manifest, sha256);
        let rows = Rows::new(path, table, &manifest)?;
        Ok(Self { rows, manifest, level, reasons: Vec::new(), record })
    }
}

impl Rows {
    /// The rows of a table with the columns that its manifest lists.
    fn new(path: &Path, table: Table, manifest: &Manifest) -> Result<Self, ChangesError> {
        let found = |column: &ColumnRecord| {
            let within = (column.name == OWNER).then(|| column.within());
            Found { name: column.name.clone(), within }
        };
        let schema = schema_of(&manifest.schema.columns.iter().map(found).collect::<Vec<_>>());
        let schema = schema.map_err(|reason| VerifyError::Schema { path: path.to_owned(), reason })?;
        Ok(Self { path: path.to_owned(), schema, expected: manifest.contacts.rows, table })
    }

    /// The rows of a table without a manifest.
    #[cfg(test)]
    pub fn of(path: &Path, schema: SchemaRef) -> Self {
        Self { path: path.to_owned(), schema, expected: 0, table: Table::hold(path).unwrap() }
    }

    /// A table with the same columns, but no rows.
    pub fn without_rows(&self) -> Self {
        Self { table: Table::empty(), expected: 0, ..self.clone() }
    }

    /// Reads the rows from the start.
    pub fn read(&self) -> Result<Readback, ChangesError> {
        self.read_wanted(Wanted::Everything)
    }

    /// Reads the rows with these ids, which are sorted, and others if they cannot be skipped.
    pub fn read_some(&self, ids: Vec<i64>) -> Result<Readback, ChangesError> {
        let are_few = ids.len() as u64 * MIN_SKIPPED < self.expected;
        self.read_wanted(if are_few { Wanted::Rows(ids.into()) } else { Wanted::Everything })
    }

    fn read_wanted(&self, wanted: Wanted) -> Result<Readback, ChangesError> {
        let owner = self.schema.field_with_name(OWNER).ok().map(|field| match field.data_type() {
            DataType::Struct(fields) => fields.iter().map(|field| field.name().clone()).collect(),
            _ => Vec::new(),
        });
        let mut reading = Reading { wanted, texts: Texts::Dictionaries, ..Reading::default() };
        if let Some(owner) = owner {
            reading.owner = owner;
        }
        let rows = self.table.open(reading)?;
        match rows.schema() {
            Some(schema) if *schema != self.schema => Err(self.other_columns("the columns differ")),
            _ => Ok(rows),
        }
    }

    /// Reads all rows; `take` gets the ids and texts of each batch.
    pub fn each(
        &self,
        mut take: impl FnMut(&[i64], &RowTexts<'_>) -> Result<(), ChangesError>,
    ) -> Result<(), ChangesError> {
        self.each_batch(|batch| take(self.ids(batch)?, &self.texts(batch)?))
    }

    /// Reads all rows, batch by batch.
    pub fn each_batch(
        &self,
        mut take: impl FnMut(&RecordBatch) -> Result<(), ChangesError>,
    ) -> Result<(), ChangesError> {
        for batch in self.read()? {
            take(&batch?)?;
        }
        Ok(self.table.check()?)
    }

    /// The ids of a batch.
    pub fn ids<'b>(&self, batch: &'b RecordBatch) -> Result<&'b [i64], ChangesError> {
        let ids = batch.column_by_name(ID).and_then(|ids| ids.as_primitive_opt::<Int64Type>());
        ids.map(|ids| &**ids.values()).ok_or_else(|| self.other_columns("no ids"))
    }

    /// Some rows of a batch, with the types of the table.
    pub fn filter(&self, batch: &RecordBatch, rows: &BooleanArray) -> Result<RecordBatch, ChangesError> {
        let filter = || {
            let columns =
                filter_record_batch(batch, rows)?.columns().iter().map(without_dictionary).collect::<Result<_, _>>()?;
            RecordBatch::try_new(SchemaRef::clone(&self.schema), columns)
        };
        filter().map_err(|error: ArrowError| self.other_columns(&error.to_string()))
    }

    /// The texts of a batch's rows.
    pub fn texts<'b>(&self, batch: &'b RecordBatch) -> Result<RowTexts<'b>, ChangesError> {
        RowTexts::of(batch).map_err(|unknown| self.other_columns(&unknown.to_string()))
    }

    /// Fails if the table was replaced since it was checked.
    pub fn check(&self) -> Result<(), ReadbackError> {
        self.table.check()
    }

    /// The error of a contact that appears twice, whose rows are looked up.
    pub fn twice(&self, id: i64) -> ChangesError {
        let (mut found, mut row) = (Vec::new(), 0);
        let read = self.each(|ids, _| {
            for other in ids {
                row += 1;
                if *other == id {
                    found.push(row);
                }
            }
            Ok(())
        });
        match (read, &found[..]) {
            (Err(error), _) => error,
            (Ok(()), [first, second, ..]) => ChangesError::Twice { path: self.path.clone(), rows: (*first, *second) },
            (Ok(()), _) => ReadbackError::Replaced { path: self.path.clone() }.into(),
        }
    }

    pub fn other_columns(&self, reason: &str) -> ChangesError {
        VerifyError::Schema { path: self.path.clone(), reason: reason.to_owned() }.into()
    }
}

fn without_dictionary(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    match column.as_any_dictionary_opt() {
        Some(dictionary) => take(dictionary.values(), dictionary.keys(), None),
        None => Ok(ArrayRef::clone(column)),
    }
}
