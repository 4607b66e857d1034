//! A batch comes in, its leaf columns go out: those of a struct by `struct.field`, null wherever the struct is.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, Int64Type, Schema};

/// The leaf columns of a schema, named.
pub(super) fn fields(schema: &Schema) -> Vec<Field> {
    let leaves = |field: &Arc<Field>| match field.data_type() {
        DataType::Struct(within) => within
            .iter()
            .map(|leaf| Field::clone(leaf).with_name(format!("{}.{}", field.name(), leaf.name())))
            .collect(),
        _ => vec![Field::clone(field)],
    };
    schema.fields().iter().flat_map(leaves).collect()
}

/// The leaf columns of a batch, in the order of [`fields`].
pub(super) fn columns(batch: &RecordBatch) -> Vec<ArrayRef> {
    let leaves = |column: &ArrayRef| match column.as_struct_opt() {
        Some(within) => within.columns().iter().map(|leaf| masked(leaf, within.nulls())).collect(),
        None => vec![Arc::clone(column)],
    };
    batch.columns().iter().flat_map(leaves).collect()
}

/// The column, null also where what it is in is null. An owner has integers and texts alone.
fn masked(leaf: &ArrayRef, within: Option<&NullBuffer>) -> ArrayRef {
    let nulls = NullBuffer::union(leaf.nulls(), within);
    match leaf.data_type() {
        DataType::Int64 => Arc::new(Int64Array::new(leaf.as_primitive::<Int64Type>().values().clone(), nulls)),
        DataType::Utf8 => {
            let texts = leaf.as_string::<i32>();
            Arc::new(StringArray::new(texts.offsets().clone(), texts.values().clone(), nulls))
        }
        _ => Arc::clone(leaf),
    }
}
