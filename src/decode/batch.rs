//! The rows of a batch, built contact by contact.
//!
//! A value that its column cannot hold leaves null there and goes into `extra`, so that nothing the API sends is lost.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{BinaryBuilder, RecordBatch};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;

use super::builder::ColumnBuilder;
use super::contact::Contact;
use super::extra::{Extra, Found};
use super::integer::integer;
use super::json::{Kind, Raw};
use crate::page::WarningKind;
use crate::resource::contacts::{COLUMNS, CREATED_AT_INDEX, Column, EXTRA_INDEX};
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
    /// Size of the rows' JSON, in bytes.
    json: usize,
}

impl BatchBuilder {
    pub fn new(raw: RawColumn) -> Self {
        let (schema, raw) = match raw {
            RawColumn::Without => (schema(), None),
            RawColumn::With => (schema_with_raw(), Some(BinaryBuilder::new())),
        };
        let builders = schema.fields().iter().zip(&COLUMNS);
        let columns = builders.map(|(field, _)| ColumnBuilder::with_capacity(field.data_type(), 0, 0)).collect();
        Self { schema, columns, raw, rows: 0, json: 0 }
    }

    /// All contacts of a page as a batch.
    #[cfg(any(test, feature = "fuzzing"))]
    pub fn of_page(
        raw: RawColumn,
        contacts: Vec<Contact>,
        mut warn: impl FnMut(usize, WarningKind, &'static str, u64),
    ) -> Result<RecordBatch, ArrowError> {
        let mut batch = Self::new(raw);
        for (row, contact) in (1..).zip(contacts) {
            batch.push(contact, |kind, column, count| warn(row, kind, column, count));
        }
        batch.finish()
    }

    /// Rows so far.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The size of the rows, in bytes of JSON.
    pub fn json(&self) -> usize {
        self.json
    }

    /// Appends a contact. `warn` gets what could not be stored as sent: its kind, the column, and the number of values or
    /// characters.
    pub fn push(&mut self, contact: Contact, mut warn: impl FnMut(WarningKind, &'static str, u64)) {
        let Contact { json, values, key, mut extra, repeated } = contact;
        let mut warn = |kind, column, count| {
            if count > 0 {
                warn(kind, column, count);
            }
        };
        // Empty if it is not valid UTF-8.
        let text = simdutf8::basic::from_utf8(&json).unwrap_or_default();
        let columns = values.iter().zip(&mut self.columns).zip(&COLUMNS);
        // `extra` is the last one to be complete.
        for (index, ((span, builder), column)) in columns.enumerate().filter(|(index, _)| *index != EXTRA_INDEX) {
            let Some(span) = span.filter(|span| !span.is_null()) else {
                builder.append_null();
                continue;
            };
            let instant = if index == CREATED_AT_INDEX { key.created_at } else { key.updated_at };
            let value = Value { raw: span.of(&json), plain: span.plain_in(text), instant };
            if !append(builder, &value, column, &mut warn) {
                extra.add_column(index, value.raw);
            }
        }
        let lost = append_extra(&mut self.columns[EXTRA_INDEX], extra, &json, &mut warn);
        for (column, times) in repeated.into_iter().chain([(EXTRA, lost)]) {
            warn(WarningKind::RepeatedKey, column, times);
        }
        if let Some(raw) = &mut self.raw {
            raw.append_value(one_line(&json));
        }
        self.rows += 1;
        self.json += json.len();
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
    /// The instant that it denotes, if its column is of instants and it is readable.
    instant: Option<i64>,
}

/// Appends a value, or null if the column cannot hold it. False if `extra` must keep the value.
#[inline]
fn append(
    builder: &mut ColumnBuilder,
    value: &Value<'_>,
    column: &Column,
    warn: &mut impl FnMut(WarningKind, &'static str, u64),
) -> bool {
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
                warn(WarningKind::ReplacedCharacter, column.name, replaced);
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
    warn(kind, column.name, u64::from(raw.bytes != br#""""#));
    false
}

/// Appends the value of the column `extra`. Returns the number of values lost.
fn append_extra(
    builder: &mut ColumnBuilder,
    extra: Extra,
    json: &[u8],
    warn: &mut impl FnMut(WarningKind, &'static str, u64),
) -> u64 {
    let ColumnBuilder::Text(builder) = builder else { return 0 };
    let found = extra.write(json, builder);
    // Ends the value written above.
    builder.append_option(found.map(|_| ""));
    let Found { replaced, lost } = found.unwrap_or_default();
    warn(WarningKind::ReplacedCharacter, EXTRA, replaced);
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
