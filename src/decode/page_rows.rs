//! The rows of a page, built contact by contact.
//!
//! A value that its column cannot hold leaves null there and goes into `extra`, so that nothing the API sends is lost.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{AsArray, BinaryBuilder, RecordBatch, StringBuilder};
use arrow::datatypes::TimestampMicrosecondType;
use arrow::error::ArrowError;

use super::builder::ColumnBuilder;
use super::contact::Contact;
use super::extra::{Extra, Found};
use super::integer::integer;
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
pub(super) struct PageRows<'b> {
    /// The page as text; empty if it is not valid UTF-8.
    page: &'b str,
    builders: Vec<ColumnBuilder>,
    /// The contacts' own JSON, if requested.
    raw: Option<BinaryBuilder>,
    /// What the proof needs of each row; `finish` fills in the times.
    rows: Vec<RowKey>,
    notes: Notes,
}

impl<'b> PageRows<'b> {
    pub fn new(page: &'b str) -> Self {
        let schema = schema();
        let builder = |field| ColumnBuilder::with_capacity(field, ROWS, TEXT);
        let builders = schema.fields().iter().map(|field| builder(field.data_type())).collect();
        Self { page, builders, raw: None, rows: Vec::with_capacity(ROWS), notes: Notes::default() }
    }

    /// Rows with an additional column for the contacts' own JSON.
    pub fn with_raw(page: &'b str) -> Self {
        Self { raw: Some(BinaryBuilder::new()), ..Self::new(page) }
    }

    /// Rows so far.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Appends a contact, whose JSON is `bytes`. Fails if it has no valid id.
    pub fn push(&mut self, contact: Contact<'_>, bytes: &[u8], hash: u64) -> Result<(), String> {
        let Contact { values, mut extra, repeated } = contact;
        let notes = &mut self.notes;
        notes.row = self.rows.len() + 1;
        let id = identity(values[0], notes.row)?;
        self.rows.push(RowKey { id, created_at: None, updated_at: None, hash });
        let mut lost = 0;
        for ((value, builder), column) in values.iter().zip(&mut self.builders).zip(&COLUMNS) {
            if let Some(value) = value.filter(|value| value.kind != Kind::Null) {
                if !append(builder, value, self.page, column, notes) {
                    extra.take_column(column.name, value);
                }
            } else if let (ColumnBuilder::Text(builder), Source::Extra) = (&mut *builder, column.source) {
                lost = append_extra(builder, std::mem::replace(&mut extra, Extra::new(&[])), notes);
            } else {
                builder.append_null();
            }
        }
        for (column, times) in repeated.into_iter().chain([(EXTRA, lost)]) {
            notes.add(WarningKind::RepeatedKey, column, times);
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

fn identity(value: Option<Raw<'_>>, row: usize) -> Result<i64, String> {
    let Some(value) = value.filter(|value| value.kind != Kind::Null) else {
        return Err(format!("contact {row} of the page has no id, so completeness cannot be checked"));
    };
    integer(value).map(|id| id.number).ok_or_else(|| {
        format!("contact {row} of the page has the id {}, which is not a 64-bit integer", escape(&value.json().text))
    })
}

/// Appends a value, or null if the column cannot hold it. False if `extra` must keep the value.
#[inline]
fn append(builder: &mut ColumnBuilder, value: Raw<'_>, page: &str, column: &Column, notes: &mut Notes) -> bool {
    let plain = value.plain_in(page);
    let kind = match builder {
        ColumnBuilder::Text(builder) => {
            if let Some(text) = plain {
                builder.append_value(text);
                return true;
            }
            if let Some(replaced) = value.write_text(builder) {
                // Ends the value written above.
                builder.append_value("");
                notes.add(WarningKind::ReplacedCharacter, column.name, replaced);
                return true;
            }
            builder.append_null();
            WarningKind::WrongKind
        }
        ColumnBuilder::Integer(builder) => {
            let integer = integer(value);
            builder.append_option(integer.map(|integer| integer.number));
            match integer {
                Some(integer) if integer.is_plain => return true,
                // Two spellings of one number may be two identities.
                Some(_) => WarningKind::RewrittenNumber,
                None => WarningKind::WrongKind,
            }
        }
        ColumnBuilder::Instant(builder) => {
            let text = plain.map(Cow::Borrowed).or_else(|| Some(value.text()?.text));
            let instant = text.as_deref().and_then(timestamp::microseconds);
            builder.append_option(instant);
            match (instant, text) {
                (Some(_), _) => return true,
                (None, Some(_)) => WarningKind::UnreadableTime,
                (None, None) => WarningKind::WrongKind,
            }
        }
        ColumnBuilder::Struct(_) => {
            builder.append_null();
            WarningKind::WrongKind
        }
    };
    // An empty string means that there is no value.
    notes.add(kind, column.name, u64::from(value.bytes != br#""""#));
    false
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
}
