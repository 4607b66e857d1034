//! NDJSON: one JSON object per line, with the same columns and values as a Parquet file.
//!
//! Nulls are written explicitly, and times as RFC 3339 in UTC with six fractional digits, so that both formats load into
//! the same table. A table of one binary column already contains its lines.

use std::borrow::Cow;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit, TimestampMicrosecondType};
use arrow::error::ArrowError;
use arrow::json::WriterBuilder;
use arrow::json::writer::LineDelimited;

use super::error::FormatError;
use super::read::{Lines, next_batch};
use super::schema::{Found, kind, schema_of};
use crate::config::Format;
use crate::decode::{Broken, ColumnBuilder, Kind, Raw, RowBuilder, Scanner, Text, Unfit, integer};
use crate::resource::OWNER;
use crate::text::sanitize::escape;

/// The first byte of an NDJSON file.
pub(super) const MAGIC: &[u8] = b"{";
/// The format of times.
pub(super) const INSTANT: &str = "%Y-%m-%dT%H:%M:%S%.6fZ";

/// Writes batches as lines.
#[derive(Debug)]
pub(crate) struct NdjsonWriter {
    settings: WriterBuilder,
    /// Whether the rows already are lines.
    raw: bool,
}

impl NdjsonWriter {
    pub fn new(schema: &Schema) -> Self {
        let raw = matches!(schema.fields().iter().as_slice(), [field] if *field.data_type() == DataType::Binary);
        let settings = WriterBuilder::new().with_explicit_nulls(true).with_timestamp_tz_format(INSTANT.to_owned());
        Self { settings, raw }
    }

    pub fn write(&mut self, batch: &RecordBatch, out: &mut impl Write) -> Result<(), FormatError> {
        let written = if self.raw { write_raw(batch, out) } else { self.write_rows(batch, out) };
        written.map_err(|error| FormatError::encode(Format::Ndjson, error))
    }

    fn write_rows(&self, batch: &RecordBatch, out: &mut impl Write) -> Result<(), ArrowError> {
        let batch = with_fixed_offsets(batch)?;
        self.settings.clone().build::<_, LineDelimited>(out).write(&batch)
    }
}

