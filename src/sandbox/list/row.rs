//! The life of one row, counted in states of the list: when it was inserted, updated and deleted; and its sort key.

use std::cmp::Reverse;
use std::iter;
use std::ops::Range;

use super::order::Order;
use crate::sandbox::contacts::Contact;

/// A contact that is or was in the list.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// `created_at`, in ms since 1970.
    pub(super) created: u64,
    inserted: u64,
    deleted: Option<u64>,
    updates: Vec<Update>,
}

#[derive(Debug, Clone, Copy)]
struct Update {
    state: u64,
    /// `updated_at` since then, in ms since 1970.
    at: u64,
}

impl Row {
    /// A row that exists since the state `inserted`.
    pub(super) fn new(created: u64, inserted: u64) -> Self {
        Self { created, inserted, deleted: None, updates: vec![] }
    }

    /// Records an update that shows since `state`.
    pub(super) fn update(&mut self, state: u64, at: u64) {
        self.updates.push(Update { state, at });
    }

    /// Records a deletion that shows since `state`.
    pub(super) fn delete(&mut self, state: u64) {
        self.deleted = Some(state);
    }

    pub(super) fn exists_at(&self, state: u64) -> bool {
        self.inserted <= state && self.deleted.is_none_or(|deleted| state < deleted)
    }

    /// The times of its updates up to `state`.
    pub(super) fn updates_until(&self, state: u64) -> impl Iterator<Item = u64> {
        self.updates.iter().take_while(move |update| update.state <= state).map(|update| update.at)
    }

    /// The states of each of its versions, oldest first.
    pub(super) fn versions(&self) -> impl Iterator<Item = Range<u64>> {
        let changes = self.updates.iter().map(|update| update.state);
        let ends = changes.clone().chain(iter::once(self.deleted.unwrap_or(u64::MAX)));
        iter::once(self.inserted).chain(changes).zip(ends).map(|(from, to)| from..to)
    }
}

/// The sort key of a row. All keys of a list are of one kind and differ; the smallest comes first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Ascending(u64, u64),
    Descending(Reverse<(u64, u64)>),
    Names([&'static str; 2], u64),
}

impl Key {
    /// The key of a row in `order`; `contact` is called only if the order depends on it.
    pub(super) fn of(order: Order, id: u64, created: u64, contact: impl FnOnce() -> Contact) -> Self {
        match order {
            Order::Newest | Order::UnstableTies => Self::Descending(Reverse((created, id))),
            Order::Oldest => Self::Ascending(created, id),
            Order::Id => Self::Ascending(id, id),
            Order::Updated => Self::Descending(Reverse((contact().updated(), id))),
            Order::Name => Self::Names(contact().names(), id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_start_new_versions() {
        let mut row = Row::new(1_000, 3);
        row.update(5, 2_000);
        row.update(9, 3_000);
        let versions = |row: &Row| row.versions().collect::<Vec<_>>();
        assert_eq!(versions(&row), [3..5, 5..9, 9..u64::MAX]);
        row.delete(10);
        assert_eq!(versions(&row), [3..5, 5..9, 9..10]);
        let alive: Vec<_> = (0..12).filter(|state| row.exists_at(*state)).collect();
        assert_eq!(alive, [3, 4, 5, 6, 7, 8, 9]);
        assert!(row.updates_until(8).eq([2_000]));
    }
}
