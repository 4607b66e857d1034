//! `inspect`: summarizes a file or a directory of part files: columns, sizes, owners, creation dates.
//!
//! The table is read once; memory holds one entry per column, owner and month. Names and values are not sanitized.

mod columns;
mod manifest;
mod months;
mod owners;
mod parquet;
mod quality;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, TimestampMicrosecondType};
use serde::Serialize;

pub use columns::ColumnFacts;
pub use manifest::{ManifestFacts, WarningFacts};
pub use months::{CreatedFacts, MonthFacts};
pub use owners::{OwnerFacts, OwnersFacts};
pub use parquet::{ParquetFacts, RowGroupFacts, Stored};
pub use quality::{CompaniesFacts, CompanyFacts, Duplicate, GroupSize, QualityFacts, ValueFacts};

use crate::dataset::{self, RawLines, Readback, ReadbackError, open, raw_lines, steadily};
use crate::resource::{CHANGE_TYPE, CONTACTS, OWNER, OWNER_COLUMNS};
use crate::storage::{self, Kind};
use months::Created;
use owners::Owners;
use quality::Quality;

/// The facts about a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Inspection {
    /// The file or directory, as given.
    pub path: String,
    /// The number of files.
    pub files: u64,
    /// The size of all files.
    pub bytes: u64,
    /// `parquet`, `ndjson` or `csv`.
    pub format: &'static str,
    /// The compression: `none`, `gzip` or `zstd`; for Parquet also `snappy`, `lz4` and others. If files, or columns of a
    /// Parquet file, differ, all of them, joined by `+`: `none+zstd`.
    pub codec: String,
    /// Whether its lines are the API's own JSON instead of a table.
    pub raw: bool,
    /// Its rows.
    pub rows: u64,
    /// Its leaf columns, in order.
    pub columns: Vec<ColumnFacts>,
    /// Facts about Parquet files; `None` in other formats.
    pub parquet: Option<ParquetFacts>,
    /// Its owners; `None` if the table has no column with their ids.
    pub owners: Option<OwnersFacts>,
    /// When its contacts were created; `None` if the table has no such column.
    pub created: Option<CreatedFacts>,
    /// The manifest next to the file or in the directory, if there is one.
    pub manifest: Option<ManifestFacts>,
    /// The quality of the data, if it was asked for and the table has contacts.
    pub quality: Option<QualityFacts>,
}

/// Reads a whole table and counts.
///
/// # Errors
/// If it cannot be read.
pub fn inspect(path: &Path) -> Result<Inspection, ReadbackError> {
    read(path, false).map(|(facts, _)| facts)
}

/// Like [`inspect`], and also looks at the quality of the data. Memory holds 16 bytes more per contact for email addresses and for
/// phone numbers, and an entry per company. Returns the contacts that share a value with others, if the table has ids.
///
/// # Errors
/// If it cannot be read.
pub fn inspect_quality(path: &Path) -> Result<(Inspection, Vec<Duplicate>), ReadbackError> {
    read(path, true)
}

fn read(path: &Path, has_quality: bool) -> Result<(Inspection, Vec<Duplicate>), ReadbackError> {
    // Metadata and rows must come from the same file.
    steadily(|| {
        let mut table = match open(path) {
            Err(ReadbackError::Raw { .. }) => return raw(path).map(|facts| (facts, Vec::new())),
            table => table?,
        };
        let facts = facts(path, &mut table, has_quality);
        table.check().and(facts)
    })
}

