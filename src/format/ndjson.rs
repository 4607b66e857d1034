//! NDJSON: one JSON object a line, the same columns and values as the Parquet file.
//!
//! Nulls are written out, and instants as RFC 3339 in UTC with six digits, so that both formats load
//! into the same table. A table of one binary column has its lines in it already.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Schema, TimeUnit, TimestampMicrosecondType};
use arrow::error::ArrowError;
use arrow::json::WriterBuilder;
use arrow::json::writer::LineDelimited;

use crate::destination::DestinationError;

/// Instants, as they are written.
pub(crate) const INSTANT: &str = "%Y-%m-%dT%H:%M:%S%.6fZ";

/// Encodes batches as lines.
#[derive(Debug)]
pub(crate) struct NdjsonEncoder {
    settings: WriterBuilder,
    /// Whether rows are lines as they are.
    raw: bool,
}

impl NdjsonEncoder {
    pub fn new(schema: &Schema) -> Self {
        let raw = matches!(schema.fields().iter().as_slice(), [field] if *field.data_type() == DataType::Binary);
        let settings = WriterBuilder::new().with_explicit_nulls(true).with_timestamp_tz_format(INSTANT.to_owned());
        Self { settings, raw }
    }

    pub fn encode(&mut self, batch: &RecordBatch, out: &mut impl Write) -> Result<(), DestinationError> {
        let written = if self.raw { write_raw(batch, out) } else { self.write(batch, out) };
        written.map_err(|error| DestinationError::Encode { format: "ndjson", reason: error.to_string() })
    }

    fn write(&self, batch: &RecordBatch, out: &mut impl Write) -> Result<(), ArrowError> {
        let batch = with_fixed_offsets(batch)?;
        self.settings.clone().build::<_, LineDelimited>(out).write(&batch)
    }
}

fn write_raw(batch: &RecordBatch, out: &mut impl Write) -> Result<(), ArrowError> {
    for line in batch.column(0).as_binary::<i32>().iter().flatten() {
        out.write_all(line)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// The same instants, in a zone whose name the writer knows without a database of time zones.
fn with_fixed_offsets(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let mut fields = Vec::new();
    let mut columns = Vec::new();
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        if let DataType::Timestamp(TimeUnit::Microsecond, Some(_)) = field.data_type() {
            let instants = column.as_primitive::<TimestampMicrosecondType>().clone().with_timezone("+00:00");
            fields.push(Arc::new(field.as_ref().clone().with_data_type(instants.data_type().clone())));
            columns.push(Arc::new(instants) as _);
        } else {
            fields.push(Arc::clone(field));
            columns.push(Arc::clone(column));
        }
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}
