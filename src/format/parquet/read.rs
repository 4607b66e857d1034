//! The Parquet reader. It accepts other writers' types, and yields batches of this program's own.

use std::path::Path;

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::{DataType, Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::guard::{Bounded, guarded};
use crate::format::convert::{convert, fits};
use crate::format::error::FormatError;
use crate::format::read::Wanted;
use crate::format::schema::{Found, schema_of};
use crate::resource::ID;

/// Reads the rows of a file.
pub(crate) struct ParquetReader {
    reader: ParquetRecordBatchReader,
    pub schema: SchemaRef,
    /// The schema as stored in the file.
    pub stored: SchemaRef,
}

impl ParquetReader {
    pub fn open(path: &Path, wanted: Wanted) -> Result<Self, FormatError> {
        guarded(|| {
            let builder = ParquetRecordBatchReaderBuilder::try_new(Bounded::open(path)?);
            let mut builder = builder.map_err(FormatError::malformed)?;
            let stored = SchemaRef::clone(builder.schema());
            let mut schema = schema_of(&found(&stored)).map_err(FormatError::columns)?;
            fits(stored.fields(), schema.fields()).map_err(FormatError::columns)?;
            if wanted == Wanted::Ids {
                let ids = ProjectionMask::columns(builder.parquet_schema(), [ID]);
                builder = builder.with_projection(ids);
                let only = schema.fields().iter().filter(|field| field.name() == ID).cloned();
                schema = Schema::new(only.collect::<Vec<_>>()).into();
            }
            let reader = builder.build().map_err(FormatError::malformed)?;
            Ok(Self { reader, schema, stored })
        })
    }

    /// The next rows; `None` at the end. After an error, this must not be called again.
    pub fn next(&mut self) -> Result<Option<RecordBatch>, FormatError> {
        guarded(|| {
            let Some(batch) = self.reader.next() else { return Ok(None) };
            let batch = batch.map_err(FormatError::malformed)?;
            let mut columns = Vec::new();
            for (column, field) in batch.columns().iter().zip(self.schema.fields()) {
                let column = convert(column, field.name(), field.data_type()).map_err(FormatError::columns)?;
                if !field.is_nullable() && column.null_count() > 0 {
                    return Err(FormatError::columns(format_args!("{} is null in a row", field.name())));
                }
                columns.push(column);
            }
            let batch = RecordBatch::try_new(SchemaRef::clone(&self.schema), columns);
            batch.map(Some).map_err(FormatError::malformed)
        })
    }
}

fn found(schema: &Schema) -> Vec<Found> {
    let within = |data_type: &DataType| match data_type {
        DataType::Struct(fields) => Some(fields.iter().map(|field| field.name().clone()).collect()),
        _ => None,
    };
    let fields = schema.fields().iter();
    fields.map(|field| Found { name: field.name().clone(), within: within(field.data_type()) }).collect()
}
