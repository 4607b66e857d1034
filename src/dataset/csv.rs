//! CSV as in RFC 4180 with a header: lines come in, batches go out. Null is an empty field, and `""` a text of none.
//!
//! No crate that is kept well tells these two apart when it reads.

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, SchemaRef};

use super::{BATCH_BYTES, BATCH_ROWS, ReadbackError};
use crate::decode::builder::Record;
use crate::format::read::Lines;
use crate::format::schema::{Found, is_known, kind, schema_of};

/// The rows of a text.
pub(super) struct CsvRows {
    lines: Lines,
    fields: Split,
    pub schema: SchemaRef,
    record: Record,
}

impl CsvRows {
    /// Reads the header.
    pub fn new(mut lines: Lines) -> Result<Self, ReadbackError> {
        let mut fields = Split::default();
        fields.read(&mut lines)?;
        let found: Vec<_> = fields.texts().map(|(name, _)| String::from_utf8_lossy(name).into_owned()).collect();
        if !found.iter().any(|name| is_known(name)) {
            return Err(lines.wrong("it begins neither as Parquet nor as NDJSON, and is no header of CSV"));
        }
        let found: Vec<_> = found.into_iter().map(|name| Found { name, within: None }).collect();
        let schema = schema_of(&found).map_err(|reason| lines.other_columns(&reason))?;
        Ok(Self { lines, fields, record: Record::new(schema.fields().clone()), schema })
    }

    /// The next rows; nothing at the end.
    pub fn next(&mut self) -> Result<Option<RecordBatch>, ReadbackError> {
        let mut bytes = 0;
        while self.record.rows() < BATCH_ROWS && bytes < BATCH_BYTES && self.fields.read(&mut self.lines)? {
            bytes += self.fields.bytes.len();
            self.take()?;
        }
        if self.record.rows() == 0 {
            return Ok(None);
        }
        self.record.take(&self.schema).map(Some).map_err(|error| self.lines.wrong(&error.to_string()))
    }

    fn take(&mut self) -> Result<(), ReadbackError> {
        let (found, due) = (self.fields.ends.len(), self.record.fields.len());
        if found != due {
            return Err(self.lines.other_columns(&format!("{found} fields instead of {due}")));
        }
        self.record.begin();
        for ((field, column), (text, quoted)) in
            self.record.fields.iter().zip(&mut self.record.columns).zip(self.fields.texts())
        {
            let wrong = |field: &Field| format!("{} is no {}", field.name(), kind(field.data_type()));
            let text = std::str::from_utf8(text).map_err(|_| self.lines.wrong(&wrong(field)))?;
            if quoted || !text.is_empty() {
                column.parse(text).map_err(|_| self.lines.other_columns(&wrong(field)))?;
            } else if field.is_nullable() {
                column.null();
            } else {
                return Err(self.lines.other_columns(&format!("{} is null", field.name())));
            }
        }
        Ok(())
    }
}

/// One record, split into its fields.
#[derive(Default)]
struct Split {
    /// The line or lines that it was read from.
    line: Vec<u8>,
    /// The texts of the fields, one after the other.
    bytes: Vec<u8>,
    /// Where each ends, and whether it was quoted.
    ends: Vec<(usize, bool)>,
}

impl Split {
    fn texts(&self) -> impl Iterator<Item = (&[u8], bool)> {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|(end, _)| *end));
        starts.zip(&self.ends).map(|(start, (end, quoted))| (&self.bytes[start..*end], *quoted))
    }

    /// Reads the next record; false at the end.
    fn read(&mut self, lines: &mut Lines) -> Result<bool, ReadbackError> {
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
                [] | [b'\r'] => return Err(lines.wrong("it has no end: the file was cut")),
                _ => return Err(lines.wrong("a quote is not where quotes may be")),
            }
        }
    }

    /// Reads a field without quotes; returns where it ends.
    fn read_plain(&mut self, from: usize, lines: &Lines) -> Result<usize, ReadbackError> {
        let rest = &self.line[from..];
        let length = rest.iter().position(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n')).unwrap_or(rest.len());
        self.bytes.extend_from_slice(&rest[..length]);
        match &rest[length..] {
            [b'"', ..] => Err(lines.wrong("a quote is not where quotes may be")),
            [b'\r', after, ..] if *after != b'\n' => Err(lines.wrong("a carriage return is not within quotes")),
            _ => Ok(from + length),
        }
    }

    /// Reads a field from behind its first quote, over more lines if need be; returns where it ends.
    fn read_quoted(&mut self, from: usize, lines: &mut Lines) -> Result<usize, ReadbackError> {
        let mut at = from;
        loop {
            let rest = &self.line[at..];
            let Some(length) = rest.iter().position(|byte| *byte == b'"') else {
                self.bytes.extend_from_slice(rest);
                at = self.line.len();
                if !lines.read(&mut self.line)? {
                    return Err(lines.wrong("a quote is not closed: the file was cut"));
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
