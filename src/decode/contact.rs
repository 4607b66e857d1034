//! The values of one contact, before they become a row.

use super::extra::Extra;
use super::json::Raw;
use crate::resource::EXTRA;
use crate::resource::contacts::{COLUMNS, Source};

/// The values of one contact, as slices of the page.
#[derive(Debug)]
pub(super) struct Contact<'a> {
    pub values: [Option<Raw<'a>>; COLUMNS.len()],
    pub extra: Extra<'a>,
    /// Columns whose key was sent more than once with different values, and the number of values lost.
    pub repeated: Vec<(&'static str, u64)>,
}

impl<'a> Contact<'a> {
    /// A contact without values, in this page.
    pub fn new(page: &'a [u8]) -> Self {
        Self { values: Default::default(), extra: Extra::new(page), repeated: Vec::new() }
    }

    /// Sets the value of column `index`. A later value of the same key replaces it.
    #[inline]
    pub fn set(&mut self, index: usize, value: Raw<'a>) {
        let before = self.values[index].replace(value);
        let lost = before.is_some_and(|before| before.bytes != value.bytes);
        self.note_repeated(COLUMNS[index].name, u64::from(lost));
    }

    /// Forgets the owner, if any: another `contact_owner` follows, and the last one counts.
    pub fn forget_owner(&mut self) {
        for (value, column) in self.values.iter_mut().zip(&COLUMNS) {
            if matches!(column.source, Source::Owner(_)) {
                *value = None;
            }
        }
        let lost = self.extra.forget_owner();
        self.note_repeated(EXTRA, lost);
    }

    /// Notes that `times` values of this column were lost because their key was repeated.
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
