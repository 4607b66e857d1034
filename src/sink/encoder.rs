//! Batches to bytes, in the format that was asked for.
//!
//! Each encoder writes into a buffer that is drained after every batch, which suits any place.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::SinkError;
use super::ndjson::NdjsonEncoder;
use super::parquet::ParquetEncoder;
use crate::config::Format;

/// An encoder of one output.
#[derive(Debug)]
pub(crate) enum Encoder {
    Parquet(Box<ParquetEncoder>),
    Ndjson(NdjsonEncoder),
}

impl Encoder {
    pub fn new(format: Format, schema: &SchemaRef) -> Result<Self, SinkError> {
        Ok(match format {
            Format::Parquet => Self::Parquet(Box::new(ParquetEncoder::new(schema)?)),
            Format::Ndjson => Self::Ndjson(NdjsonEncoder::new()),
        })
    }

    /// Takes a batch; returns the bytes that are ready, which may be none.
    pub fn encode(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, SinkError> {
        match self {
            Self::Parquet(encoder) => encoder.encode(batch),
            Self::Ndjson(encoder) => encoder.encode(batch),
        }
    }

    /// Ends the output; returns its last bytes.
    pub fn finish(self) -> Result<Vec<u8>, SinkError> {
        match self {
            Self::Parquet(encoder) => encoder.finish(),
            Self::Ndjson(_) => Ok(Vec::new()),
        }
    }
}
