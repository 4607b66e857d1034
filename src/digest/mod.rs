//! A digest of a table's contents that does not depend on the order of the rows, the format, or the database.
//!
//! It consists of the number of rows and a sum. The text of a row is, for each leaf column in the table's order, `-` for
//! null, otherwise the value's length in bytes, `:` and the value: integers in decimal, times as microseconds since
//! 1970-01-01T00:00:00Z. The number of a row is the first 15 hexadecimal digits of its text's SHA-256, and the sum is that of
//! all rows' numbers. It can be recomputed wherever SHA-256 is available, even in SQL.

#[cfg(test)]
mod tests;

use std::fmt;
use std::io::Write;

use arrow::array::{Array, AsArray, Int64Array, RecordBatch, StringArray, StructArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Int64Type, TimeUnit, TimestampMicrosecondType};
use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use crate::resource;

/// Bits to cut from the first 64 of a SHA-256: 15 hexadecimal digits are 60 bits.
const CUT: u32 = 4;

/// A digest: the number of rows, and the sum of their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct ContentDigest {
    /// Number of rows.
    pub rows: u64,
    /// The sum over all rows. Serialized as text, because it can exceed the range of a JSON number.
    #[serde(serialize_with = "as_text")]
    pub sum: u128,
}

/// A column that the digest does not support: its name or type is unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown column {0}")]
pub struct UnknownColumn(pub String);

/// The values of a column.
enum Values<'a> {
    Integer(&'a Int64Array),
    Text(&'a StringArray),
    Instant(&'a TimestampMicrosecondArray),
}

/// A leaf column: its position in the table's order, the struct that contains it, and its values.
struct Leaf<'a> {
    rank: usize,
    within: Option<&'a StructArray>,
    values: Values<'a>,
}

impl ContentDigest {
    /// Adds the rows of a batch, whose columns may be in any order.
    ///
    /// # Errors
    /// If a column is unknown; the digest is unchanged then.
    pub fn add(&mut self, batch: &RecordBatch) -> Result<(), UnknownColumn> {
        let mut leaves = Vec::new();
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            match column.as_struct_opt() {
                Some(within) if field.name() == resource::OWNER => {
                    for (field, column) in within.fields().iter().zip(within.columns()) {
                        leaves.push(leaf(&format!("{}.{}", resource::OWNER, field.name()), column, Some(within))?);
                    }
                }
                _ => leaves.push(leaf(field.name(), column, None)?),
            }
        }
        leaves.sort_by_key(|leaf| leaf.rank);
        let (mut text, mut number) = (Vec::new(), Vec::new());
        for row in 0..batch.num_rows() {
            text.clear();
            for leaf in &leaves {
                leaf.append(row, &mut text, &mut number);
            }
            self.sum += u128::from(number_of(&text));
        }
        self.rows += batch.num_rows() as u64;
        Ok(())
    }
}

fn leaf<'a>(name: &str, column: &'a dyn Array, within: Option<&'a StructArray>) -> Result<Leaf<'a>, UnknownColumn> {
    let unknown = || UnknownColumn(name.to_owned());
    let values = match column.data_type() {
        DataType::Int64 => Values::Integer(column.as_primitive::<Int64Type>()),
        DataType::Utf8 => Values::Text(column.as_string()),
        DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => {
            Values::Instant(column.as_primitive::<TimestampMicrosecondType>())
        }
        _ => return Err(unknown()),
    };
    Ok(Leaf { rank: resource::rank(name).ok_or_else(unknown)?, within, values })
}

impl Leaf<'_> {
    fn append(&self, row: usize, text: &mut Vec<u8>, number: &mut Vec<u8>) {
        let absent = self.within.is_some_and(|within| within.is_null(row));
        let integer = match &self.values {
            _ if absent => None,
            Values::Integer(values) => values.is_valid(row).then(|| values.value(row)),
            Values::Instant(values) => values.is_valid(row).then(|| values.value(row)),
            Values::Text(values) => {
                if values.is_valid(row) {
                    append(values.value(row).as_bytes(), text);
                } else {
                    text.push(b'-');
                }
                return;
            }
        };
        match integer {
            Some(integer) => {
                number.clear();
                // Writing to memory cannot fail.
                let _ = write!(number, "{integer}");
                append(number, text);
            }
            None => text.push(b'-'),
        }
    }
}

fn append(value: &[u8], text: &mut Vec<u8>) {
    // Writing to memory cannot fail.
    let _ = write!(text, "{}:", value.len());
    text.extend_from_slice(value);
}

fn number_of(text: &[u8]) -> u64 {
    let hash = Sha256::digest(text);
    let first = hash.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    first >> CUT
}

fn as_text<S: Serializer>(sum: &u128, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(sum)
}

impl fmt::Display for ContentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.rows, self.sum)
    }
}