fn facts(path: &Path, table: &mut Readback, has_quality: bool) -> Result<(Inspection, Vec<Duplicate>), ReadbackError> {
    let files = table.files().to_vec();
    let format = table.form().format;
    let fields = table.schema().map_or_else(Vec::new, |schema: &std::sync::Arc<Schema>| columns::fields(schema));
    let bytes = size(&files)?;
    let mut counted = Counted::new(&fields);
    let manifest = manifest::read(path, bytes);
    // Owners and changes are not contacts.
    let is_of_contacts = ![CONTACTS, CHANGE_TYPE].iter().any(|name| fields.iter().any(|field| field.name() == name));
    let mut quality = (has_quality && is_of_contacts).then(|| {
        let place = |name: &str, kind: &DataType| {
            fields.iter().position(|field| field.name() == name && field.data_type() == kind)
        };
        Quality::new(place, manifest.as_ref().map_or(&[], |manifest| &manifest.hashed))
    });
    for batch in table.by_ref() {
        let leaves = columns::leaves(&batch?);
        counted.count(&leaves);
        if let Some(quality) = &mut quality {
            quality.count(&leaves);
        }
    }
    let Counted { rows, mut columns, places, owners, created } = counted;
    let mut parquet = None;
    let mut codec = codecs(table.codecs().iter().copied());
    if format == "parquet" {
        let (facts, mut stored) = parquet::read(&files)?;
        parquet = Some(facts);
        codec = codecs(stored.values().flat_map(|stored| &stored.codecs).map(String::as_str));
        for column in &mut columns {
            column.stored = Some(stored.remove(&column.name).unwrap_or_default());
        }
    }
    let (quality, duplicates) = quality.map(Quality::finish).unzip();
    let facts = Inspection {
        raw: false,
        manifest,
        quality,
        columns,
        parquet,
        owners: places.owner_id.map(|_| owners.finish(places.contacts.is_none())),
        created: places.created_at.map(|_| created.finish()),
        ..without_table(path, &files, bytes, Form { format, codec }, rows)
    };
    Ok((facts, duplicates.unwrap_or_default()))
}

/// The facts about raw lines, which are not a table.
fn raw(path: &Path) -> Result<Inspection, ReadbackError> {
    let RawLines { files, codecs: found, rows } = raw_lines(path)?;
    let form = Form { format: dataset::Form::default().format, codec: codecs(found.into_iter()) };
    let bytes = size(&files)?;
    Ok(Inspection { manifest: manifest::read(path, bytes), ..without_table(path, &files, bytes, form, rows) })
}

/// The distinct names of codecs, sorted and joined.
fn codecs<'c>(names: impl Iterator<Item = &'c str>) -> String {
    let names: BTreeSet<_> = names.collect();
    if names.is_empty() { "none".to_owned() } else { Vec::from_iter(names).join("+") }
}

/// The format of a table and its compression.
struct Form {
    format: &'static str,
    codec: String,
}

/// The facts that tables and raw lines have in common, without the manifest.
fn without_table(path: &Path, files: &[PathBuf], bytes: u64, form: Form, rows: u64) -> Inspection {
    Inspection {
        path: path.display().to_string(),
        files: files.len() as u64,
        bytes,
        format: form.format,
        codec: form.codec,
        raw: true,
        rows,
        columns: Vec::new(),
        parquet: None,
        owners: None,
        created: None,
        manifest: None,
        quality: None,
    }
}

fn size(files: &[PathBuf]) -> Result<u64, ReadbackError> {
    let size = |file: &PathBuf| match storage::kind(file) {
        Ok(Kind::File(size)) => Ok(size),
        Ok(_) => Ok(0),
        Err(error) => Err(ReadbackError::Read { path: file.clone(), error }),
    };
    files.iter().map(size).sum()
}

/// The counts so far.
struct Counted {
    rows: u64,
    columns: Vec<ColumnFacts>,
    places: Places,
    owners: Owners,
    created: Created,
}

/// The positions of the columns of which more is counted than nulls and bytes.
struct Places {
    owner_id: Option<usize>,
    owner_name: Option<usize>,
    contacts: Option<usize>,
    created_at: Option<usize>,
}

impl Counted {
    fn new(fields: &[Field]) -> Self {
        let place = |name: &str| fields.iter().position(|field| field.name() == name);
        let of_owner = |key: &str| place(&format!("{OWNER_COLUMNS}{key}")).or_else(|| place(&format!("{OWNER}.{key}")));
        let places = Places {
            owner_id: of_owner("id"),
            owner_name: of_owner("name"),
            contacts: place(CONTACTS),
            created_at: place("created_at"),
        };
        let columns = fields.iter().map(ColumnFacts::new).collect();
        Self { rows: 0, columns, places, owners: Owners::default(), created: Created::default() }
    }

    fn count(&mut self, leaves: &[ArrayRef]) {
        self.rows += leaves.first().map_or(0, |leaf| leaf.len() as u64);
        for (facts, leaf) in self.columns.iter_mut().zip(leaves) {
            facts.count(leaf);
        }
        let Places { owner_id, owner_name, contacts, created_at } = self.places;
        if let Some(ids) = owner_id {
            let names = owner_name.map(|place| leaves[place].as_string());
            let contacts = contacts.map(|place| leaves[place].as_primitive::<Int64Type>());
            self.owners.count(leaves[ids].as_primitive(), names, contacts);
        }
        if let Some(place) = created_at {
            self.created.count(leaves[place].as_primitive::<TimestampMicrosecondType>());
        }
    }
}