fn write_raw(batch: &RecordBatch, out: &mut impl Write) -> Result<(), ArrowError> {
    for line in batch.column(0).as_binary::<i32>().iter().flatten() {
        out.write_all(line)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// The same times, in a time zone that the writer knows without a time zone database.
fn with_fixed_offsets(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let mut fields = Vec::new();
    let mut columns = Vec::new();
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        if let DataType::Timestamp(TimeUnit::Microsecond, Some(_)) = field.data_type() {
            let instants = column.as_primitive::<TimestampMicrosecondType>().clone().with_timezone("+00:00");
            fields.push(Arc::new(field.as_ref().clone().with_data_type(instants.data_type().clone())));
            columns.push(Arc::new(instants) as _);
        } else {
            fields.push(Arc::clone(field));
            columns.push(Arc::clone(column));
        }
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

/// Reads lines that are all objects with exactly the columns of the first.
pub(crate) struct NdjsonReader {
    lines: Lines,
    line: Vec<u8>,
    rows: RowBuilder,
    pub schema: SchemaRef,
}

impl NdjsonReader {
    /// Reads the first lines for the columns, and starts over. Where no line has an owner, its keys are `owner`.
    pub fn open(path: &Path, owner: &[String]) -> Result<Self, FormatError> {
        let schema = schema_of(&columns(Lines::open(path)?, owner)?).map_err(FormatError::columns)?;
        let rows = RowBuilder::new(schema.fields().clone());
        Ok(Self { lines: Lines::open(path)?, line: Vec::new(), rows, schema })
    }

    /// The next rows; `None` at the end.
    pub fn next(&mut self) -> Result<Option<RecordBatch>, FormatError> {
        let Self { lines, line, rows, schema } = self;
        next_batch(rows, schema, |rows| {
            line.clear();
            if !lines.read(line)? {
                return Ok(None);
            }
            parse(line, |scanner| read_row(scanner, rows)).map_err(|error| lines.error(error))?;
            Ok(Some(line.len()))
        })
    }
}

/// Parses a line, which must be an object, with `read`. Its errors name columns and types, but never show values.
fn parse<T>(line: &[u8], read: impl FnOnce(&mut Scanner<'_>) -> Result<T, FormatError>) -> Result<T, FormatError> {
    if let Err(error) = std::str::from_utf8(line) {
        return Err(Broken { reason: "invalid UTF-8", at: error.valid_up_to() }.into());
    }
    let mut scanner = Scanner::new(line);
    if scanner.peek()? != Kind::Object {
        return Err(FormatError::malformed("not a JSON object"));
    }
    let value = read(&mut scanner)?;
    scanner.end()?;
    Ok(value)
}

/// Reads an object whose keys are the columns: a line, or the owner in it.
fn read_row(scanner: &mut Scanner<'_>, rows: &mut RowBuilder) -> Result<(), FormatError> {
    rows.begin();
    // One bit per column; no table has more than 64.
    let mut seen = 0_u64;
    let mut next = 0;
    scanner.object(|scanner, key| {
        let index = index_of(&string(key)?, rows.fields(), next)?;
        let (field, column) = rows.column(index);
        if seen & (1 << index) != 0 {
            return Err(FormatError::columns(format_args!("{} appears twice", field.name())));
        }
        seen |= 1 << index;
        next = index + 1;
        read_value(scanner, field, column)
    })?;
    match rows.fields().iter().enumerate().find(|(index, _)| seen & (1 << index) == 0) {
        Some((_, field)) => Err(FormatError::columns(format_args!("{} is missing", field.name()))),
        None => Ok(()),
    }
}

/// The column of a key. Lines usually have their keys in one order, so `next` is tried first.
fn index_of(key: &str, fields: &Fields, next: usize) -> Result<usize, FormatError> {
    if fields.get(next).is_some_and(|field| field.name() == key) {
        return Ok(next);
    }
    let index = fields.iter().position(|field| field.name() == key);
    index.ok_or_else(|| FormatError::columns(format_args!("unexpected column \"{}\"", escape(key))))
}

fn read_value(scanner: &mut Scanner<'_>, field: &Field, column: &mut ColumnBuilder) -> Result<(), FormatError> {
    let appended = match (scanner.peek()?, &mut *column) {
        (Kind::Object, ColumnBuilder::Struct(rows)) => return read_row(scanner, rows),
        (Kind::Null, column) if field.is_nullable() => {
            column.append_null();
            scanner.value()?;
            Ok(())
        }
        (Kind::Null, _) => return Err(FormatError::columns(format_args!("{} is null", field.name()))),
        (Kind::Number, column) => match integer(scanner.value()?) {
            Some(integer) if integer.is_plain => column.append_integer(integer.number),
            _ => Err(Unfit),
        },
        (Kind::Text { .. }, column) => column.append_text(&string(scanner.value()?)?),
        _ => Err(Unfit),
    };
    appended.map_err(|Unfit| FormatError::columns(format_args!("{} is not {}", field.name(), kind(field.data_type()))))
}

/// The characters of a string. This program writes no lone surrogates.
fn string(value: Raw<'_>) -> Result<Cow<'_, str>, FormatError> {
    match value.text() {
        Some(Text { text, replaced: 0 }) => Ok(text),
        _ => Err(Broken { reason: "lone surrogate in a string", at: value.at as usize }.into()),
    }
}

/// The columns of the first line, with the owner's keys from the first line that has an owner.
fn columns(mut lines: Lines, owner: &[String]) -> Result<Vec<Found>, FormatError> {
    let mut line = Vec::new();
    lines.read(&mut line)?;
    let mut found = keys(&line, &lines)?;
    while let Some(column) = found.iter_mut().find(|column| column.name == OWNER && column.within.is_none()) {
        line.clear();
        if !lines.read(&mut line)? {
            column.within = Some(owner.to_vec());
            break;
        }
        let next = keys(&line, &lines)?.into_iter().find(|column| column.name == OWNER);
        column.within = next.and_then(|column| column.within);
    }
    Ok(found)
}

/// The keys of a line, and of the objects in it.
fn keys(line: &[u8], lines: &Lines) -> Result<Vec<Found>, FormatError> {
    let found = parse(line, |scanner| {
        let mut found = Vec::new();
        scanner.object(|scanner, key| {
            let mut within = None;
            if scanner.peek()? == Kind::Object {
                let keys = within.insert(Vec::new());
                scanner.object(|scanner, key| {
                    keys.push(string(key)?.into_owned());
                    scanner.value()?;
                    Ok::<_, FormatError>(())
                })?;
            } else {
                scanner.value()?;
            }
            found.push(Found { name: string(key)?.into_owned(), within });
            Ok::<_, FormatError>(())
        })?;
        Ok(found)
    });
    found.map_err(|error| lines.error(error))
}
