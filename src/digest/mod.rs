//! A digest of a table's contents that does not depend on the order of the rows, the format, or the database.
//!
//! It consists of the number of rows and a sum. The text of a row is, for each leaf column in the table's order, `-` for
//! null, otherwise the value's length in bytes, `:` and the value: integers in decimal, times as microseconds since
//! 1970-01-01T00:00:00Z. The number of a row is the first 15 hexadecimal digits of its text's SHA-256, and the sum is that of
//! all rows' numbers. It can be recomputed wherever SHA-256 is available, even in SQL.

mod row_text;
#[cfg(test)]
mod tests;

use std::fmt;

use arrow::array::RecordBatch;
use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};

pub(crate) use row_text::{RowTexts, leaf_names};

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

impl ContentDigest {
    /// Adds the rows of a batch, whose columns may be in any order.
    ///
    /// # Errors
    /// If a column is unknown; the digest is unchanged then.
    pub fn add(&mut self, batch: &RecordBatch) -> Result<(), UnknownColumn> {
        let (texts, mut text) = (RowTexts::of(batch)?, Vec::new());
        for row in 0..batch.num_rows() {
            text.clear();
            texts.append(row, &mut text);
            self.sum += u128::from(number_of(&text));
        }
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Adds a row, given the first 64 bits of the SHA-256 of its text.
    pub(crate) fn add_hash(&mut self, first: u64) {
        self.rows += 1;
        self.sum += u128::from(first >> CUT);
    }
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
