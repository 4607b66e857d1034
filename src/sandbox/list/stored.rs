//! A list in memory, with its whole history.
//!
//! Every write creates a new state, and any state can be restored. State 0 is the list at the start, state `n` the list
//! after `n` writes. The history takes about 100 bytes per write.

use std::sync::Arc;
use std::time::Instant;

use super::order::Order;
use super::row::{Key, Row};
use crate::sandbox::contacts::{Contact, Contacts};
use crate::sandbox::mutations::{Kind, Write};

/// Rows are the indexes of contacts: first the initial ones, then the inserted ones.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct Stored {
    contacts: Arc<Contacts>,
    pub(super) order: Order,
    rows: Vec<Row>,
    /// The rows of the latest state, in order.
    pub(super) listed: Vec<u64>,
    /// The time of the latest write according to the timestamps of contacts, in ms since 1970.
    clock: u64,
    /// The first write led from state 0 to state 1.
    pub(super) writes: Vec<AppliedWrite>,
}

/// A write to the list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AppliedWrite {
    /// When it was applied: no response received before shows it.
    pub at: Instant,
    /// What changed.
    pub change: Change,
}

/// What a write changed, by ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// These contacts were inserted, all with the same creation time.
    Inserted(Vec<u64>),
    /// This contact was deleted.
    Deleted(u64),
    /// A field of this contact changed, and its `updated_at`.
    Updated(u64),
}

impl Stored {
    pub(super) fn new(contacts: Arc<Contacts>, order: Order) -> Self {
        let rows = (0..contacts.count()).map(|row| Row::new(contacts.created(row), 0)).collect();
        let clock = contacts.settled();
        let mut stored = Self { contacts, order, rows, listed: vec![], clock, writes: vec![] };
        stored.listed = stored.listed_at(0);
        stored
    }

    /// The latest state.
    pub(super) fn state(&self) -> u64 {
        self.writes.len() as u64
    }

    /// How many rows `state` has.
    pub(super) fn len_at(&self, state: u64) -> u64 {
        let later = self.writes.get(index(state)..).unwrap_or_default();
        later.iter().rev().fold(self.listed.len() as u64, |len, write| match &write.change {
            Change::Inserted(ids) => len.saturating_sub(ids.len() as u64),
            Change::Deleted(_) => len + 1,
            Change::Updated(_) => len,
        })
    }

    /// The rows of `state`, in order. Sorts them, which takes some ms for 100,000 rows.
    pub(super) fn listed_at(&self, state: u64) -> Vec<u64> {
        let mut rows: Vec<_> = self.rows_between(state, state).collect();
        rows.sort_by_cached_key(|row| self.key(*row, state));
        rows
    }

    /// The rows that exist in all states from `first` to `last`, by id.
    pub(super) fn rows_between(&self, first: u64, last: u64) -> impl Iterator<Item = u64> {
        let exists = move |row: &Row| row.exists_at(first) && row.exists_at(last);
        (0..).zip(&self.rows).filter(move |(_, row)| exists(row)).map(|(row, _)| row)
    }

    /// The row with this id, deleted or not.
    pub(super) fn find(&self, id: u64) -> Option<u64> {
        self.contacts.index_of(id).filter(|row| *row < self.rows.len() as u64)
    }

    pub(super) fn row(&self, row: u64) -> &Row {
        &self.rows[index(row)]
    }

    pub(super) fn id(&self, row: u64) -> u64 {
        self.contacts.id(row)
    }

    /// Appends the contact of a row as it is at `state`.
    pub(super) fn write(&self, row: u64, state: u64, out: &mut Vec<u8>) {
        Contacts::write_contact(&self.contact(row, state), out);
    }

    /// Applies a write at the instant `at`. A write to a position past the end does nothing.
    pub(super) fn apply(&mut self, write: &Write, at: Instant) {
        self.clock += write.pause;
        let change = match write.kind {
            Kind::Insert { contacts } => Some(self.insert(contacts)),
            Kind::Delete { position } => self.delete(position),
            Kind::Update { position } => self.update(position),
        };
        self.writes.extend(change.map(|change| AppliedWrite { at, change }));
    }

    fn insert(&mut self, contacts: u64) -> Change {
        let (first, state) = (self.rows.len() as u64, self.state() + 1);
        for row in first..first + contacts {
            self.rows.push(Row::new(self.clock, state));
            self.list(row, state);
        }
        Change::Inserted((first..first + contacts).map(|row| self.id(row)).collect())
    }

    fn delete(&mut self, position: u64) -> Option<Change> {
        let (row, state) = (self.unlist(position)?, self.state() + 1);
        self.rows[index(row)].delete(state);
        Some(Change::Deleted(self.id(row)))
    }

