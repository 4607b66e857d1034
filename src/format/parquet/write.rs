//! The Parquet writer. By default it writes what every reader supports: data pages of version 1, plain values, and
//! dictionaries only where values repeat; with a page index, and statistics for every column except text.
//!
//! Output is deterministic: of the run, the file has only the program's version and the Arrow schema.
//!
//! The choices on 1,000,000 contacts of the sandbox, with the CPU time of encoding only, and other engines on the same
//! table (`cargo bench --features bench --bench sizes`, then `tests/interop/sizes.py`, on 2 virtual cores):
//!
//! | written by | MB | CPU s |
//! |---|---|---|
//! | this, by default: portable, zstd 1 on dictionary indexes and dense values, 3 on others | 33.6 | 0.56 |
//! | `--parquet-profile compact`: also delta encodings | 32.2 | 0.46 |
//! | `--compression-level 1` | 38.3 | 0.46 |
//! | `--compression-level 9` | 31.5 | 1.94 |
//! | `--compression gzip` | 34.0 | 1.81 |
//! | `--compression snappy` | 49.1 | 0.42 |
//! | `--compression lz4` | 50.6 | 0.40 |
//! | `--compression none` | 94.1 | 0.31 |
//! | DuckDB 2.0.1, zstd | 34.3 | 1.84 |
//! | pyarrow 26.0.1, zstd | 39.3 | 0.65 |
//! | Polars 2.1.0, zstd | 35.7 | 0.94 |

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding as PageEncoding, GzipLevel, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::schema::types::ColumnPath;

use crate::config::{Codec, Encoding, Format, Profile};
use crate::format::error::FormatError;
use crate::resource;

/// Maximum number of rows per row group.
const ROWS: usize = 1 << 20;
/// Rows per write batch.
const WRITE_BATCH: usize = 8_192;
/// The zstd level for dictionary indexes and dense values, which hardly compress further.
const DENSE_LEVEL: u8 = 1;
/// The zstd level for other values.
const VALUE_LEVEL: u8 = 3;
/// The gzip level.
const GZIP_LEVEL: u8 = 6;

/// Writes batches as one Parquet file.
#[derive(Debug)]
pub(crate) struct ParquetWriter<W: Write + Send> {
    writer: ArrowWriter<W>,
}

impl<W: Write + Send> ParquetWriter<W> {
    pub fn new(encoding: Encoding, schema: &SchemaRef, out: W) -> Result<Self, FormatError> {
        let properties = properties(encoding, schema).map_err(|error| failed(&error))?;
        let writer = ArrowWriter::try_new(out, schema.clone(), Some(properties));
        Ok(Self { writer: writer.map_err(|error| failed(&error))? })
    }

    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), FormatError> {
        self.writer.write(batch).map_err(|error| failed(&error))
    }

    pub fn finish(self) -> Result<W, FormatError> {
        self.writer.into_inner().map_err(|error| failed(&error))
    }
}

fn properties(encoding: Encoding, schema: &SchemaRef) -> Result<WriterProperties, ParquetError> {
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("linq-export version ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_write_batch_size(WRITE_BATCH)
        .set_max_row_group_row_count(Some(ROWS))
        .set_max_row_group_bytes(Some(encoding.row_group.bytes()));
    for (path, field) in leaves(schema) {
        // Where values turn out not to repeat, the writer stops using the dictionary.
        let name = path.string();
        let repeats = resource::repeats(&name);
        let is_dense = repeats || resource::find(&name).is_some_and(|column| column.is_dense);
        let codec = compression(encoding, if is_dense { DENSE_LEVEL } else { VALUE_LEVEL })?;
        properties =
            properties.set_column_dictionary_enabled(path.clone(), repeats).set_column_compression(path.clone(), codec);
        // Minimum and maximum of unsorted text would not let a query skip any page.
        if field.data_type() == &DataType::Utf8 {
            properties = properties.set_column_statistics_enabled(path.clone(), EnabledStatistics::None);
        }
        if !repeats && encoding.profile == Profile::Compact {
            properties = properties.set_column_encoding(path, delta(field.data_type()));
        }
    }
    Ok(properties.build())
}

/// The columns that hold values, by path.
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

fn delta(data_type: &DataType) -> PageEncoding {
    match data_type {
        DataType::Utf8 => PageEncoding::DELTA_LENGTH_BYTE_ARRAY,
        _ => PageEncoding::DELTA_BINARY_PACKED,
    }
}

fn compression(encoding: Encoding, zstd_level: u8) -> Result<Compression, ParquetError> {
    let level = encoding.compression.level();
    Ok(match encoding.compression.codec() {
        Codec::None => Compression::UNCOMPRESSED,
        Codec::Snappy => Compression::SNAPPY,
        Codec::Gzip => Compression::GZIP(GzipLevel::try_new(level.unwrap_or(GZIP_LEVEL).into())?),
        Codec::Zstd => Compression::ZSTD(ZstdLevel::try_new(level.unwrap_or(zstd_level).into())?),
        Codec::Lz4 => Compression::LZ4_RAW,
    })
}

fn failed(error: &ParquetError) -> FormatError {
    FormatError::encode(Format::Parquet, error)
}
