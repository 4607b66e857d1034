//! Counts nulls and sizes per column. The fields of a struct count as columns of their own.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use serde::Serialize;

use super::parquet::Stored;
use crate::manifest::kind;

/// The length of a timestamp in text formats.
const TIMESTAMP: u64 = "2025-07-30T15:00:00.000000Z".len() as u64;

/// One column, or one field of `contact_owner`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ColumnFacts {
    /// Its name; `contact_owner.id` is the field `id` of that column.
    pub name: String,
    /// `int64`, `utf8`, or `timestamp(us, UTC)`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it may be null.
    pub nullable: bool,
    /// Rows in which it is null.
    pub nulls: u64,
    /// The size of its values as UTF-8 text: numbers in decimal, timestamps as RFC 3339.
    pub value_bytes: u64,
    /// How Parquet stores it; `None` in other formats.
    pub stored: Option<Stored>,
}

impl ColumnFacts {
    pub(super) fn new(field: &Field) -> Self {
        Self {
            name: field.name().clone(),
            kind: kind(field.data_type()),
            nullable: field.is_nullable(),
            nulls: 0,
            value_bytes: 0,
            stored: None,
        }
    }

    /// Counts the values of a batch.
    pub(super) fn count(&mut self, column: &dyn Array) {
        self.nulls += column.null_count() as u64;
        self.value_bytes += match column.data_type() {
            DataType::Int64 => column.as_primitive::<Int64Type>().iter().flatten().map(digits).sum(),
            DataType::Utf8 => column.as_string::<i32>().iter().flatten().map(|text| text.len() as u64).sum(),
            _ => TIMESTAMP * (column.len() - column.null_count()) as u64,
        };
    }
}

fn digits(number: i64) -> u64 {
    u64::from(number.unsigned_abs().checked_ilog10().unwrap_or(0) + 1) + u64::from(number < 0)
}

/// The leaf columns of a schema; those of a struct are named `struct.field`.
pub(super) fn fields(schema: &Schema) -> Vec<Field> {
    let of = |field: &Arc<Field>| match field.data_type() {
        DataType::Struct(within) => within
            .iter()
            .map(|leaf| Field::clone(leaf).with_name(format!("{}.{}", field.name(), leaf.name())))
            .collect(),
        _ => vec![Field::clone(field)],
    };
    schema.fields().iter().flat_map(of).collect()
}

/// The leaf columns of a batch, in the order of [`fields`].
pub(super) fn leaves(batch: &RecordBatch) -> Vec<ArrayRef> {
    let of = |column: &ArrayRef| match column.as_struct_opt() {
        Some(within) => within.columns().iter().map(|leaf| masked(leaf, within.nulls())).collect(),
        None => vec![Arc::clone(column)],
    };
    batch.columns().iter().flat_map(of).collect()
}

/// The column, also null where its struct is null. An owner has only integers and texts.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_their_digits_and_sign() {
        for number in [0, 9, 10, -1, -10, 999, 1_000, i64::MAX, i64::MIN] {
            assert_eq!(digits(number), number.to_string().len() as u64, "{number}");
        }
    }
}
