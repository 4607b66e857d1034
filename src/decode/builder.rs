//! Rows under construction: one Arrow builder a column, filled contact by contact.
//!
//! Raw values come in, one a column and contact; arrays go out. A value that its column cannot hold
//! leaves null there and itself in `extra`, so that nothing the API sends is lost.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, BinaryBuilder, Int64Builder, RecordBatch, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::TimestampMicrosecondType;
use arrow::error::ArrowError;

use super::extra::{Extra, Found};
use super::json::{Kind, Raw};
use super::timestamp;
use crate::page::{Finding, RowKey, WarningKind};
use crate::resource::contacts::{COLUMNS, Column, Holds, Place};
use crate::resource::{EXTRA, schema, schema_with_raw};
use crate::text::sanitize::escape;

/// Contacts a page, as documented: what the builders make room for.
const ROWS: usize = 100;
/// Bytes of text in a column of a page, about.
const TEXT: usize = 2_048;

/// The values of one contact, as they stand in the page.
#[derive(Debug)]
pub(super) struct Contact<'a> {
    values: [Option<Raw<'a>>; COLUMNS.len()],
    pub extra: Extra<'a>,
    /// Columns of which other values were sent before, which are lost, and how many.
    repeated: Vec<(&'static str, u64)>,
}

impl<'a> Contact<'a> {
    /// One without values, in this page.
    pub fn new(page: &'a [u8]) -> Self {
        Self { values: Default::default(), extra: Extra::new(page), repeated: Vec::new() }
    }

    /// Takes a value for column `index`; a later one of the same key replaces it.
    pub fn set(&mut self, index: usize, value: Raw<'a>) {
        let before = self.values[index].replace(value);
        let lost = before.is_some_and(|before| before.bytes != value.bytes);
        self.note_repeated(COLUMNS[index].name, u64::from(lost));
    }

    /// Forgets the owner, if there is one: another `contact_owner` follows, and the last counts.
    pub fn forget_owner(&mut self) {
        for (value, column) in self.values.iter_mut().zip(&COLUMNS) {
            if matches!(column.place, Place::Owner(_)) {
                *value = None;
            }
        }
        let lost = self.extra.forget_owner();
        self.note_repeated(EXTRA, lost);
    }

    /// That so many values of this column were lost, since their key was sent again.
    pub fn note_repeated(&mut self, column: &'static str, times: u64) {
        if times == 0 {
            return;
        }
        match self.repeated.iter_mut().find(|(name, _)| *name == column) {
            Some((_, before)) => *before += times,
            None => self.repeated.push((column, times)),
        }
    }
}

#[derive(Debug)]
enum Builder {
    Integer(Int64Builder),
    Text(StringBuilder),
    Instant(TimestampMicrosecondBuilder),
}

/// The columns of a page, row by row.
#[derive(Debug)]
pub(super) struct Columns {
    builders: Vec<Builder>,
    /// The contacts' own bytes, where they are wanted.
    raw: Option<BinaryBuilder>,
    /// The rows as they are observed; their times are filled in at the end.
    rows: Vec<RowKey>,
    findings: Vec<Finding>,
}

impl Columns {
    pub fn new() -> Self {
        let builders = COLUMNS
            .iter()
            .map(|column| match column.holds {
                Holds::Integer => Builder::Integer(Int64Builder::with_capacity(ROWS)),
                Holds::Text => Builder::Text(StringBuilder::with_capacity(ROWS, TEXT)),
                Holds::Instant => {
                    Builder::Instant(TimestampMicrosecondBuilder::with_capacity(ROWS).with_timezone("UTC"))
                }
            })
            .collect();
        Self { builders, raw: None, rows: Vec::with_capacity(ROWS), findings: Vec::new() }
    }

    /// Columns with one more, of the contacts' own bytes.
    pub fn with_raw() -> Self {
        Self { raw: Some(BinaryBuilder::new()), ..Self::new() }
    }

    /// Rows so far.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Adds a contact as the next row, or says why it has no identity. `bytes` are its JSON.
    pub fn push(&mut self, mut contact: Contact<'_>, bytes: &[u8], hash: u64) -> Result<(), String> {
        let row = self.rows.len() + 1;
        for (index, column) in COLUMNS.iter().enumerate() {
            let value = contact.values[index].filter(|value| value.kind != Kind::Null);
            let held = match (&mut self.builders[index], column.place) {
                (Builder::Integer(builder), Place::Id) => {
                    let id = identity(value, row)?;
                    self.rows.push(RowKey { id: id.number, created_at: None, updated_at: None, hash });
                    append_integer(builder, Some(id), column, &mut self.findings, row)
                }
                (Builder::Text(builder), Place::Extra) => {
                    let extra = std::mem::replace(&mut contact.extra, Extra::new(&[]));
                    contact.note_repeated(EXTRA, append_extra(builder, extra, &mut self.findings, row));
                    true
                }
                (builder, _) => append(builder, value, column, &mut self.findings, row),
            };
            if !held && let Some(value) = value {
                contact.extra.take_column(column.name, value);
            }
        }
        for (column, times) in contact.repeated {
            note(&mut self.findings, WarningKind::RepeatedKey, column, row, times);
        }
        if let Some(raw) = &mut self.raw {
            raw.append_value(one_line(bytes));
        }
        Ok(())
    }

    /// The rows as a batch, what is observed of them, and what was found on the way.
    pub fn finish(self) -> Result<(RecordBatch, Vec<RowKey>, Vec<Finding>), ArrowError> {
        let mut arrays: Vec<ArrayRef> = self
            .builders
            .into_iter()
            .map(|builder| match builder {
                Builder::Integer(mut builder) => Arc::new(builder.finish()) as ArrayRef,
                Builder::Text(mut builder) => Arc::new(builder.finish()),
                Builder::Instant(mut builder) => Arc::new(builder.finish()),
            })
            .collect();
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
        Ok((batch, rows, self.findings))
    }
}

/// JSON as one line. A break can only stand between its tokens, where a space says the same.
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

/// An integer that was sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Integer<T> {
    pub number: T,
    /// Whether it was written as this program writes it, and not as `007` or `-0`.
    is_plain: bool,
}

