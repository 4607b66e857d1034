//! CSV according to RFC 4180: with a header, lines that end in CR LF, and quotes only where necessary.
//!
//! Null is an empty field, and an empty string is `""`; no well-maintained crate distinguishes the two when it reads. Times
//! are written as in NDJSON. Values are written as they are, even if a spreadsheet would take them for formulas.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};

use super::cells::{Cell, LineFormat, append_integer, write_rows};
use super::error::FormatError;
use super::instant::append_instant;
use super::read::{Lines, next_batch};
use super::schema::{Found, is_known, kind, schema_of};
use crate::config::Format;
use crate::decode::RowBuilder;

/// Writes batches as lines.
#[derive(Debug)]
pub(crate) struct CsvWriter {
    /// The header, until it is written.
    block: Vec<u8>,
}

impl CsvWriter {
    pub fn new(schema: &Schema) -> Self {
        let mut block = Vec::new();
        for (index, field) in schema.fields().iter().enumerate() {
            block.extend(Csv::before(index, field.name()));
            append_plain(field.name(), &mut block);
        }
        block.extend(Csv::LINE_END);
        Self { block }
    }

    pub fn write(&mut self, batch: &RecordBatch, out: &mut impl Write) -> Result<(), FormatError> {
        write_rows::<Csv>(batch, &mut self.block, out)
    }

    /// Writes the header if there was no batch.
    pub fn finish(self, out: &mut impl Write) -> Result<(), FormatError> {
        out.write_all(&self.block).map_err(|error| FormatError::encode(Format::Csv, error))
    }
}

struct Csv;

impl LineFormat for Csv {
    const FORMAT: Format = Format::Csv;
    const NULL: &'static [u8] = b"";
    const LINE_END: &'static [u8] = b"\r\n";

    fn before(index: usize, _: &str) -> Vec<u8> {
        if index == 0 { Vec::new() } else { vec![b','] }
    }

    fn is_special(byte: u8) -> bool {
        matches!(byte, b',' | b'"' | b'\r' | b'\n')
    }

    fn append(cell: &Cell<'_>, line: &mut Vec<u8>) {
        match *cell {
            Cell::Integer(integer) => append_integer(integer, line),
            Cell::Plain(text) => append_plain(text, line),
            Cell::Special(text) => append_quoted(text, line),
            Cell::Instant(instant) => append_instant(instant, line),
            Cell::Struct(row, columns) => {
                for column in columns {
                    column.append::<Self>(row, line);
                }
            }
        }
    }
}

/// Appends a text without special characters. An empty one is quoted because it would be null, and one that begins or ends
/// with white space because some readers trim unquoted fields.
fn append_plain(text: &str, line: &mut Vec<u8>) {
    match text.as_bytes() {
        [] | [b' ' | b'\t', ..] | [.., b' ' | b'\t'] => append_quoted(text, line),
        bytes => line.extend_from_slice(bytes),
    }
}

fn append_quoted(text: &str, line: &mut Vec<u8>) {
    line.push(b'"');
    for (index, part) in text.split('"').enumerate() {
        if index > 0 {
            line.extend_from_slice(b"\"\"");
        }
        line.extend_from_slice(part.as_bytes());
    }
    line.push(b'"');
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
