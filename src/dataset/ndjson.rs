//! NDJSON: lines come in, batches go out. Every line has exactly the columns of the first.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use serde::de::DeserializeSeed;
use serde_json::error::Category;

use super::cell::Row;
use super::{BATCH_BYTES, BATCH_ROWS, ReadbackError};
use crate::decode::builder::Record;
use crate::format::read::Lines;

/// The rows of lines.
pub(super) struct NdjsonRows {
    lines: Lines,
    schema: SchemaRef,
    record: Record,
}

impl NdjsonRows {
    pub fn new(lines: Lines, schema: SchemaRef) -> Self {
        Self { lines, record: Record::new(schema.fields().clone()), schema }
    }

    /// The next rows; nothing at the end.
    pub fn next(&mut self) -> Result<Option<RecordBatch>, ReadbackError> {
        let (mut line, mut bytes) = (Vec::new(), 0);
        while self.record.rows() < BATCH_ROWS && bytes < BATCH_BYTES {
            line.clear();
            if !self.lines.read(&mut line)? {
                break;
            }
            bytes += line.len();
            self.take(&line)?;
        }
        if self.record.rows() == 0 {
            return Ok(None);
        }
        self.record.take(&self.schema).map(Some).map_err(|error| self.lines.wrong(&error.to_string()))
    }

    fn take(&mut self, line: &[u8]) -> Result<(), ReadbackError> {
        let mut parser = serde_json::Deserializer::from_slice(line);
        let took = Row(&mut self.record).deserialize(&mut parser).and_then(|()| parser.end());
        took.map_err(|error| refused(&self.lines, line, &error))
    }
}

/// Why a line is none of the table. Only what this program words itself is of category `Data` in an object.
pub(super) fn refused(lines: &Lines, line: &[u8], error: &serde_json::Error) -> ReadbackError {
    // The parser calls every line 1.
    let all = error.to_string();
    let reason = all.split(" at line ").next().unwrap_or(&all);
    match error.classify() {
        Category::Data if line.trim_ascii_start().starts_with(b"{") => lines.other_columns(reason),
        Category::Data => lines.wrong("it is no JSON object"),
        _ => lines.wrong(&format!("column {}: {reason}", error.column())),
    }
}
