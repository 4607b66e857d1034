//! Columns, counted: leaf columns of batches come in, nulls and sizes by column go out.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Field, Int64Type};
use serde::Serialize;

use super::Stored;
use crate::manifest::kind;

/// Bytes of an instant, as text formats write it.
const INSTANT: u64 = "2025-07-30T15:00:00.000000Z".len() as u64;

/// One column, or one field of `contact_owner`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ColumnFacts {
    /// Its name; `contact_owner.id` is the field `id` of that column.
    pub name: String,
    /// `int64`, `utf8`, or `timestamp(us, UTC)`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether a row may lack it.
    pub nullable: bool,
    /// Rows that do.
    pub nulls: u64,
    /// Bytes of its values as text, in UTF-8: numbers in decimal, instants as RFC 3339.
    pub value_bytes: u64,
    /// How Parquet holds it; nothing in other formats.
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
            _ => INSTANT * (column.len() - column.null_count()) as u64,
        };
    }
}

fn digits(number: i64) -> u64 {
    u64::from(number.unsigned_abs().checked_ilog10().unwrap_or(0) + 1) + u64::from(number < 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_long_as_they_are_written() {
        for number in [0, 9, 10, -1, -10, 999, 1_000, i64::MAX, i64::MIN] {
            assert_eq!(digits(number), number.to_string().len() as u64, "{number}");
        }
    }
}