    fn update(&mut self, position: u64) -> Option<Change> {
        let (row, state) = (self.unlist(position)?, self.state() + 1);
        self.rows[index(row)].update(state, self.clock);
        self.list(row, state);
        Some(Change::Updated(self.id(row)))
    }

    fn unlist(&mut self, position: u64) -> Option<u64> {
        let position = index(position);
        (position < self.listed.len()).then(|| self.listed.remove(position))
    }

    /// Inserts a row at the position of its values at `state`.
    fn list(&mut self, row: u64, state: u64) {
        let key = self.key(row, state);
        let position = self.listed.partition_point(|other| self.key(*other, state) < key);
        self.listed.insert(position, row);
    }

    fn key(&self, row: u64, state: u64) -> Key {
        Key::of(self.order, self.id(row), self.row(row).created, || self.contact(row, state))
    }

    fn contact(&self, row: u64, state: u64) -> Contact {
        let stored = self.row(row);
        self.contacts.contact(row, stored.created, stored.updates_until(state))
    }
}

/// The index of a row or position in a vector.
fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::mutations::{Churn, Draw};

    const ORDERS: [Order; 6] =
        [Order::Newest, Order::Oldest, Order::Id, Order::Updated, Order::Name, Order::UnstableTies];

    fn stored(order: Order) -> Stored {
        Stored::new(Arc::new(Contacts::new(7, 60).with_shared_timestamps(9)), order)
    }

    /// The list after each of some 200 writes.
    fn mutated(order: Order) -> (Stored, Vec<Vec<u64>>) {
        let mut stored = stored(order);
        let mut states = vec![stored.listed.clone()];
        for request in 1..=100 {
            let mut draw = Draw::of(request, Churn { bulk: 3, ..Churn::new(2.0) }, 5);
            while let Some(write) = draw.next(stored.listed.len() as u64, stored.state()) {
                stored.apply(&write, Instant::now());
                states.push(stored.listed.clone());
            }
        }
        (stored, states)
    }

    fn write(kind: Kind) -> Write {
        Write { pause: 1, kind }
    }

    #[test]
    fn every_state_can_be_restored() {
        for order in ORDERS {
            let (stored, states) = mutated(order);
            assert_eq!(states.len() as u64, stored.state() + 1);
            for (state, listed) in (0..).zip(&states) {
                assert_eq!(stored.listed_at(state), *listed, "{order:?}, state {state}");
                assert_eq!(stored.len_at(state), listed.len() as u64);
            }
        }
    }

    #[test]
    fn writes_describe_the_changes() {
        let (stored, states) = mutated(Order::Name);
        for (write, pair) in stored.writes.iter().zip(states.windows(2)) {
            let ids = |rows: &[u64]| {
                let mut ids: Vec<_> = rows.iter().map(|row| stored.id(*row)).collect();
                ids.sort_unstable();
                ids
            };
            let (mut before, mut after) = (ids(&pair[0]), ids(&pair[1]));
            match &write.change {
                Change::Inserted(new) => {
                    assert_eq!(new.len(), 3);
                    before.extend(new);
                }
                Change::Deleted(id) => {
                    after.push(*id);
                    after.sort_unstable();
                }
                Change::Updated(id) => assert!(after.contains(id)),
            }
            assert_eq!(before, after);
        }
    }

    #[test]
    fn inserts_are_newest_and_share_their_time() {
        let mut stored = stored(Order::Updated);
        stored.apply(&write(Kind::Update { position: 59 }), Instant::now());
        stored.apply(&write(Kind::Insert { contacts: 3 }), Instant::now());
        let updated = |row| stored.contact(row, 2).updated();
        assert!(stored.listed.is_sorted_by(|a, b| (updated(*a), *a) > (updated(*b), *b)));
        assert_eq!(stored.listed[..3], [62, 61, 60]);
        let created = stored.row(60).created;
        assert!((60..63).all(|row| stored.row(row).created == created && updated(row) == created));
        assert!(stored.row(stored.listed[3]).created < created && updated(stored.listed[3]) == created - 1);
    }

    #[test]
    fn deleted_rows_stay_known() {
        let mut stored = stored(Order::Id);
        let id = stored.id(4);
        for position in [4, 999] {
            stored.apply(&write(Kind::Delete { position }), Instant::now());
        }
        assert_eq!(stored.state(), 1);
        assert!(!stored.listed.contains(&4));
        assert_eq!(stored.find(id), Some(4));
        assert_eq!(stored.find(stored.id(60)), None);
    }
}
