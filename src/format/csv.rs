//! CSV according to RFC 4180: with a header, lines that end in CR LF, and quotes only where necessary.
//!
//! Null is an empty field, and an empty string is `""`; no well-maintained crate distinguishes the two when it reads. Times
//! are written as in NDJSON. Values are written as they are, even if a spreadsheet would take them for formulas.

use std::io::Write;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Int64Type, Schema, SchemaRef, TimestampMicrosecondType};
use chrono::DateTime;

use super::error::FormatError;
use super::ndjson::INSTANT;
use super::read::{Lines, next_batch};
use super::schema::{Found, is_known, kind, schema_of};
use crate::config::Format;
use crate::decode::RowBuilder;

const LINE_END: &[u8] = b"\r\n";

/// Writes batches as lines.
#[derive(Debug)]
pub(crate) struct CsvWriter {
    /// The header; empty once it is written.
    header: Vec<u8>,
}

impl CsvWriter {
    pub fn new(schema: &Schema) -> Self {
        let mut header = Vec::new();
        for (index, field) in schema.fields().iter().enumerate() {
            separate(index, &mut header);
            write_text(field.name(), &mut header);
        }
        header.extend(LINE_END);
        Self { header }
    }

    pub fn write(&mut self, batch: &RecordBatch, out: &mut impl Write) -> Result<(), FormatError> {
        let mut line = std::mem::take(&mut self.header);
        for row in 0..batch.num_rows() {
            for (index, column) in batch.columns().iter().enumerate() {
                separate(index, &mut line);
                write_value(column, row, &mut line)?;
            }
            line.extend(LINE_END);
            out.write_all(&line).map_err(|error| failed(&error))?;
            line.clear();
        }
        self.header = line;
        Ok(())
    }

    /// Writes the header if there was no row.
    pub fn finish(self, out: &mut impl Write) -> Result<(), FormatError> {
        out.write_all(&self.header).map_err(|error| failed(&error))
    }
}

fn separate(index: usize, line: &mut Vec<u8>) {
    if index > 0 {
        line.push(b',');
    }
}

fn write_value(column: &dyn Array, row: usize, line: &mut Vec<u8>) -> Result<(), FormatError> {
    if column.is_null(row) {
        return Ok(());
    }
    let written = match column.data_type() {
        DataType::Int64 => write!(line, "{}", column.as_primitive::<Int64Type>().value(row)),
        DataType::Utf8 => {
            write_text(column.as_string::<i32>().value(row), line);
            Ok(())
        }
        DataType::Timestamp(..) => {
            let instant = DateTime::from_timestamp_micros(column.as_primitive::<TimestampMicrosecondType>().value(row));
            instant.map_or(Ok(()), |instant| write!(line, "{}", instant.format(INSTANT)))
        }
        other => return Err(failed(&format!("unsupported type {other}"))),
    };
    written.map_err(|error| failed(&error))
}

fn write_text(text: &str, line: &mut Vec<u8>) {
    // Some readers trim unquoted fields.
    let trimmed = [text.bytes().next(), text.bytes().last()].iter().flatten().any(|byte| b" \t".contains(byte));
    let plain = !text.is_empty() && !trimmed && !text.bytes().any(|byte| b",\"\r\n".contains(&byte));
    if plain {
        line.extend(text.as_bytes());
    } else {
        line.push(b'"');
        line.extend(text.replace('"', "\"\"").as_bytes());
        line.push(b'"');
    }
}

fn failed(error: &dyn std::fmt::Display) -> FormatError {
    FormatError::encode(Format::Csv, error)
}

/// Reads the rows of a file.
pub(crate) struct CsvReader {
    lines: Lines,
    record: Record,
    rows: RowBuilder,
    pub schema: SchemaRef,
}

impl CsvReader {
    /// Reads the header.
    pub fn new(mut lines: Lines) -> Result<Self, FormatError> {
        let mut record = Record::default();
        record.read(&mut lines)?;
        let found: Vec<_> = record.texts().map(|(name, _)| String::from_utf8_lossy(name).into_owned()).collect();
        if !found.iter().any(|name| is_known(name)) {
            return Err(FormatError::malformed("line 1: neither Parquet, nor NDJSON, nor a CSV header of an export"));
        }
        let found: Vec<_> = found.into_iter().map(|name| Found { name, within: None }).collect();
        let schema = schema_of(&found).map_err(|reason| lines.error(FormatError::columns(reason)))?;
        Ok(Self { lines, record, rows: RowBuilder::new(schema.fields().clone()), schema })
    }

    /// The next rows; `None` at the end.
    pub fn next(&mut self) -> Result<Option<RecordBatch>, FormatError> {
        let Self { lines, record, rows, schema } = self;
        next_batch(rows, schema, |rows| {
            if !record.read(lines)? {
                return Ok(None);
            }
            record.append_to(rows).map_err(|error| lines.error(error))?;
            Ok(Some(record.bytes.len()))
        })
    }
}

fn malformed(lines: &Lines, reason: &str) -> FormatError {
    lines.error(FormatError::malformed(reason))
}

/// A record, split into its fields.
#[derive(Default)]
struct Record {
    /// Its line, or lines if a field has line breaks.
    line: Vec<u8>,
    /// The fields, concatenated.
    bytes: Vec<u8>,
    /// The end of each field, and whether it was quoted.
    ends: Vec<(usize, bool)>,
}

