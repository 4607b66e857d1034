//! NDJSON: one JSON object per line, with the same columns and values as a Parquet file.
//!
//! Nulls are written explicitly, and times as RFC 3339 in UTC with six fractional digits, so that both formats load into
//! the same table. A table of one binary column already contains its lines.

use std::borrow::Cow;
use std::io::Write;
use std::path::Path;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};

use super::cells::{Cell, LineFormat, append_integer, write_lines, write_rows};
use super::error::FormatError;
use super::instant::append_instant;
use super::read::{Lines, next_batch};
use super::schema::{Found, kind, schema_of};
use crate::config::Format;
use crate::decode::{Broken, ColumnBuilder, Kind, Raw, RowBuilder, Scanner, Text, Unfit, integer};
use crate::resource::OWNER;
use crate::text::sanitize::escape;

/// The first byte of an NDJSON file.
pub(super) const MAGIC: &[u8] = b"{";
/// Writes batches as lines.
#[derive(Debug)]
pub(crate) struct NdjsonWriter {
    /// Whether the rows already are lines.
    raw: bool,
    block: Vec<u8>,
}

impl NdjsonWriter {
    pub fn new(schema: &Schema) -> Self {
        let raw = matches!(schema.fields().iter().as_slice(), [field] if *field.data_type() == DataType::Binary);
        Self { raw, block: Vec::new() }
    }

    pub fn write(&mut self, batch: &RecordBatch, out: &mut impl Write) -> Result<(), FormatError> {
        if !self.raw {
            return write_rows::<Ndjson>(batch, &mut self.block, out);
        }
        let values = batch.column(0).as_binary::<i32>();
        let written = write_lines(batch.num_rows(), &mut self.block, out, |row, line| {
            line.extend_from_slice(values.value(row));
            line.push(b'\n');
        });
        written.map_err(|error| FormatError::encode(Format::Ndjson, error))
    }
}

struct Ndjson;

impl LineFormat for Ndjson {
    const FORMAT: Format = Format::Ndjson;
    const NULL: &'static [u8] = b"null";
    const LINE_END: &'static [u8] = b"\n";

    fn before(index: usize, name: &str) -> Vec<u8> {
        let mut before = vec![if index == 0 { b'{' } else { b',' }];
        append_escaped(name, &mut before);
        before.push(b':');
        before
    }

    fn is_special(byte: u8) -> bool {
        byte < b' ' || byte == b'"' || byte == b'\\'
    }

    fn append(cell: &Cell<'_>, line: &mut Vec<u8>) {
        match *cell {
            Cell::Integer(integer) => append_integer(integer, line),
            Cell::Plain(text) => {
                line.push(b'"');
                line.extend_from_slice(text.as_bytes());
                line.push(b'"');
            }
            Cell::Special(text) => append_escaped(text, line),
            Cell::Instant(instant) => {
                line.push(b'"');
                append_instant(instant, line);
                line.push(b'"');
            }
            Cell::Struct(row, columns) => {
                for column in columns {
                    column.append::<Self>(row, line);
                }
                line.push(b'}');
            }
        }
    }
}

fn append_escaped(text: &str, line: &mut Vec<u8>) {
    // Writing to memory cannot fail.
    let _ = serde_json::to_writer(line, text);
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
