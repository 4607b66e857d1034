//! What of a file is compared beyond its bytes: the manifest may be wrong where the bytes are right.
//!
//! A file and what its manifest says come in; the first difference in columns, rows, ids or digest goes out.

use std::path::Path;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Int64Type;

use super::VerifyError;
use crate::digest::ContentDigest;
use crate::manifest::{ColumnRecord, Known, KnownDigest, columns, fingerprint};
use crate::readback::{Readback, Reading, Wanted, open_for, raw_ids};
use crate::table::OWNER;

/// Compares what stands in a file with its manifest.
pub(super) fn check(file: &Path, known: &Known) -> Result<(), VerifyError> {
    let path = || file.to_owned();
    if fingerprint(&known.schema.columns) != known.schema.fingerprint {
        return Err(VerifyError::Schema { path: path(), reason: "the fingerprint is of other columns".to_owned() });
    }
    let (mut ids, digest) =
        if known.options.raw { (raw_ids(file).map_err(VerifyError::of)?, None) } else { read(file, known)? };
    if ids.len() as u64 != known.file.rows {
        return Err(VerifyError::Rows { path: path(), found: ids.len() as u64, due: known.file.rows });
    }
    ids.sort_unstable();
    if let Some(pair) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(VerifyError::Twice { path: path(), id: pair[0] });
    }
    match (digest, &known.digest) {
        (Some(found), Some(KnownDigest { rows, sum })) if (found.rows, &found.sum.to_string()) != (*rows, sum) => {
            Err(VerifyError::Digest { path: path(), found: found.to_string(), due: format!("{rows} {sum}") })
        }
        _ => Ok(()),
    }
}

/// The ids, and the digest where there is one to compare it with.
fn read(file: &Path, known: &Known) -> Result<(Vec<i64>, Option<ContentDigest>), VerifyError> {
    let mut digest = known.digest.as_ref().map(|_| ContentDigest::default());
    let wanted = if digest.is_some() { Wanted::Everything } else { Wanted::Ids };
    let mut reading = Reading { wanted, ..Reading::default() };
    if let Some(owner) = known.schema.columns.iter().find(|column| column.name == OWNER) {
        reading.owner = owner.within();
    }
    let rows = open_for(file, reading).map_err(VerifyError::of)?;
    let unreadable = |reason: String| VerifyError::Unreadable { path: file.to_owned(), reason };
    let schema = |reason: String| VerifyError::Schema { path: file.to_owned(), reason };
    let (format, due) = (rows.form().format, &known.options.format);
    if format != due {
        return Err(unreadable(format!("it is {format}, and its manifest says {due}")));
    }
    differs(&rows, &known.schema.columns).map_err(schema)?;
    let mut ids = Vec::new();
    for batch in rows {
        let batch = batch.map_err(VerifyError::of)?;
        ids.extend_from_slice(ids_of(&batch).ok_or_else(|| unreadable("it has no ids".to_owned()))?);
        if let Some(digest) = &mut digest {
            digest.add(&batch).map_err(|error| schema(error.to_string()))?;
        }
    }
    Ok((ids, digest))
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
            Err(format!("{} is {}, and should be {}, {}", found.name, found.kind, due.name, due.kind))
        }
        None => Ok(()),
    }
}
