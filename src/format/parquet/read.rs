//! The Parquet reader. It accepts other writers' types, and yields batches of this program's own.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, RecordBatchReader};
use arrow::datatypes::{DataType, Int64Type, Schema, SchemaRef};
use arrow::error::ArrowError;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowPredicateFn, ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder, RowFilter, RowSelectionPolicy,
};

use super::dictionaries::{data_type, with_dictionaries};
use super::guard::{Bounded, guarded};
use crate::format::convert::{convert, fits};
use crate::format::error::FormatError;
use crate::format::read::{Reading, Texts, Wanted};
use crate::format::schema::{Found, schema_of};
use crate::resource::ID;

/// Reads the rows of a file.
pub(crate) struct ParquetReader {
    reader: ParquetRecordBatchReader,
    pub schema: SchemaRef,
    /// The schema of the batches, where texts may be in dictionaries.
    batches: SchemaRef,
    /// The schema as stored in the file.
    pub stored: SchemaRef,
}

impl ParquetReader {
    pub fn open(path: &Path, reading: &Reading) -> Result<Self, FormatError> {
        guarded(|| {
            let file = Bounded::open(path)?;
            let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::default());
            let mut metadata = metadata.map_err(FormatError::malformed)?;
            let stored = SchemaRef::clone(metadata.schema());
            let mut schema = schema_of(&found(&stored)).map_err(FormatError::columns)?;
            fits(stored.fields(), schema.fields()).map_err(FormatError::columns)?;
            if reading.texts == Texts::Dictionaries {
                metadata = with_dictionaries(metadata);
            }
            let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata);
            let id = ProjectionMask::columns(builder.parquet_schema(), [ID]);
            match &reading.wanted {
                Wanted::Everything => {}
                Wanted::Ids => {
                    builder = builder.with_projection(id);
                    let only = schema.fields().iter().filter(|field| field.name() == ID).cloned();
                    schema = Schema::new(only.collect::<Vec<_>>()).into();
                }
                Wanted::Rows(ids) => {
                    let ids = Arc::clone(ids);
                    let is_wanted = ArrowPredicateFn::new(id, move |batch| are_wanted(batch.column(0), &ids));
                    builder = builder
                        .with_row_filter(RowFilter::new(vec![Box::new(is_wanted)]))
                        // Ids are read twice in less time than it takes to keep them.
                        .with_max_predicate_cache_size(0)
                        .with_row_selection_policy(RowSelectionPolicy::Selectors);
                }
            }
            let reader = builder.build().map_err(FormatError::malformed)?;
            let batches = match reading.texts {
                Texts::Plain => SchemaRef::clone(&schema),
                Texts::Dictionaries => in_batches(&schema, &reader.schema()),
            };
            Ok(Self { reader, schema, batches, stored })
        })
    }

    /// The next rows; `None` at the end. After an error, this must not be called again.
    pub fn next(&mut self) -> Result<Option<RecordBatch>, FormatError> {
        guarded(|| {
            let Some(batch) = self.reader.next() else { return Ok(None) };
            let batch = batch.map_err(FormatError::malformed)?;
            let mut columns = Vec::new();
            for (column, field) in batch.columns().iter().zip(self.batches.fields()) {
                let column = match field.data_type() {
                    DataType::Dictionary(..) => ArrayRef::clone(column),
                    due => convert(column, field.name(), due).map_err(FormatError::columns)?,
                };
                if !field.is_nullable() && column.null_count() > 0 {
                    return Err(FormatError::columns(format_args!("{} is null in a row", field.name())));
                }
                columns.push(column);
            }
            let batch = RecordBatch::try_new(SchemaRef::clone(&self.batches), columns);
            batch.map(Some).map_err(FormatError::malformed)
        })
    }
}

/// The schema of batches that are read with these types, texts in dictionaries included.
fn in_batches(schema: &SchemaRef, read: &Schema) -> SchemaRef {
    let fields = schema.fields().iter().zip(read.fields()).map(|(field, read)| {
        let is_text = field.data_type() == &DataType::Utf8;
        if is_text && read.data_type() == &data_type() { read.clone() } else { field.clone() }
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Which of these ids are wanted. Where one is missing, the row is read, and found to be invalid.
fn are_wanted(found: &ArrayRef, wanted: &[i64]) -> Result<BooleanArray, ArrowError> {
    let found = convert(found, ID, &DataType::Int64).map_err(ArrowError::SchemaError)?;
    let found = found.as_primitive::<Int64Type>().iter();
    Ok(found.map(|id| Some(id.is_none_or(|id| wanted.binary_search(&id).is_ok()))).collect())
}

fn found(schema: &Schema) -> Vec<Found> {
    let within = |data_type: &DataType| match data_type {
        DataType::Struct(fields) => Some(fields.iter().map(|field| field.name().clone()).collect()),
        _ => None,
    };
    let fields = schema.fields().iter();
    fields.map(|field| Found { name: field.name().clone(), within: within(field.data_type()) }).collect()
}
