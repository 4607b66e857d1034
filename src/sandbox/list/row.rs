//! The life of one row: when it came, was updated, and went, counted in states of the list.

use std::iter;
use std::ops::Range;

/// A contact that is or was in the list.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// `created_at`, in ms since 1970.
    pub(super) created: u64,
    born: u64,
    died: Option<u64>,
    updates: Vec<Update>,
}

#[derive(Debug, Clone, Copy)]
struct Update {
    state: u64,
    /// `updated_at` from then on, in ms since 1970.
    at: u64,
}

impl Row {
    /// A row that is there from the state `born` on.
    pub(super) fn new(created: u64, born: u64) -> Self {
        Self { created, born, died: None, updates: vec![] }
    }

    /// It is different from `state` on.
    pub(super) fn update(&mut self, state: u64, at: u64) {
        self.updates.push(Update { state, at });
    }

    /// It is no longer there from `state` on.
    pub(super) fn delete(&mut self, state: u64) {
        self.died = Some(state);
    }

    pub(super) fn lives_at(&self, state: u64) -> bool {
        self.born <= state && self.died.is_none_or(|died| state < died)
    }

    /// The instants of the updates that it had at `state`.
    pub(super) fn updates_until(&self, state: u64) -> impl Iterator<Item = u64> {
        self.updates.iter().take_while(move |update| update.state <= state).map(|update| update.at)
    }

    /// The states of each of its versions, oldest first.
    pub(super) fn versions(&self) -> impl Iterator<Item = Range<u64>> {
        let changes = self.updates.iter().map(|update| update.state);
        let ends = changes.clone().chain(iter::once(self.died.unwrap_or(u64::MAX)));
        iter::once(self.born).chain(changes).zip(ends).map(|(from, to)| from..to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_cut_into_versions() {
        let mut row = Row::new(1_000, 3);
        row.update(5, 2_000);
        row.update(9, 3_000);
        let versions = |row: &Row| row.versions().collect::<Vec<_>>();
        assert_eq!(versions(&row), [3..5, 5..9, 9..u64::MAX]);
        row.delete(10);
        assert_eq!(versions(&row), [3..5, 5..9, 9..10]);
        let alive: Vec<_> = (0..12).filter(|state| row.lives_at(*state)).collect();
        assert_eq!(alive, [3, 4, 5, 6, 7, 8, 9]);
        assert!(row.updates_until(8).eq([2_000]));
    }
}
