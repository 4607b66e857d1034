//! Rows as lines of text, for NDJSON and CSV: columns downcast once per batch, and lines passed on in blocks.

use std::fmt::Display;
use std::io::{self, Write};

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Fields, Int64Type, TimeUnit, TimestampMicrosecondType};

use super::error::FormatError;
use crate::config::Format;

/// The size from which a block of lines is passed on.
const BLOCK: usize = 1 << 16;
/// How many bytes are searched at once: enough for SIMD.
const SEARCHED: usize = 64;

/// A format whose rows are lines.
pub(super) trait LineFormat {
    const FORMAT: Format;
    /// What is written for null.
    const NULL: &'static [u8];
    const LINE_END: &'static [u8];

    /// What comes before each value of a column.
    fn before(index: usize, name: &str) -> Vec<u8>;

    /// Whether a text with this byte must be escaped or quoted.
    fn is_special(byte: u8) -> bool;

    /// Appends a value, or the columns of a row.
    fn append(cell: &Cell<'_>, line: &mut Vec<u8>);
}

/// Writes the rows of a batch after what already is in `block`.
pub(super) fn write_rows<F: LineFormat>(
    batch: &RecordBatch,
    block: &mut Vec<u8>,
    out: &mut impl Write,
) -> Result<(), FormatError> {
    let failed = |reason: &dyn Display| FormatError::encode(F::FORMAT, reason);
    let columns = columns::<F>(batch.schema_ref().fields(), batch.columns());
    let columns = columns.map_err(|unsupported| failed(&format_args!("unsupported type {unsupported}")))?;
    let written = write_lines(batch.num_rows(), block, out, |row, line| {
        F::append(&Cell::Struct(row, &columns), line);
        line.extend_from_slice(F::LINE_END);
    });
    written.map_err(|error| failed(&error))
}

/// Appends a line for each row to `block`, and passes the block on whenever it is large enough, and at the end.
pub(super) fn write_lines(
    rows: usize,
    block: &mut Vec<u8>,
    out: &mut impl Write,
    mut append: impl FnMut(usize, &mut Vec<u8>),
) -> io::Result<()> {
    for row in 0..rows {
        append(row, block);
        if block.len() >= BLOCK {
            out.write_all(block)?;
            block.clear();
        }
    }
    out.write_all(block)?;
    block.clear();
    Ok(())
}

/// A column of a batch or of a struct.
pub(super) struct Column<'a> {
    before: Vec<u8>,
    nulls: Option<&'a NullBuffer>,
    values: Values<'a>,
}

/// The values of a column.
enum Values<'a> {
    Integers(&'a Int64Array),
    /// Texts, and whether each has a special character.
    Texts(&'a StringArray, Vec<bool>),
    Instants(&'a TimestampMicrosecondArray),
    Structs(Vec<Column<'a>>),
}

/// A value that is not null.
pub(super) enum Cell<'a> {
    Integer(i64),
    /// A text without special characters.
    Plain(&'a str),
    /// A text with special characters.
    Special(&'a str),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Instant(i64),
    /// A row of these columns.
    Struct(usize, &'a [Column<'a>]),
}

fn columns<'a, F: LineFormat>(fields: &Fields, arrays: &'a [ArrayRef]) -> Result<Vec<Column<'a>>, &'a DataType> {
    let columns = fields.iter().zip(arrays).enumerate().map(|(index, (field, array))| {
        let values = match array.data_type() {
            DataType::Int64 => Values::Integers(array.as_primitive::<Int64Type>()),
            DataType::Utf8 => {
                let texts = array.as_string();
                Values::Texts(texts, have_special(texts, F::is_special))
            }
            DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => {
                Values::Instants(array.as_primitive::<TimestampMicrosecondType>())
            }
            DataType::Struct(fields) if F::FORMAT.nests() => {
                Values::Structs(columns::<F>(fields, array.as_struct().columns())?)
            }
            unsupported => return Err(unsupported),
        };
        Ok(Column { before: F::before(index, field.name()), nulls: array.nulls(), values })
    });
    columns.collect()
}

impl Column<'_> {
    /// Appends the value of a row, and what comes before it.
    pub fn append<F: LineFormat>(&self, row: usize, line: &mut Vec<u8>) {
        line.extend_from_slice(&self.before);
        if self.nulls.is_some_and(|nulls| nulls.is_null(row)) {
            line.extend_from_slice(F::NULL);
            return;
        }
        let cell = match &self.values {
            Values::Integers(values) => Cell::Integer(values.value(row)),
            Values::Texts(values, special) if special[row] => Cell::Special(values.value(row)),
            Values::Texts(values, _) => Cell::Plain(values.value(row)),
            Values::Instants(values) => Cell::Instant(values.value(row)),
            Values::Structs(columns) => Cell::Struct(row, columns),
        };
        F::append(&cell, line);
    }
}

/// Whether each text has a special byte. One search through all texts of a column, which are contiguous, is faster than one
/// in each.
fn have_special(texts: &StringArray, is_special: impl Fn(u8) -> bool + Copy) -> Vec<bool> {
    let bounds = texts.value_offsets().iter().map(|bound| usize::try_from(*bound).unwrap_or_default());
    let bytes = &texts.value_data()[..bounds.clone().next_back().unwrap_or_default()];
    // The first special byte from here on.
    let mut next = None;
    let ranges = bounds.clone().zip(bounds.skip(1));
    let found = ranges.map(|(start, end)| match next {
        Some(known) if known >= start => known < end,
        _ => *next.insert(find(bytes, start, is_special)) < end,
    });
    found.collect()
}

/// The position of the first special byte from `start` on; the end if there is none.
fn find(bytes: &[u8], start: usize, is_special: impl Fn(u8) -> bool + Copy) -> usize {
    let mut at = start;
    for chunk in bytes[start..].chunks(SEARCHED) {
        // Looking at every byte, instead of stopping at the first special one, lets the compiler use SIMD.
        if chunk.iter().fold(false, |found, byte| found | is_special(*byte)) {
            return at + chunk.iter().position(|byte| is_special(*byte)).unwrap_or_default();
        }
        at += chunk.len();
    }
    at
}

/// Appends an integer in decimal.
pub(super) fn append_integer(integer: i64, line: &mut Vec<u8>) {
    line.extend_from_slice(itoa::Buffer::new().format(integer).as_bytes());
}
