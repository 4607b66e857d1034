//! CSV as RFC 4180 has it: a header, lines that end in CR LF, quotes where they are needed.
//!
//! Null is nothing between two commas, and an empty text is `""`: whoever looks at the quotes can tell them apart. Instants
//! are written as in NDJSON. Values are written as they are, also those that a spreadsheet would take for a formula.

use std::io::Write;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Int64Type, Schema, TimestampMicrosecondType};
use chrono::DateTime;

use super::ndjson::INSTANT;
use crate::destination::DestinationError;

const LINE_END: &[u8] = b"\r\n";

/// Encodes batches as lines.
#[derive(Debug)]
pub(crate) struct CsvEncoder {
    /// What is to be written before the next row: the header, until it is written, and then nothing.
    header: Vec<u8>,
}

impl CsvEncoder {
    pub fn new(schema: &Schema) -> Self {
        let mut header = Vec::new();
        for (index, field) in schema.fields().iter().enumerate() {
            separate(index, &mut header);
            write_text(field.name(), &mut header);
        }
        header.extend(LINE_END);
        Self { header }
    }

    pub fn encode(&mut self, batch: &RecordBatch, out: &mut impl Write) -> Result<(), DestinationError> {
        let mut line = std::mem::take(&mut self.header);
        for row in 0..batch.num_rows() {
            for (index, column) in batch.columns().iter().enumerate() {
                separate(index, &mut line);
                write_value(column, row, &mut line)?;
            }
            line.extend(LINE_END);
            out.write_all(&line).map_err(|error| failed(&error))?;
            line.clear();
        }
        self.header = line;
        Ok(())
    }

    /// Writes the header, where there was no row to write it with.
    pub fn finish(self, out: &mut impl Write) -> Result<(), DestinationError> {
        out.write_all(&self.header).map_err(|error| failed(&error))
    }
}

fn separate(index: usize, line: &mut Vec<u8>) {
    if index > 0 {
        line.push(b',');
    }
}

fn write_value(column: &dyn Array, row: usize, line: &mut Vec<u8>) -> Result<(), DestinationError> {
    if column.is_null(row) {
        return Ok(());
    }
    let written = match column.data_type() {
        DataType::Int64 => write!(line, "{}", column.as_primitive::<Int64Type>().value(row)),
        DataType::Utf8 => {
            write_text(column.as_string::<i32>().value(row), line);
            Ok(())
        }
        DataType::Timestamp(..) => {
            let instant = DateTime::from_timestamp_micros(column.as_primitive::<TimestampMicrosecondType>().value(row));
            instant.map_or(Ok(()), |instant| write!(line, "{}", instant.format(INSTANT)))
        }
        other => return Err(failed(&format!("no value of type {other} fits into a line"))),
    };
    written.map_err(|error| failed(&error))
}

fn write_text(text: &str, line: &mut Vec<u8>) {
    // Some readers trim what has no quotes.
    let trimmed = [text.bytes().next(), text.bytes().last()].iter().flatten().any(|byte| b" \t".contains(byte));
    let plain = !text.is_empty() && !trimmed && !text.bytes().any(|byte| b",\"\r\n".contains(&byte));
    if plain {
        line.extend(text.as_bytes());
    } else {
        line.push(b'"');
        line.extend(text.replace('"', "\"\"").as_bytes());
        line.push(b'"');
    }
}

fn failed(error: &dyn std::fmt::Display) -> DestinationError {
    DestinationError::Encode { format: "csv", reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray, TimestampMicrosecondArray};

    use super::*;

    #[test]
    fn null_empty_and_what_must_be_quoted_can_be_told_apart() {
        let texts = [None, Some(""), Some("a,b"), Some("say \"hi\""), Some("two\nlines"), Some(" = 1+1\0")];
        let instants = TimestampMicrosecondArray::from(vec![None, Some(0), Some(-1), Some(1), Some(2), Some(3)]);
        let columns: Vec<(&str, ArrayRef, bool)> = vec![
            ("id", Arc::new(Int64Array::from(vec![i64::MIN, 1, 2, 3, 4, 5])), false),
            ("email", Arc::new(StringArray::from(texts.to_vec())), true),
            ("created_at", Arc::new(instants.with_timezone("UTC")), true),
        ];
        let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
        let mut encoder = CsvEncoder::new(&batch.schema());
        let mut lines = Vec::new();
        encoder.encode(&batch, &mut lines).unwrap();
        encoder.encode(&batch.slice(0, 0), &mut lines).unwrap();
        encoder.finish(&mut lines).unwrap();
        let lines = String::from_utf8(lines).unwrap();
        let due = [
            "id,email,created_at",
            "-9223372036854775808,,",
            "1,\"\",1970-01-01T00:00:00.000000Z",
            "2,\"a,b\",1969-12-31T23:59:59.999999Z",
            "3,\"say \"\"hi\"\"\",1970-01-01T00:00:00.000001Z",
            "4,\"two\nlines\",1970-01-01T00:00:00.000002Z",
            "5,\" = 1+1\0\",1970-01-01T00:00:00.000003Z",
            "",
        ];
        assert_eq!(lines, due.join("\r\n"));
        let mut header = Vec::new();
        let mut encoder = CsvEncoder::new(&batch.schema());
        encoder.encode(&batch.slice(0, 0), &mut header).unwrap();
        encoder.finish(&mut header).unwrap();
        assert_eq!(header, b"id,email,created_at\r\n");
    }
}
