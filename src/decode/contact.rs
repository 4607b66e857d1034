//! One contact of a page: its JSON, and where its values are in it. It is copied into a batch when it is emitted.

use std::hash::BuildHasher;

use bytes::Bytes;
use rustc_hash::FxBuildHasher;

use super::extra::Extra;
use super::integer::integer;
use super::json::{Raw, Span};
use super::timestamp;
use crate::page::RowKey;
use crate::resource::EXTRA;
use crate::resource::contacts::{COLUMNS, CREATED_AT_INDEX, ID_INDEX, Source, UPDATED_AT_INDEX};
use crate::text::sanitize::escape;

/// One contact of a page.
#[derive(Debug, Default)]
pub(crate) struct Contact {
    /// The JSON as it was sent. All offsets count from its first byte.
    pub(super) json: Bytes,
    /// The values of the columns.
    pub(super) values: [Option<Span>; COLUMNS.len()],
    /// What the proof needs of it.
    pub key: RowKey,
    pub(super) extra: Extra,
    /// Columns whose key was sent more than once with different values, and the number of values lost.
    pub(super) repeated: Vec<(&'static str, u64)>,
}

impl Contact {
    /// Sets the value of column `index`, whose offset counts from the start of `json`. A later value of the same key
    /// replaces it.
    #[inline]
    pub(super) fn set(&mut self, index: usize, value: Raw<'_>, json: &[u8]) {
        if let Some(before) = self.values[index].replace(value.span()) {
            self.repeat(index, before.of(json), value);
        }
    }

    #[cold]
    fn repeat(&mut self, index: usize, before: Raw<'_>, value: Raw<'_>) {
        self.note_repeated(COLUMNS[index].name, u64::from(before.bytes != value.bytes));
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

    /// Counts values of a column that were lost because their key was repeated.
    pub(super) fn note_repeated(&mut self, column: &'static str, times: u64) {
        if times == 0 {
            return;
        }
        match self.repeated.iter_mut().find(|(name, _)| *name == column) {
            Some((_, before)) => *before += times,
            None => self.repeated.push((column, times)),
        }
    }

    /// Completes the contact with its JSON. Fails with a reason if its id is missing or invalid.
    pub(super) fn complete(&mut self, json: Bytes) -> Result<(), String> {
        let value = |index: usize| self.values[index].filter(|span| !span.is_null()).map(|span| span.of(&json));
        let instant = |index| value(index).and_then(timestamp::microseconds);
        let Some(id) = value(ID_INDEX) else {
            return Err("has no id, so completeness cannot be checked".to_owned());
        };
        let not_an_id = || format!("has the id {}, which is not a 64-bit integer", escape(&id.json().text));
        self.key = RowKey {
            id: integer(id).ok_or_else(not_an_id)?.number,
            created_at: instant(CREATED_AT_INDEX),
            updated_at: instant(UPDATED_AT_INDEX),
            hash: FxBuildHasher.hash_one(&json[..]),
        };
        self.json = json;
        Ok(())
    }

    /// The size of its JSON, in bytes.
    pub fn json_len(&self) -> usize {
        self.json.len()
    }

    /// The memory that it holds elsewhere, besides the page, in bytes.
    pub fn held(&self) -> usize {
        self.extra.held() + self.repeated.capacity() * size_of::<(&str, u64)>()
    }
}
