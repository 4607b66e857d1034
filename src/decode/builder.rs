//! Values come in one by one, a record batch goes out: what readers of text fill.
//!
//! A column takes only values that it can hold as they are; nothing is rounded, cut or guessed.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Int64Builder, NullBufferBuilder, RecordBatch, StringBuilder, StructArray, TimestampMicrosecondArray,
    TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, Fields, SchemaRef};
use arrow::error::ArrowError;
use chrono::DateTime;

use super::timestamp::INSTANTS;

/// Nanoseconds of a microsecond, which are no part of any instant here.
const MICROSECOND: u32 = 1_000;

/// A column that is being filled.
#[derive(Debug)]
pub(crate) enum Column {
    Integer(Int64Builder),
    Text(StringBuilder),
    Instant(TimestampMicrosecondBuilder),
    Record(Record),
}

/// Columns that are being filled, a row at a time.
#[derive(Debug)]
pub(crate) struct Record {
    pub fields: Fields,
    pub columns: Vec<Column>,
    nulls: NullBufferBuilder,
}

/// The value is none that the column holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unfit;

impl Column {
    fn new(data_type: &DataType) -> Self {
        match data_type {
            DataType::Int64 => Self::Integer(Int64Builder::new()),
            DataType::Timestamp(..) => Self::Instant(TimestampMicrosecondBuilder::new()),
            DataType::Struct(fields) => Self::Record(Record::new(fields.clone())),
            _ => Self::Text(StringBuilder::new()),
        }
    }

    pub fn null(&mut self) {
        match self {
            Self::Integer(builder) => builder.append_null(),
            Self::Text(builder) => builder.append_null(),
            Self::Instant(builder) => builder.append_null(),
            Self::Record(record) => {
                record.nulls.append_null();
                record.columns.iter_mut().for_each(Self::null);
            }
        }
    }

    pub fn integer(&mut self, value: i64) -> Result<(), Unfit> {
        let Self::Integer(builder) = self else { return Err(Unfit) };
        builder.append_value(value);
        Ok(())
    }

    /// Takes text: as it is, or as the instant that it writes in RFC 3339.
    pub fn text(&mut self, value: &str) -> Result<(), Unfit> {
        match self {
            Self::Text(builder) => builder.append_value(value),
            Self::Instant(builder) => builder.append_value(microseconds(value).ok_or(Unfit)?),
            _ => return Err(Unfit),
        }
        Ok(())
    }

    /// Takes text as files without types have it: numbers too are text.
    pub fn parse(&mut self, value: &str) -> Result<(), Unfit> {
        match self {
            Self::Integer(_) => self.integer(value.parse().map_err(|_| Unfit)?),
            _ => self.text(value),
        }
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            Self::Integer(builder) => Arc::new(builder.finish()),
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Instant(builder) => {
                let instants: TimestampMicrosecondArray = builder.finish();
                Arc::new(instants.with_timezone("UTC"))
            }
            Self::Record(record) => {
                let columns: Result<_, _> = record.columns.iter_mut().map(Self::finish).collect();
                Arc::new(StructArray::try_new(record.fields.clone(), columns?, record.nulls.finish())?)
            }
        })
    }
}

impl Record {
    pub fn new(fields: Fields) -> Self {
        let columns = fields.iter().map(|field| Column::new(field.data_type())).collect();
        Self { fields, columns, nulls: NullBufferBuilder::new(0) }
    }

    /// Begins a row: each column takes one value after it.
    pub fn begin(&mut self) {
        self.nulls.append_non_null();
    }

    /// Rows so far.
    pub fn rows(&self) -> usize {
        self.nulls.len()
    }

    /// The rows so far as a batch; none are left.
    pub fn take(&mut self, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
        self.nulls.finish();
        let columns: Result<_, _> = self.columns.iter_mut().map(Column::finish).collect();
        RecordBatch::try_new(Arc::clone(schema), columns?)
    }
}

/// An instant in RFC 3339, to the microsecond, in the years 1 to 9999, UTC. Others are refused: no export has them.
fn microseconds(text: &str) -> Option<i64> {
    let instant = DateTime::parse_from_rfc3339(text).ok()?;
    let is_whole = instant.timestamp_subsec_nanos().is_multiple_of(MICROSECOND);
    Some(instant.timestamp_micros()).filter(|instant| is_whole && INSTANTS.contains(instant))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_exact_from_the_first_year_to_the_last() {
        for (text, due) in [
            ("2025-07-30T15:00:00.000001Z", Some(1_753_887_600_000_001)),
            ("2025-07-30T10:00:00.5-05:00", Some(1_753_887_600_500_000)),
            ("0001-01-01T00:00:00.000000Z", Some(-62_135_596_800_000_000)),
            ("9999-12-31T23:59:59.999999Z", Some(253_402_300_799_999_999)),
            ("2025-07-30T15:00:00.0000001Z", None),
            ("2025-07-30T15:00:00", None),
            ("2025-07-30", None),
            ("9999-12-31T23:59:59-05:00", None),
            ("0001-01-01T00:00:00+00:01", None),
            ("0000-01-01T00:00:00Z", None),
            ("", None),
        ] {
            assert_eq!(microseconds(text), due, "{text}");
        }
    }

    #[test]
    fn columns_take_only_what_they_hold() {
        let mut integer = Column::new(&DataType::Int64);
        assert_eq!(integer.text("1"), Err(Unfit));
        assert_eq!((integer.parse("-9223372036854775808"), integer.parse("1.0")), (Ok(()), Err(Unfit)));
        assert_eq!(integer.parse(""), Err(Unfit));
        let mut text = Column::new(&DataType::Utf8);
        assert_eq!((text.integer(1), text.parse("1")), (Err(Unfit), Ok(())));
    }
}
