//! NDJSON: one JSON object a line, the same columns and values as the Parquet file.
//!
//! Nulls are written out, and instants as RFC 3339 in UTC with six digits, so that both formats load
//! into the same table.

use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Schema, TimeUnit, TimestampMicrosecondType};
use arrow::error::ArrowError;
use arrow::json::WriterBuilder;
use arrow::json::writer::LineDelimited;

use super::SinkError;

/// Instants, as they are written.
const INSTANT: &str = "%Y-%m-%dT%H:%M:%S%.6fZ";

/// Encodes batches as lines.
#[derive(Debug)]
pub(crate) struct NdjsonEncoder {
    settings: WriterBuilder,
}

impl NdjsonEncoder {
    pub fn new() -> Self {
        let settings = WriterBuilder::new().with_explicit_nulls(true).with_timestamp_tz_format(INSTANT.to_owned());
        Self { settings }
    }

    pub fn encode(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, SinkError> {
        let lines = with_fixed_offsets(batch).and_then(|batch| {
            let mut writer = self.settings.clone().build::<_, LineDelimited>(Vec::new());
            writer.write(&batch)?;
            Ok(writer.into_inner())
        });
        lines.map_err(|error| SinkError::Encode { format: "ndjson", reason: error.to_string() })
    }
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
