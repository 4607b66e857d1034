//! Columns of a batch, by name.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, StructArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::Fields;
use arrow::error::ArrowError;

use crate::resource;

/// The batch, with the columns that `replace` returns in place of its own.
pub(super) fn replaced(
    batch: &RecordBatch,
    replace: impl Fn(&str, &ArrayRef) -> Option<ArrayRef>,
) -> Result<RecordBatch, ArrowError> {
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns());
    let columns = columns.map(|(field, column)| replace(field.name(), column).unwrap_or_else(|| Arc::clone(column)));
    RecordBatch::try_new(Arc::clone(&schema), columns.collect())
}

/// The owner as a struct, which is null if all of its fields are.
pub(super) fn nested(batch: &RecordBatch, fields: &Fields) -> Result<ArrayRef, ArrowError> {
    let columns: Result<Vec<_>, _> =
        fields.iter().map(|field| column(batch, &resource::owner_column(field.name())).map(Arc::clone)).collect();
    let columns = columns?;
    let is_there = |row| columns.iter().any(|column: &ArrayRef| column.is_valid(row));
    let there: NullBuffer = (0..batch.num_rows()).map(is_there).collect();
    Ok(Arc::new(StructArray::try_new(fields.clone(), columns, Some(there))?))
}

pub(super) fn column<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b ArrayRef, ArrowError> {
    batch.column_by_name(name).ok_or_else(|| ArrowError::SchemaError(format!("no column {name}")))
}

pub(super) fn text<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b StringArray, ArrowError> {
    column(batch, name).map(AsArray::as_string)
}
