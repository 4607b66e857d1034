//! One contact of a page: its JSON, and where its values are in it. It becomes a row when it leaves.

use std::hash::BuildHasher;

use bytes::Bytes;
use rustc_hash::FxBuildHasher;

use super::extra::Extra;
use super::integer::integer;
use super::json::{Raw, Span};
use super::timestamp;
use crate::page::RowKey;
use crate::resource::EXTRA;
use crate::resource::contacts::{COLUMNS, ColumnType, Source};
use crate::text::sanitize::escape;

/// One contact of a page.
#[derive(Debug, Default)]
pub(crate) struct Contact {
    /// The JSON as it was sent. All offsets count from its first byte.
    pub(super) json: Bytes,
    /// The values of the columns.
    pub(super) values: [Option<Span>; COLUMNS.len()],
    /// The values of the columns of instants, in order; `None` if absent or unreadable.
    pub(super) instants: [Option<i64>; 2],
    pub(super) extra: Extra,
    /// Columns whose key was sent more than once with different values, and the number of values lost.
    pub(super) repeated: Vec<(&'static str, u64)>,
}

impl Contact {
    /// Sets the value of column `index` in this JSON. A later value of the same key replaces it.
    #[inline]
    pub(super) fn set(&mut self, index: usize, value: Raw<'_>, json: &[u8]) {
        if let Some(before) = self.values[index].replace(value.span()) {
            let is_lost = before.of(json).bytes != value.bytes;
            self.note_repeated(COLUMNS[index].name, u64::from(is_lost));
        }
    }

    /// Forgets the owner, if any: another `contact_owner` follows, and the last one counts.
    pub(super) fn forget_owner(&mut self, json: &[u8]) {
        for (value, column) in self.values.iter_mut().zip(&COLUMNS) {
            if matches!(column.source, Source::Owner(_)) {
                *value = None;
            }
        }
        let lost = self.extra.forget_owner(json);
        self.note_repeated(EXTRA, lost);
    }

    /// Notes that `times` values of this column were lost because their key was repeated.
    pub(super) fn note_repeated(&mut self, column: &'static str, times: u64) {
        if times == 0 {
            return;
        }
        match self.repeated.iter_mut().find(|(name, _)| *name == column) {
            Some((_, before)) => *before += times,
            None => self.repeated.push((column, times)),
        }
    }

    /// Completes the contact with its JSON. Returns what the proof needs of it, or why it has no id.
    pub(super) fn complete(&mut self, json: Bytes) -> Result<RowKey, String> {
        let mut values = self.values.iter().zip(&COLUMNS).filter(|(_, column)| column.kind == ColumnType::Instant);
        let instants = std::array::from_fn(|_| {
            let (span, _) = values.next()?;
            timestamp::microseconds((*span)?.of(&json))
        });
        self.json = json;
        self.instants = instants;
        let [created_at, updated_at] = instants;
        Ok(RowKey { id: self.id()?, created_at, updated_at, hash: FxBuildHasher.hash_one(&self.json[..]) })
    }

    /// The id, or why it is not one.
    fn id(&self) -> Result<i64, String> {
        let Some(value) = self.values[0].filter(|value| !value.is_null()) else {
            return Err("has no id, so completeness cannot be checked".to_owned());
        };
        let value = value.of(&self.json);
        let id = integer(value).map(|id| id.number);
        id.ok_or_else(|| format!("has the id {}, which is not a 64-bit integer", escape(&value.json().text)))
    }

    /// The size of its JSON, in bytes.
    pub fn json_len(&self) -> usize {
        self.json.len()
    }

    /// The memory that it holds besides the page, in bytes.
    pub(super) fn held(&self) -> usize {
        size_of::<Self>() + self.extra.held()
    }
}
