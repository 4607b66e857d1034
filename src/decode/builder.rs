//! Arrow columns under construction, filled value by value.
//!
//! A column takes only values that it can hold exactly: nothing is rounded, truncated or guessed.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, Int64Builder, NullBufferBuilder, RecordBatch, StringBuilder, StructArray,
    TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, Field, Fields, SchemaRef};
use arrow::error::ArrowError;

use super::timestamp;

/// The initial capacity of a column in a file reader: rows, and bytes of text.
const CAPACITY: usize = 1_024;

/// A column under construction.
#[derive(Debug)]
pub(crate) enum ColumnBuilder {
    Integer(Int64Builder),
    Text(StringBuilder),
    Instant(TimestampMicrosecondBuilder),
    Struct(RowBuilder),
}

/// Columns that are filled row by row.
#[derive(Debug)]
pub(crate) struct RowBuilder {
    fields: Fields,
    columns: Vec<ColumnBuilder>,
    nulls: NullBufferBuilder,
}

/// The column cannot hold the value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unfit;

impl ColumnBuilder {
    /// A builder for a type of this program's tables.
    pub fn with_capacity(data_type: &DataType, rows: usize, bytes: usize) -> Self {
        match data_type {
            DataType::Int64 => Self::Integer(Int64Builder::with_capacity(rows)),
            DataType::Timestamp(..) => {
                Self::Instant(TimestampMicrosecondBuilder::with_capacity(rows).with_data_type(data_type.clone()))
            }
            DataType::Struct(fields) => Self::Struct(RowBuilder::new(fields.clone())),
            _ => Self::Text(StringBuilder::with_capacity(rows, bytes)),
        }
    }

    pub fn append_null(&mut self) {
        match self {
            Self::Integer(builder) => builder.append_null(),
            Self::Text(builder) => builder.append_null(),
            Self::Instant(builder) => builder.append_null(),
            Self::Struct(rows) => {
                rows.nulls.append_null();
                rows.columns.iter_mut().for_each(Self::append_null);
            }
        }
    }

    pub fn append_integer(&mut self, value: i64) -> Result<(), Unfit> {
        let Self::Integer(builder) = self else { return Err(Unfit) };
        builder.append_value(value);
        Ok(())
    }

    /// Appends a text, or the instant that it denotes in RFC 3339.
    pub fn append_text(&mut self, value: &str) -> Result<(), Unfit> {
        match self {
            Self::Text(builder) => builder.append_value(value),
            Self::Instant(builder) => builder.append_value(timestamp::exact_microseconds(value).ok_or(Unfit)?),
            _ => return Err(Unfit),
        }
        Ok(())
    }

    /// Appends a value from a format without types, in which numbers are text too.
    pub fn append_parsed(&mut self, value: &str) -> Result<(), Unfit> {
        match self {
            Self::Integer(_) => self.append_integer(value.parse().map_err(|_| Unfit)?),
            _ => self.append_text(value),
        }
    }

    /// The values so far as an array. The builder is empty afterwards, with capacity for about as much text.
    pub fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            Self::Integer(builder) => Arc::new(builder.finish()),
            Self::Text(builder) => {
                let bytes = builder.values_slice().len();
                let array = builder.finish();
                *builder = StringBuilder::with_capacity(array.len(), bytes + bytes / 16);
                Arc::new(array)
            }
            Self::Instant(builder) => Arc::new(builder.finish()),
            Self::Struct(rows) => {
                let columns: Result<_, _> = rows.columns.iter_mut().map(Self::finish).collect();
                Arc::new(StructArray::try_new(rows.fields.clone(), columns?, rows.nulls.finish())?)
            }
        })
    }
}

impl RowBuilder {
    pub fn new(fields: Fields) -> Self {
        let column = |field: &Arc<Field>| ColumnBuilder::with_capacity(field.data_type(), CAPACITY, CAPACITY);
        let columns = fields.iter().map(column).collect();
        Self { fields, columns, nulls: NullBufferBuilder::new(0) }
    }

    pub fn fields(&self) -> &Fields {
        &self.fields
    }

    /// A column with its field.
    pub fn column(&mut self, index: usize) -> (&Field, &mut ColumnBuilder) {
        (&self.fields[index], &mut self.columns[index])
    }

    /// Begins a row, after which each column must get one value.
    pub fn begin(&mut self) {
        self.nulls.append_non_null();
    }

    /// Rows so far.
    pub fn rows(&self) -> usize {
        self.nulls.len()
    }

    /// The rows so far as a batch; the builder is empty afterwards.
    pub fn finish(&mut self, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
        self.nulls.finish();
        let columns: Result<_, _> = self.columns.iter_mut().map(ColumnBuilder::finish).collect();
        RecordBatch::try_new(Arc::clone(schema), columns?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_take_only_what_they_hold() {
        let column = |data_type| ColumnBuilder::with_capacity(&data_type, 1, 1);
        let mut integer = column(DataType::Int64);
        assert_eq!(integer.append_text("1"), Err(Unfit));
        let parsed = (integer.append_parsed("-9223372036854775808"), integer.append_parsed("1.0"));
        assert_eq!(parsed, (Ok(()), Err(Unfit)));
        assert_eq!(integer.append_parsed(""), Err(Unfit));
        let mut text = column(DataType::Utf8);
        assert_eq!((text.append_integer(1), text.append_parsed("1")), (Err(Unfit), Ok(())));
    }
}
