//! The rows of a page, built contact by contact.
//!
//! A value that its column cannot hold leaves null there and goes into `extra`, so that nothing the API sends is lost.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{AsArray, BinaryBuilder, Int64Builder, RecordBatch, StringBuilder};
use arrow::datatypes::TimestampMicrosecondType;
use arrow::error::ArrowError;

use super::builder::ColumnBuilder;
use super::contact::Contact;
use super::extra::{Extra, Found};
use super::integer::{Integer, integer};
use super::json::{Kind, Raw};
use super::timestamp;
use crate::page::{Finding, RowKey, WarningKind};
use crate::resource::contacts::{COLUMNS, Column, Source};
use crate::resource::{EXTRA, schema, schema_with_raw};
use crate::text::sanitize::escape;

/// Contacts per page, as documented: the builders' initial capacity.
const ROWS: usize = 100;
/// Typical size of a text column of a page, in bytes.
const TEXT: usize = 2_048;

/// The rows of a page under construction.
#[derive(Debug)]
pub(super) struct PageRows {
    builders: Vec<ColumnBuilder>,
    /// The contacts' own JSON, if requested.
    raw: Option<BinaryBuilder>,
    /// What the proof needs of each row; `finish` fills in the times.
    rows: Vec<RowKey>,
    notes: Notes,
}

impl PageRows {
    pub fn new() -> Self {
        let schema = schema();
        let builder = |field| ColumnBuilder::with_capacity(field, ROWS, TEXT);
        let builders = schema.fields().iter().map(|field| builder(field.data_type())).collect();
        Self { builders, raw: None, rows: Vec::with_capacity(ROWS), notes: Notes::default() }
    }

    /// Rows with an additional column for the contacts' own JSON.
    pub fn with_raw() -> Self {
        Self { raw: Some(BinaryBuilder::new()), ..Self::new() }
    }

    /// Rows so far.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Appends a contact, whose JSON is `bytes`. Fails if it has no valid id.
    pub fn push(&mut self, mut contact: Contact<'_>, bytes: &[u8], hash: u64) -> Result<(), String> {
        let row = self.rows.len() + 1;
        self.notes.row = row;
        for (index, column) in COLUMNS.iter().enumerate() {
            let value = contact.values[index].filter(|value| value.kind != Kind::Null);
            let held = match (&mut self.builders[index], column.source) {
                (ColumnBuilder::Integer(builder), Source::Id) => {
                    let id = identity(value, row)?;
                    self.rows.push(RowKey { id: id.number, created_at: None, updated_at: None, hash });
                    append_integer(builder, Some(id), column, &mut self.notes)
                }
                (ColumnBuilder::Text(builder), Source::Extra) => {
                    let extra = std::mem::replace(&mut contact.extra, Extra::new(&[]));
                    contact.note_repeated(EXTRA, append_extra(builder, extra, &mut self.notes));
                    true
                }
                (builder, _) => append(builder, value, column, &mut self.notes),
            };
            if !held && let Some(value) = value {
                contact.extra.take_column(column.name, value);
            }
        }
        for (column, times) in contact.repeated {
            self.notes.add(WarningKind::RepeatedKey, column, times);
        }
        if let Some(raw) = &mut self.raw {
            raw.append_value(one_line(bytes));
        }
        Ok(())
    }

    /// The rows as a batch, with what the proof needs of them and the findings.
    pub fn finish(mut self) -> Result<(RecordBatch, Vec<RowKey>, Vec<Finding>), ArrowError> {
        let arrays: Result<Vec<_>, _> = self.builders.iter_mut().map(ColumnBuilder::finish).collect();
        let mut arrays = arrays?;
        let schema = if let Some(mut raw) = self.raw {
            arrays.push(Arc::new(raw.finish()));
            schema_with_raw()
        } else {
            schema()
        };
        let batch = RecordBatch::try_new(schema, arrays)?;
        let mut rows = self.rows;
        for (row, instant) in rows.iter_mut().zip(instants(&batch, "created_at")) {
            row.created_at = instant;
        }
        for (row, instant) in rows.iter_mut().zip(instants(&batch, "updated_at")) {
            row.updated_at = instant;
        }
        Ok((batch, rows, self.notes.findings))
    }
}

