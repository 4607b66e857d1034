//! The rows of a batch, built contact by contact.
//!
//! A value that its column cannot hold leaves null there and goes into `extra`, so that nothing the API sends is lost.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{BinaryBuilder, RecordBatch, StringBuilder};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;

use super::builder::ColumnBuilder;
use super::contact::Contact;
use super::extra::{Extra, Found};
use super::integer::integer;
use super::json::{Kind, Raw};
use crate::page::{Finding, WarningKind};
use crate::resource::contacts::{COLUMNS, Column, ColumnType, Source};
use crate::resource::{EXTRA, schema, schema_with_raw};

/// Whether a batch has, besides the columns of the table, one with each contact's JSON as the API sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RawColumn {
    Without,
    With,
}

/// The rows of a batch under construction.
#[derive(Debug)]
pub(crate) struct BatchBuilder {
    schema: SchemaRef,
    columns: Vec<ColumnBuilder>,
    /// The contacts' own JSON, if requested.
    raw: Option<BinaryBuilder>,
    rows: usize,
    /// JSON of the rows, in bytes.
    json: usize,
    notes: Notes,
}

impl BatchBuilder {
    pub fn new(raw: RawColumn) -> Self {
        let (schema, raw) = match raw {
            RawColumn::Without => (schema(), None),
            RawColumn::With => (schema_with_raw(), Some(BinaryBuilder::new())),
        };
        let builders = schema.fields().iter().zip(&COLUMNS);
        let columns = builders.map(|(field, _)| ColumnBuilder::with_capacity(field.data_type(), 0, 0)).collect();
        Self { schema, columns, raw, rows: 0, json: 0, notes: Notes::default() }
    }

    /// All contacts of a page as a batch, and the findings.
    #[cfg(any(test, feature = "fuzzing"))]
    pub fn of_page(raw: RawColumn, contacts: &mut [Contact]) -> Result<(RecordBatch, Vec<Finding>), ArrowError> {
        let mut batch = Self::new(raw);
        (1..).zip(contacts).for_each(|(row, contact)| batch.push(contact, row));
        Ok((batch.finish()?, batch.findings()))
    }

    /// Rows so far.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The size of the rows, in bytes of JSON.
    pub fn json(&self) -> usize {
        self.json
    }

    /// Appends a contact, which is number `row` of its page, from 1.
    pub fn push(&mut self, contact: &mut Contact, row: usize) {
        let Contact { json, values, instants, extra, repeated } = contact;
        // Empty if it is not valid UTF-8.
        let text = simdutf8::basic::from_utf8(json).unwrap_or_default();
        self.notes.row = row;
        let mut instants = instants.iter();
        let mut lost = 0;
        for (index, ((span, builder), column)) in values.iter().zip(&mut self.columns).zip(&COLUMNS).enumerate() {
            let instant = if column.kind == ColumnType::Instant { instants.next().copied().flatten() } else { None };
            if let Some(span) = span.filter(|span| !span.is_null()) {
                let value = Value { raw: span.of(json), plain: span.plain_in(text), instant };
                if !append(builder, &value, column, &mut self.notes) {
                    extra.take_column(index, value.raw);
                }
            } else if let (ColumnBuilder::Text(builder), Source::Extra) = (&mut *builder, column.source) {
                lost = append_extra(builder, extra, json, &mut self.notes);
            } else {
                builder.append_null();
            }
        }
        for (column, times) in repeated.drain(..).chain([(EXTRA, lost)]) {
            self.notes.add(WarningKind::RepeatedKey, column, times);
        }
        if let Some(raw) = &mut self.raw {
            raw.append_value(one_line(json));
        }
        self.rows += 1;
        self.json += json.len();
    }

    /// The findings since the last call, summed up by kind and column.
    pub fn findings(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.notes.findings)
    }

    /// The rows so far as a batch; the builder is empty afterwards.
    pub fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        let arrays: Result<Vec<_>, _> = self.columns.iter_mut().map(ColumnBuilder::finish).collect();
        let mut arrays = arrays?;
        if let Some(raw) = &mut self.raw {
            arrays.push(Arc::new(raw.finish()));
        }
        (self.rows, self.json) = (0, 0);
        RecordBatch::try_new(Arc::clone(&self.schema), arrays)
    }
}

/// A value that is not null.
struct Value<'v> {
    raw: Raw<'v>,
    /// Its characters, if it is a string without escapes.
    plain: Option<&'v str>,
    /// The instant that it denotes, if its column is of instants.
    instant: Option<i64>,
}

/// Appends a value, or null if the column cannot hold it. False if `extra` must keep the value.
#[inline]
fn append(builder: &mut ColumnBuilder, value: &Value<'_>, column: &Column, notes: &mut Notes) -> bool {
    let Value { raw, plain, instant } = value;
    let kind = match builder {
        ColumnBuilder::Text(builder) => {
            if let Some(text) = plain {
                builder.append_value(text);
                return true;
            }
            if let Some(replaced) = raw.write_text(builder) {
                // Ends the value written above.
                builder.append_value("");
                notes.add(WarningKind::ReplacedCharacter, column.name, replaced);
                return true;
            }
            builder.append_null();
            WarningKind::WrongKind
        }
        ColumnBuilder::Integer(builder) => {
            let integer = integer(*raw);
            builder.append_option(integer.map(|integer| integer.number));
            match integer {
                Some(integer) if integer.is_plain => return true,
                // Two spellings of one number may be two identities.
                Some(_) => WarningKind::RewrittenNumber,
                None => WarningKind::WrongKind,
            }
        }
        ColumnBuilder::Instant(builder) => {
            builder.append_option(*instant);
            match raw.kind {
                Kind::Text { .. } if instant.is_some() => return true,
                Kind::Text { .. } => WarningKind::UnreadableTime,
                _ => WarningKind::WrongKind,
            }
        }
        ColumnBuilder::Struct(_) => {
            builder.append_null();
            WarningKind::WrongKind
        }
    };
    // An empty string means that there is no value.
    notes.add(kind, column.name, u64::from(raw.bytes != br#""""#));
    false
}

/// Appends a value of the column `extra`. Returns the number of values lost.
fn append_extra(builder: &mut StringBuilder, extra: &mut Extra, json: &[u8], notes: &mut Notes) -> u64 {
    let found = extra.write(json, builder);
    // Ends the value written above.
    builder.append_option(found.map(|_| ""));
    let Found { replaced, lost } = found.unwrap_or_default();
    notes.add(WarningKind::ReplacedCharacter, EXTRA, replaced);
    lost
}

/// JSON on one line. A line break can only be between tokens, where a space is equivalent.
fn one_line(json: &[u8]) -> Cow<'_, [u8]> {
    let is_break = |byte: &u8| matches!(byte, b'\n' | b'\r');
    if !json.iter().any(is_break) {
        return Cow::Borrowed(json);
    }
    Cow::Owned(json.iter().map(|byte| if is_break(byte) { b' ' } else { *byte }).collect())
}

/// The findings so far.
#[derive(Debug, Default)]
struct Notes {
    findings: Vec<Finding>,
    /// The current row, from 1.
    row: usize,
}

impl Notes {
    fn add(&mut self, kind: WarningKind, column: &'static str, count: u64) {
        if count == 0 {
            return;
        }
        match self.findings.iter_mut().find(|finding| finding.kind == kind && finding.column == column) {
            Some(finding) => finding.count += count,
            None => self.findings.push(Finding { kind, column, row: self.row, count }),
        }
    }
}
