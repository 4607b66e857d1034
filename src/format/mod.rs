//! Batches to bytes, in the format that was asked for.
//!
//! Bytes are written as soon as they are made, so that no encoder holds what is ready: into whatever takes them, which
//! suits any place. Text is compressed on its way out; Parquet compresses within itself.

mod compression;
mod csv;
mod ndjson;
mod parquet;

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use crate::config::{Encoding, Format};
use crate::destination::DestinationError;
use compression::Compressor;
use csv::CsvEncoder;
use ndjson::NdjsonEncoder;
use parquet::ParquetEncoder;

/// An encoder of one file.
#[derive(Debug)]
pub(crate) enum Encoder<W: Write + Send> {
    Parquet(Box<ParquetEncoder<W>>),
    Lines { lines: Lines, out: Box<Compressor<W>> },
}

/// An encoder of text.
#[derive(Debug)]
pub(crate) enum Lines {
    Ndjson(NdjsonEncoder),
    Csv(CsvEncoder),
}

impl<W: Write + Send> Encoder<W> {
    pub fn new(encoding: Encoding, schema: &SchemaRef, out: W) -> Result<Self, DestinationError> {
        let lines = match encoding.format {
            Format::Parquet => return Ok(Self::Parquet(Box::new(ParquetEncoder::new(encoding, schema, out)?))),
            Format::Ndjson => Lines::Ndjson(NdjsonEncoder::new(schema)),
            Format::Csv => Lines::Csv(CsvEncoder::new(schema)),
        };
        Ok(Self::Lines { lines, out: Box::new(Compressor::new(encoding.compression, out)?) })
    }

    /// Takes a batch; writes the bytes that are ready, which may be none.
    pub fn encode(&mut self, batch: &RecordBatch) -> Result<(), DestinationError> {
        match self {
            Self::Parquet(encoder) => encoder.encode(batch),
            Self::Lines { lines, out } => {
                match lines {
                    Lines::Ndjson(encoder) => encoder.encode(batch, out)?,
                    Lines::Csv(encoder) => encoder.encode(batch, out)?,
                }
                out.pass_on()
            }
        }
    }

    /// Ends the file: writes its last bytes.
    pub fn finish(self) -> Result<W, DestinationError> {
        match self {
            Self::Parquet(encoder) => encoder.finish(),
            Self::Lines { lines, mut out } => {
                if let Lines::Csv(encoder) = lines {
                    encoder.finish(&mut out)?;
                }
                out.finish()
            }
        }
    }
}