/// The integer that a number or a numeric string writes out in full.
pub(super) fn integer<T: FromStr + Display>(value: Raw<'_>) -> Option<Integer<T>> {
    let parse = |text: &str| {
        let is_whole = text.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit());
        let number: T = is_whole.then(|| text.parse().ok()).flatten()?;
        // Few begin like this, and only these can be written otherwise.
        let is_plain = !(text.starts_with('0') || text.starts_with("-0")) || number.to_string() == text;
        Some(Integer { number, is_plain })
    };
    match value.kind {
        Kind::Number => parse(std::str::from_utf8(value.bytes).ok()?),
        Kind::Text { .. } => parse(&value.text()?.text),
        _ => None,
    }
}

fn identity(value: Option<Raw<'_>>, row: usize) -> Result<Integer<i64>, String> {
    let Some(value) = value else {
        return Err(format!(
            "contact {row} of the page has no id, and a contact without one can be neither counted nor proven"
        ));
    };
    integer(value).ok_or_else(|| {
        format!("contact {row} of the page has the id {}, which is no 64-bit integer", escape(&value.json().text))
    })
}

/// Appends an integer; false when it was written otherwise, of which `extra` keeps the trace: two texts that name one
/// number may be two identities.
fn append_integer(
    builder: &mut Int64Builder,
    integer: Option<Integer<i64>>,
    column: &Column,
    findings: &mut Vec<Finding>,
    row: usize,
) -> bool {
    builder.append_option(integer.map(|integer| integer.number));
    let is_plain = integer.is_none_or(|integer| integer.is_plain);
    note(findings, WarningKind::RewrittenNumber, column.name, row, u64::from(!is_plain));
    is_plain
}

/// Appends a value, or null; false when the column cannot hold it.
fn append(
    builder: &mut Builder,
    value: Option<Raw<'_>>,
    column: &Column,
    findings: &mut Vec<Finding>,
    row: usize,
) -> bool {
    match builder {
        Builder::Integer(builder) => {
            let number = value.and_then(integer);
            let is_plain = append_integer(builder, number, column, findings, row);
            keep(number.is_some(), value, column, WarningKind::WrongKind, findings, row) && is_plain
        }
        Builder::Text(builder) => {
            let replaced = value.and_then(|value| value.write_text(builder));
            note(findings, WarningKind::ReplacedCharacter, column.name, row, replaced.unwrap_or_default());
            // Ends what was written.
            builder.append_option(replaced.map(|_| ""));
            keep(replaced.is_some(), value, column, WarningKind::WrongKind, findings, row)
        }
        Builder::Instant(builder) => {
            let text = value.and_then(|value| value.text());
            let instant = text.as_ref().and_then(|text| timestamp::microseconds(&text.text));
            builder.append_option(instant);
            let kind = if text.is_some() { WarningKind::UnreadableTime } else { WarningKind::WrongKind };
            keep(instant.is_some(), value, column, kind, findings, row)
        }
    }
}

/// Whether the column holds what was sent; if not, that is a finding. But for an empty text, which stands for nothing.
fn keep(
    held: bool,
    value: Option<Raw<'_>>,
    column: &Column,
    kind: WarningKind,
    findings: &mut Vec<Finding>,
    row: usize,
) -> bool {
    let held = held || value.is_none();
    let is_empty = value.is_some_and(|value| value.bytes == br#""""#);
    note(findings, kind, column.name, row, u64::from(!held && !is_empty));
    held
}

/// Appends the column `extra`; returns how many values were lost.
fn append_extra(builder: &mut StringBuilder, extra: Extra<'_>, findings: &mut Vec<Finding>, row: usize) -> u64 {
    let found = extra.write(builder);
    // Ends what was written.
    builder.append_option(found.map(|_| ""));
    let Found { replaced, lost } = found.unwrap_or_default();
    note(findings, WarningKind::ReplacedCharacter, EXTRA, row, replaced);
    lost
}

fn note(findings: &mut Vec<Finding>, kind: WarningKind, column: &'static str, row: usize, count: u64) {
    if count == 0 {
        return;
    }
    match findings.iter_mut().find(|finding| finding.kind == kind && finding.column == column) {
        Some(finding) => finding.count += count,
        None => findings.push(Finding { kind, column, row, count }),
    }
}