impl Record {
    fn texts(&self) -> impl Iterator<Item = (&[u8], bool)> {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|(end, _)| *end));
        starts.zip(&self.ends).map(|(start, (end, quoted))| (&self.bytes[start..*end], *quoted))
    }

    /// Appends the record to the rows.
    fn append_to(&self, rows: &mut RowBuilder) -> Result<(), FormatError> {
        let (found, due) = (self.ends.len(), rows.fields().len());
        if found != due {
            return Err(FormatError::columns(format_args!("{found} fields instead of {due}")));
        }
        rows.begin();
        for (index, (text, quoted)) in self.texts().enumerate() {
            let (field, column) = rows.column(index);
            let unfit = || format!("{} is not {}", field.name(), kind(field.data_type()));
            let text = std::str::from_utf8(text).map_err(|_| FormatError::malformed(unfit()))?;
            if quoted || !text.is_empty() {
                column.append_parsed(text).map_err(|_| FormatError::columns(unfit()))?;
            } else if field.is_nullable() {
                column.append_null();
            } else {
                return Err(FormatError::columns(format_args!("{} is null", field.name())));
            }
        }
        Ok(())
    }

    /// Reads the next record; false at the end of the file.
    fn read(&mut self, lines: &mut Lines) -> Result<bool, FormatError> {
        self.line.clear();
        self.bytes.clear();
        self.ends.clear();
        if !lines.read(&mut self.line)? {
            return Ok(false);
        }
        let mut at = 0;
        loop {
            let quoted = self.line.get(at) == Some(&b'"');
            at = if quoted { self.read_quoted(at + 1, lines)? } else { self.read_plain(at, lines)? };
            self.ends.push((self.bytes.len(), quoted));
            match &self.line[at..] {
                [b',', ..] => at += 1,
                [b'\n'] | [b'\r', b'\n'] => return Ok(true),
                [] | [b'\r'] => return Err(malformed(lines, "no line break at the end: the file is truncated")),
                _ => return Err(malformed(lines, "misplaced quote")),
            }
        }
    }

    /// Reads an unquoted field; returns its end.
    fn read_plain(&mut self, from: usize, lines: &Lines) -> Result<usize, FormatError> {
        let rest = &self.line[from..];
        let length = rest.iter().position(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n')).unwrap_or(rest.len());
        self.bytes.extend_from_slice(&rest[..length]);
        match &rest[length..] {
            [b'"', ..] => Err(malformed(lines, "misplaced quote")),
            [b'\r', after, ..] if *after != b'\n' => Err(malformed(lines, "carriage return outside quotes")),
            _ => Ok(from + length),
        }
    }

    /// Reads a field from after its opening quote, across lines if necessary; returns its end.
    fn read_quoted(&mut self, from: usize, lines: &mut Lines) -> Result<usize, FormatError> {
        let mut at = from;
        loop {
            let rest = &self.line[at..];
            let Some(length) = rest.iter().position(|byte| *byte == b'"') else {
                self.bytes.extend_from_slice(rest);
                at = self.line.len();
                if !lines.read(&mut self.line)? {
                    return Err(malformed(lines, "unclosed quote: the file is truncated"));
                }
                continue;
            };
            self.bytes.extend_from_slice(&rest[..length]);
            at += length + 1;
            if self.line.get(at) != Some(&b'"') {
                return Ok(at);
            }
            self.bytes.push(b'"');
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray, TimestampMicrosecondArray};

    use super::*;

    #[test]
    fn quotes_distinguish_null_from_an_empty_string() {
        let texts = [None, Some(""), Some("a,b"), Some("say \"hi\""), Some("two\nlines"), Some(" = 1+1\0")];
        let instants = TimestampMicrosecondArray::from(vec![None, Some(0), Some(-1), Some(1), Some(2), Some(3)]);
        let columns: Vec<(&str, ArrayRef, bool)> = vec![
            ("id", Arc::new(Int64Array::from(vec![i64::MIN, 1, 2, 3, 4, 5])), false),
            ("email", Arc::new(StringArray::from(texts.to_vec())), true),
            ("created_at", Arc::new(instants.with_timezone("UTC")), true),
        ];
        let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
        let mut writer = CsvWriter::new(&batch.schema());
        let mut lines = Vec::new();
        writer.write(&batch, &mut lines).unwrap();
        writer.write(&batch.slice(0, 0), &mut lines).unwrap();
        writer.finish(&mut lines).unwrap();
        let lines = String::from_utf8(lines).unwrap();
        let due = [
            "id,email,created_at",
            "-9223372036854775808,,",
            "1,\"\",1970-01-01T00:00:00.000000Z",
            "2,\"a,b\",1969-12-31T23:59:59.999999Z",
            "3,\"say \"\"hi\"\"\",1970-01-01T00:00:00.000001Z",
            "4,\"two\nlines\",1970-01-01T00:00:00.000002Z",
            "5,\" = 1+1\0\",1970-01-01T00:00:00.000003Z",
            "",
        ];
        assert_eq!(lines, due.join("\r\n"));
        let mut header = Vec::new();
        let mut writer = CsvWriter::new(&batch.schema());
        writer.write(&batch.slice(0, 0), &mut header).unwrap();
        writer.finish(&mut header).unwrap();
        assert_eq!(header, b"id,email,created_at\r\n");
    }
}
