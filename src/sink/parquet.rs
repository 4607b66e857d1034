//! Parquet: row groups of equal size, zstd, dictionaries only where values repeat.
//!
//! Nothing of the run stands in the file: the same contacts give the same bytes.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use super::SinkError;

/// Rows of a row group: some 5 MB compressed.
const ROW_GROUP: usize = 100_000;
/// Bytes of a row group, at most, as encoded so far: what contacts with much text are bounded by.
const ROW_GROUP_BYTES: usize = 32 << 20;
/// Columns in which many contacts share a value. Elsewhere a dictionary costs time and saves nothing.
const REPEATING: [&str; 8] =
    ["company", "title", "location", "owner_id", "owner_email", "owner_first_name", "owner_last_name", "owner_name"];

/// Encodes batches as one Parquet file.
#[derive(Debug)]
pub(crate) struct ParquetEncoder {
    writer: ArrowWriter<Vec<u8>>,
}

impl ParquetEncoder {
    pub fn new(schema: &SchemaRef) -> Result<Self, SinkError> {
        let mut properties = WriterProperties::builder()
            .set_created_by(concat!("linq-export version ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(ROW_GROUP))
            .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
            .set_dictionary_enabled(false);
        for column in REPEATING {
            properties = properties.set_column_dictionary_enabled(ColumnPath::from(column), true);
        }
        let writer = ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties.build()))
            .map_err(|error| failed(&error))?;
        Ok(Self { writer })
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

fn failed(error: &ParquetError) -> SinkError {
    SinkError::Encode { format: "parquet", reason: error.to_string() }
}
