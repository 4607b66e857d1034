//! Columns and ids of a Parquet file.

use std::fs::File;
use std::path::Path;

use arrow::array::{Array, AsArray};
use arrow::datatypes::Int64Type;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::Content;
use crate::manifest::{ColumnRecord, columns};

/// Reads what is compared.
pub(super) fn read(file: &Path, due: &[ColumnRecord]) -> Result<Content, String> {
    let text = |error: &dyn std::error::Error| error.to_string();
    let file = File::open(file).map_err(|error| text(&error))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| text(&error))?;
    let differs = differs(&columns(builder.schema()), due);
    let mut ids = Vec::new();
    if differs.is_ok() {
        let only_ids = ProjectionMask::columns(builder.parquet_schema(), ["id"]);
        for batch in builder.with_projection(only_ids).build().map_err(|error| text(&error))? {
            let batch = batch.map_err(|error| text(&error))?;
            let column = batch.column_by_name("id").and_then(|column| column.as_primitive_opt::<Int64Type>());
            let column = column.filter(|column| column.null_count() == 0).ok_or("a row has no id")?;
            ids.extend_from_slice(column.values());
        }
    }
    Ok(Content { columns: differs, ids })
}

/// The first difference between the columns found and those due.
fn differs(found: &[ColumnRecord], due: &[ColumnRecord]) -> Result<(), String> {
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