/// JSON on one line. A line break can only be between tokens, where a space is equivalent.
fn one_line(json: &[u8]) -> Cow<'_, [u8]> {
    let is_break = |byte: &u8| matches!(byte, b'\n' | b'\r');
    if !json.iter().any(is_break) {
        return Cow::Borrowed(json);
    }
    Cow::Owned(json.iter().map(|byte| if is_break(byte) { b' ' } else { *byte }).collect())
}

fn instants<'b>(batch: &'b RecordBatch, column: &str) -> impl Iterator<Item = Option<i64>> + 'b {
    let column = batch.column_by_name(column).map(AsArray::as_primitive::<TimestampMicrosecondType>);
    column.into_iter().flatten()
}

fn identity(value: Option<Raw<'_>>, row: usize) -> Result<Integer<i64>, String> {
    let Some(value) = value else {
        return Err(format!("contact {row} of the page has no id, so completeness cannot be checked"));
    };
    integer(value).ok_or_else(|| {
        format!("contact {row} of the page has the id {}, which is not a 64-bit integer", escape(&value.json().text))
    })
}

/// Appends an integer. False if it was not written in its plain form: `extra` then keeps the original, because two
/// spellings of one number may be two identities.
fn append_integer(builder: &mut Int64Builder, value: Option<Integer<i64>>, column: &Column, notes: &mut Notes) -> bool {
    builder.append_option(value.map(|integer| integer.number));
    let is_plain = value.is_none_or(|integer| integer.is_plain);
    notes.add(WarningKind::RewrittenNumber, column.name, u64::from(!is_plain));
    is_plain
}

/// Appends a value, or null. False if the column cannot hold the value.
fn append(builder: &mut ColumnBuilder, value: Option<Raw<'_>>, column: &Column, notes: &mut Notes) -> bool {
    match builder {
        ColumnBuilder::Integer(builder) => {
            let number = value.and_then(integer);
            let is_plain = append_integer(builder, number, column, notes);
            notes.keep(number.is_some(), value, column, WarningKind::WrongKind) && is_plain
        }
        ColumnBuilder::Text(builder) => {
            let replaced = value.and_then(|value| value.write_text(builder));
            notes.add(WarningKind::ReplacedCharacter, column.name, replaced.unwrap_or_default());
            // Ends the value written above.
            builder.append_option(replaced.map(|_| ""));
            notes.keep(replaced.is_some(), value, column, WarningKind::WrongKind)
        }
        ColumnBuilder::Instant(builder) => {
            let text = value.and_then(|value| value.text());
            let instant = text.as_ref().and_then(|text| timestamp::microseconds(&text.text));
            builder.append_option(instant);
            let kind = if text.is_some() { WarningKind::UnreadableTime } else { WarningKind::WrongKind };
            notes.keep(instant.is_some(), value, column, kind)
        }
        ColumnBuilder::Struct(_) => {
            builder.append_null();
            notes.keep(false, value, column, WarningKind::WrongKind)
        }
    }
}

/// Appends a value of the column `extra`. Returns the number of values lost.
fn append_extra(builder: &mut StringBuilder, extra: Extra<'_>, notes: &mut Notes) -> u64 {
    let found = extra.write(builder);
    // Ends the value written above.
    builder.append_option(found.map(|_| ""));
    let Found { replaced, lost } = found.unwrap_or_default();
    notes.add(WarningKind::ReplacedCharacter, EXTRA, replaced);
    lost
}

/// The findings of a page so far.
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

    /// Whether the column holds the value that was sent. If not, notes a finding, unless it is an empty string, which
    /// means that there is no value.
    fn keep(&mut self, held: bool, value: Option<Raw<'_>>, column: &Column, kind: WarningKind) -> bool {
        let held = held || value.is_none();
        let is_empty = value.is_some_and(|value| value.bytes == br#""""#);
        self.add(kind, column.name, u64::from(!held && !is_empty));
        held
    }
}
