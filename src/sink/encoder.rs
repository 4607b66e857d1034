//! Batches to bytes, in the format that was asked for.
//!
//! Each encoder writes into a buffer that is drained after every batch, which suits any place. Text is compressed on its
//! way out; Parquet compresses within itself.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::SinkError;
use super::compressor::Compressor;
use super::csv::CsvEncoder;
use super::ndjson::NdjsonEncoder;
use super::parquet::ParquetEncoder;
use crate::config::{Compression, Encoding, Format};

/// An encoder of one file.
#[derive(Debug)]
pub(crate) struct Encoder {
    rows: Rows,
    compressor: Compressor,
}

#[derive(Debug)]
enum Rows {
    Parquet(Box<ParquetEncoder>),
    Ndjson(NdjsonEncoder),
    Csv(CsvEncoder),
}

impl Encoder {
    pub fn new(encoding: Encoding, schema: &SchemaRef) -> Result<Self, SinkError> {
        let (rows, compression) = match encoding.format {
            Format::Parquet => (Rows::Parquet(Box::new(ParquetEncoder::new(encoding, schema)?)), Compression::NONE),
            Format::Ndjson => (Rows::Ndjson(NdjsonEncoder::new(schema)), encoding.compression),
            Format::Csv => (Rows::Csv(CsvEncoder::new(schema)), encoding.compression),
        };
        Ok(Self { rows, compressor: Compressor::new(compression)? })
    }

    /// Takes a batch; returns the bytes that are ready, which may be none.
    pub fn encode(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, SinkError> {
        let bytes = match &mut self.rows {
            Rows::Parquet(encoder) => encoder.encode(batch),
            Rows::Ndjson(encoder) => encoder.encode(batch),
            Rows::Csv(encoder) => encoder.encode(batch),
        };
        self.compressor.take(bytes?)
    }

    /// Ends the file; returns its last bytes.
    pub fn finish(mut self) -> Result<Vec<u8>, SinkError> {
        let bytes = match self.rows {
            Rows::Parquet(encoder) => encoder.finish()?,
            Rows::Ndjson(_) => Vec::new(),
            Rows::Csv(encoder) => encoder.finish(),
        };
        let mut last = self.compressor.take(bytes)?;
        last.extend(self.compressor.finish()?);
        Ok(last)
    }
}
