//! The rows of a response, with an index by id.

use crate::page::RowKey;

/// Ids in ascending order, each with the index of its row; rows with one id in the order of the page.
pub(super) type ById = [(i64, usize)];

/// The rows of a response, in the order of the page.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    rows: Vec<RowKey>,
    by_id: Vec<(i64, usize)>,
}

impl Rows {
    pub fn new(rows: Vec<RowKey>) -> Self {
        Self { by_id: by_id(rows.iter().map(|row| row.id)), rows }
    }

    pub fn as_slice(&self) -> &[RowKey] {
        &self.rows
    }

    pub fn by_id(&self) -> &ById {
        &self.by_id
    }

    /// The rows with an id, and their indexes.
    pub fn with_id(&self, id: i64) -> impl Iterator<Item = (usize, &RowKey)> {
        let from = self.by_id.partition_point(|(other, _)| *other < id);
        let found = self.by_id[from..].iter().take_while(move |(other, _)| *other == id);
        found.map(|(_, index)| (*index, &self.rows[*index]))
    }
}

/// The index of rows with these ids.
pub(super) fn by_id(ids: impl Iterator<Item = i64>) -> Vec<(i64, usize)> {
    let mut by_id: Vec<_> = ids.zip(0..).collect();
    by_id.sort_unstable();
    by_id
}
