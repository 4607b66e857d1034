//! Parquet: row groups of equal size, zstd, dictionaries only where values repeat.
//!
//! Nothing of the run stands in the file: the same contacts give the same bytes.

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding as PageEncoding, GzipLevel, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::schema::types::ColumnPath;

use super::SinkError;
use crate::config::{Codec, Encoding, Profile};

/// Columns in which many contacts share a value. Elsewhere a dictionary costs time and saves nothing.
const REPEATING: [&str; 8] =
    ["company", "title", "location", "owner_id", "owner_email", "owner_first_name", "owner_last_name", "owner_name"];

/// Rows of a row group, at most.
const ROWS: usize = 1 << 20;

/// Encodes batches as one Parquet file.
#[derive(Debug)]
pub(super) struct ParquetEncoder {
    writer: ArrowWriter<Vec<u8>>,
}

impl ParquetEncoder {
    pub fn new(encoding: Encoding, schema: &SchemaRef) -> Result<Self, SinkError> {
        let properties = properties(encoding, schema).map_err(|error| failed(&error))?;
        let writer = ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties));
        Ok(Self { writer: writer.map_err(|error| failed(&error))? })
    }

    pub fn encode(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, SinkError> {
        self.writer.write(batch).map_err(|error| failed(&error))?;
        self.writer.sync().map_err(|error| failed(&error.into()))?;
        Ok(std::mem::take(self.writer.inner_mut()))
    }

    pub fn finish(self) -> Result<Vec<u8>, SinkError> {
        self.writer.into_inner().map_err(|error| failed(&error))
    }
}

fn properties(encoding: Encoding, schema: &SchemaRef) -> Result<WriterProperties, ParquetError> {
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("linq-export version ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_compression(compression(encoding)?)
        .set_max_row_group_row_count(Some(ROWS))
        .set_max_row_group_bytes(Some(encoding.row_group.bytes()))
        .set_dictionary_enabled(false);
    for (path, field) in leaves(schema) {
        if repeats(&path) {
            properties = properties.set_column_dictionary_enabled(path, true);
        } else if encoding.profile == Profile::Compact {
            properties = properties.set_column_encoding(path, delta(field.data_type()));
        }
    }
    Ok(properties.build())
}

/// The columns that hold values, with their paths.
fn leaves(schema: &SchemaRef) -> Vec<(ColumnPath, &Field)> {
    let mut leaves = Vec::new();
    for field in schema.fields() {
        match field.data_type() {
            DataType::Struct(fields) => leaves.extend(
                fields
                    .iter()
                    .map(|inner| (ColumnPath::new(vec![field.name().clone(), inner.name().clone()]), &**inner)),
            ),
            _ => leaves.push((ColumnPath::from(field.name().as_str()), &**field)),
        }
    }
    leaves
}

fn repeats(path: &ColumnPath) -> bool {
    REPEATING.contains(&path.string().as_str()) || path.parts().len() > 1
}

fn delta(data_type: &DataType) -> PageEncoding {
    match data_type {
        DataType::Utf8 => PageEncoding::DELTA_BYTE_ARRAY,
        _ => PageEncoding::DELTA_BINARY_PACKED,
    }
}

fn compression(encoding: Encoding) -> Result<Compression, ParquetError> {
    let level = encoding.compression.level().unwrap_or_default();
    Ok(match encoding.compression.codec() {
        Codec::None => Compression::UNCOMPRESSED,
        Codec::Snappy => Compression::SNAPPY,
        Codec::Gzip => Compression::GZIP(GzipLevel::try_new(level.into())?),
        Codec::Zstd => Compression::ZSTD(ZstdLevel::try_new(level.into())?),
        Codec::Lz4 => Compression::LZ4_RAW,
    })
}

fn failed(error: &ParquetError) -> SinkError {
    SinkError::Encode { format: "parquet", reason: error.to_string() }
}
