//! Parquet: a file comes in, batches in this program's own types go out, whoever wrote it.

use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::guard::{Bounded, guarded};
use crate::dataset::{ReadbackError, Wanted};
use crate::format::cast::{convert, fits};
use crate::format::schema::{Found, schema_of};

/// The rows of a file.
pub(crate) struct ParquetRows {
    path: PathBuf,
    reader: ParquetRecordBatchReader,
    pub schema: SchemaRef,
    /// The schema as it stands in the file.
    pub stored: SchemaRef,
}

impl ParquetRows {
    pub fn open(path: &Path, wanted: Wanted) -> Result<Self, ReadbackError> {
        guarded(path, || Self::open_here(path, wanted))
    }

    fn open_here(path: &Path, wanted: Wanted) -> Result<Self, ReadbackError> {
        let malformed = |error: &dyn std::fmt::Display| ReadbackError::malformed(path, error);
        let file = Bounded::open(path)?;
        let mut builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| malformed(&error))?;
        let stored = SchemaRef::clone(builder.schema());
        let columns = |reason: String| ReadbackError::columns(path, reason);
        let mut schema = schema_of(&found(&stored)).map_err(columns)?;
        fits(stored.fields(), schema.fields()).map_err(columns)?;
        if wanted == Wanted::Ids {
            let ids = ProjectionMask::columns(builder.parquet_schema(), ["id"]);
            builder = builder.with_projection(ids);
            let only = schema.fields().iter().filter(|field| field.name() == "id").cloned();
            schema = Schema::new(only.collect::<Vec<_>>()).into();
        }
        let reader = builder.build().map_err(|error| malformed(&error))?;
        Ok(Self { path: path.to_owned(), reader, schema, stored })
    }

    /// The next rows; nothing at the end. After an error there are none to be had.
    pub fn next(&mut self) -> Result<Option<RecordBatch>, ReadbackError> {
        let path = self.path.clone();
        guarded(&path, || self.next_here())
    }

    fn next_here(&mut self) -> Result<Option<RecordBatch>, ReadbackError> {
        let Some(batch) = self.reader.next() else { return Ok(None) };
        let batch = batch.map_err(|error| ReadbackError::malformed(&self.path, error))?;
        let columns: Result<Vec<_>, String> = batch
            .columns()
            .iter()
            .zip(self.schema.fields())
            .map(|(column, field)| convert(column, field.name(), field.data_type()))
            .collect();
        let columns = columns.map_err(|reason| ReadbackError::columns(&self.path, reason))?;
        if let Some((field, _)) = self
            .schema
            .fields()
            .iter()
            .zip(&columns)
            .find(|(field, column)| !field.is_nullable() && column.null_count() > 0)
        {
            return Err(ReadbackError::columns(&self.path, format_args!("{} is null in a row", field.name())));
        }
        let batch = RecordBatch::try_new(SchemaRef::clone(&self.schema), columns);
        batch.map(Some).map_err(|error| ReadbackError::malformed(&self.path, error))
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
