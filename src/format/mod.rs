//! File formats: batches to bytes, and back.
//!
//! A format is one module with its writer, its reader and its first bytes, registered in [`Writer`] and [`Reader`] here;
//! everything else about it is in [`Format`]. Writers pass bytes on as soon as they can, and need no seekable output. Formats
//! whose rows are lines share `cells`. Text is compressed as a whole, Parquet within itself.

mod cells;
mod compression;
mod convert;
mod csv;
mod error;
mod instant;
mod ndjson;
pub(crate) mod parquet;
mod read;
mod schema;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io::{self, Write};
use std::path::Path;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use crate::config::{Codec, Encoding, Format, Named};
use compression::Compressor;
use csv::{CsvReader, CsvWriter};
pub use error::FormatError;
use ndjson::{NdjsonReader, NdjsonWriter};
use parquet::{ParquetReader, ParquetWriter};
pub use read::Form;
pub(crate) use read::{Lines, Reading, Texts, Wanted};
pub(crate) use schema::{Found, schema_of};

/// Writes one file.
#[derive(Debug)]
pub(crate) enum Writer<W: Write + Send> {
    Parquet(Box<ParquetWriter<W>>),
    Ndjson(NdjsonWriter, Box<Compressor<W>>),
    Csv(CsvWriter, Box<Compressor<W>>),
}

impl<W: Write + Send> Writer<W> {
    pub fn new(encoding: Encoding, schema: &SchemaRef, out: W) -> Result<Self, FormatError> {
        let format = encoding.format;
        let compressor = |out| Compressor::new(encoding.compression, out).map(Box::new).map_err(failed(format));
        Ok(match format {
            Format::Parquet => Self::Parquet(Box::new(ParquetWriter::new(encoding, schema, out)?)),
            Format::Ndjson => Self::Ndjson(NdjsonWriter::new(schema), compressor(out)?),
            Format::Csv => Self::Csv(CsvWriter::new(schema), compressor(out)?),
        })
    }

    /// Encodes a batch, and writes the bytes that are ready, if any.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), FormatError> {
        match self {
            Self::Parquet(writer) => writer.write(batch),
            Self::Ndjson(writer, out) => {
                writer.write(batch, out)?;
                out.pass_on().map_err(failed(Format::Ndjson))
            }
            Self::Csv(writer, out) => {
                writer.write(batch, out)?;
                out.pass_on().map_err(failed(Format::Csv))
            }
        }
    }

    /// Writes the last bytes of the file.
    pub fn finish(self) -> Result<W, FormatError> {
        match self {
            Self::Parquet(writer) => writer.finish(),
            Self::Ndjson(_, out) => out.finish().map_err(failed(Format::Ndjson)),
            Self::Csv(writer, mut out) => {
                writer.finish(&mut out)?;
                out.finish().map_err(failed(Format::Csv))
            }
        }
    }
}

fn failed(format: Format) -> impl Fn(io::Error) -> FormatError {
    move |error| FormatError::encode(format, error)
}

/// Reads one file.
pub(crate) enum Reader {
    Parquet(Box<ParquetReader>),
    Ndjson(Box<NdjsonReader>),
    Csv(Box<CsvReader>),
    /// An empty file: NDJSON without a line.
    Empty,
}

/// Whether a file without contents is valid under its name: only NDJSON has no header, and compressed files are never empty.
fn may_be_empty(path: &Path, codec: Codec) -> bool {
    let named = Named::of(path);
    (named.codec.is_none() || codec != Codec::None) && named.format.is_none_or(Format::is_json)
}

impl Reader {
    /// Opens a file. The format follows from the first bytes; the name only tells whether an empty file is valid.
    pub fn open(path: &Path, reading: &Reading) -> Result<(Self, Form), FormatError> {
        let mut lines = Lines::open(path)?;
        let codec = lines.codec;
        let first = lines.peek()?;
        let (reader, format) = if first.is_empty() {
            if !may_be_empty(path, codec) {
                return Err(FormatError::malformed("the file is empty"));
            }
            (Self::Empty, Format::Ndjson)
        } else if first.starts_with(parquet::MAGIC) && codec == Codec::None {
            (Self::Parquet(Box::new(ParquetReader::open(path, reading)?)), Format::Parquet)
        } else if first.starts_with(ndjson::MAGIC) {
            (Self::Ndjson(Box::new(NdjsonReader::open(path, &reading.owner)?)), Format::Ndjson)
        } else {
            (Self::Csv(Box::new(CsvReader::new(lines)?)), Format::Csv)
        };
        Ok((reader, Form { format: format.name(), codec: codec.name() }))
    }

    /// The schema of its batches; `None` for an empty file.
    pub fn schema(&self) -> Option<&SchemaRef> {
        match self {
            Self::Parquet(reader) => Some(&reader.schema),
            Self::Ndjson(reader) => Some(&reader.schema),
            Self::Csv(reader) => Some(&reader.schema),
            Self::Empty => None,
        }
    }

    /// The schema as stored in the file, whose types may differ from those of the batches.
    pub fn stored(&self) -> Option<&SchemaRef> {
        match self {
            Self::Parquet(reader) => Some(&reader.stored),
            _ => self.schema(),
        }
    }

    /// The next rows; `None` at the end.
    pub fn next(&mut self) -> Result<Option<RecordBatch>, FormatError> {
        match self {
            Self::Parquet(reader) => reader.next(),
            Self::Ndjson(reader) => reader.next(),
            Self::Csv(reader) => reader.next(),
            Self::Empty => Ok(None),
        }
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("schema", &self.schema()).finish_non_exhaustive()
    }
}
