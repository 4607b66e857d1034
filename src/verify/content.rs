//! What of a table is compared beyond its bytes: the manifest may be wrong where the bytes are right.
//!
//! The files of a table and what their manifest says come in; the first difference in columns, rows, ids or digest goes
//! out.

use std::path::Path;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Int64Type;

use super::VerifyError;
use crate::dataset::{Readback, Reading, Wanted, open_for, raw_ids};
use crate::digest::ContentDigest;
use crate::manifest::{ColumnRecord, Known, KnownDigest, KnownOwners, columns, fingerprint};
use crate::resource::OWNER;
use crate::text::sanitize::escape;

/// A table as its manifest has it, and what was read of it so far.
pub(super) struct Contents<'k> {
    format: &'k str,
    columns: &'k [ColumnRecord],
    due: Option<&'k KnownDigest>,
    identity: Identity,
    found: Option<ContentDigest>,
    ids: Vec<i64>,
}

/// What is there once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Identity {
    /// A contact, by the id in its row.
    Contact,
    /// A contact as the API sent it.
    RawContact,
    /// An owner. Nothing else refers to its row.
    Owner,
}

impl<'k> Contents<'k> {
    /// The contacts, of which the manifest is about `path`.
    pub fn of_contacts(known: &'k Known, path: &Path) -> Result<Self, VerifyError> {
        if fingerprint(&known.schema.columns) != known.schema.fingerprint {
            let reason = "the fingerprint is of other columns".to_owned();
            return Err(VerifyError::Schema { path: path.to_owned(), reason });
        }
        let identity = if known.options.raw { Identity::RawContact } else { Identity::Contact };
        let due = known.digest.as_ref().filter(|_| identity == Identity::Contact);
        Ok(Self::new(known, &known.schema.columns, due, identity))
    }

    /// The owners.
    pub fn of_owners(known: &'k Known, owners: &'k KnownOwners) -> Self {
        Self::new(known, &owners.columns, owners.digest.as_ref(), Identity::Owner)
    }

    fn new(known: &'k Known, columns: &'k [ColumnRecord], due: Option<&'k KnownDigest>, identity: Identity) -> Self {
        let found = due.map(|_| ContentDigest::default());
        Self { format: &known.options.format, columns, due, identity, found, ids: Vec::new() }
    }

    /// Reads a file, which has so many rows.
    pub fn read(&mut self, file: &Path, due: u64) -> Result<(), VerifyError> {
        let found = if self.identity == Identity::RawContact {
            let ids = raw_ids(file).map_err(VerifyError::of)?;
            self.ids.extend(&ids);
            ids.len() as u64
        } else {
            self.read_rows(file)?
        };
        if found == due { Ok(()) } else { Err(VerifyError::Rows { path: file.to_owned(), found, due }) }
    }

    fn read_rows(&mut self, file: &Path) -> Result<u64, VerifyError> {
        let all = self.due.is_some() || self.identity == Identity::Owner;
        let wanted = if all { Wanted::Everything } else { Wanted::Ids };
        let mut reading = Reading { wanted, ..Reading::default() };
        if let Some(owner) = self.columns.iter().find(|column| column.name == OWNER) {
            reading.owner = owner.within();
        }
        let rows = open_for(file, reading).map_err(VerifyError::of)?;
        let unreadable = |reason: String| VerifyError::Unreadable { path: file.to_owned(), reason };
        let schema = |reason: String| VerifyError::Schema { path: file.to_owned(), reason };
        let (format, due) = (rows.form().format, self.format);
        if format != due {
            return Err(unreadable(format!("it is {format}, and its manifest says {}", escape(due))));
        }
        differs(&rows, self.columns).map_err(schema)?;
        let mut count = 0;
        for batch in rows {
            let batch = batch.map_err(VerifyError::of)?;
            count += batch.num_rows() as u64;
            if self.identity == Identity::Contact {
                self.ids.extend_from_slice(ids_of(&batch).ok_or_else(|| unreadable("it has no ids".to_owned()))?);
            }
            if let Some(digest) = &mut self.found {
                digest.add(&batch).map_err(|error| schema(error.to_string()))?;
            }
        }
        Ok(count)
    }

    /// Compares what all files have together; `path` stands for them.
    pub fn finish(mut self, path: &Path) -> Result<(), VerifyError> {
        self.ids.sort_unstable();
        if let Some(pair) = self.ids.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(VerifyError::Twice { path: path.to_owned(), id: pair[0] });
        }
        match (self.found, self.due) {
            (Some(found), Some(KnownDigest { rows, sum })) if (found.rows, &found.sum.to_string()) != (*rows, sum) => {
                let (found, due) = (found.to_string(), format!("{rows} {}", escape(sum)));
                Err(VerifyError::Digest { path: path.to_owned(), found, due })
            }
            _ => Ok(()),
        }
    }
}

fn ids_of(batch: &RecordBatch) -> Option<&[i64]> {
    let ids = batch.column_by_name("id")?.as_primitive_opt::<Int64Type>()?;
    (ids.null_count() == 0).then(|| &**ids.values())
}

/// The first difference between the columns found and those due.
fn differs(rows: &Readback, due: &[ColumnRecord]) -> Result<(), String> {
    // Of a file without a line nobody can say which columns it has.
    let Some(found) = rows.stored().map(|schema| columns(schema)) else { return Ok(()) };
    if found.len() != due.len() {
        return Err(format!("{} columns instead of {}", found.len(), due.len()));
    }
    match found.iter().zip(due).find(|(found, due)| found != due) {
        Some((found, due)) => {
            let shown = |column: &ColumnRecord| [&column.name, &column.kind].map(|text| escape(text));
            let ([found, found_kind], [due, due_kind]) = (shown(found), shown(due));
            Err(format!("{found} is {found_kind}, and should be {due}, {due_kind}"))
        }
        None => Ok(()),
    }
}
