//! A list held in memory, with all that was ever written to it.
//!
//! Writes go in, each makes a new state; any state can be had back. State 0 is the list at the
//! start, state `n` that after `n` writes. Nothing is forgotten: about 100 bytes a write.

use std::sync::Arc;
use std::time::Instant;

use super::history::{Change, Written};
use super::key::Key;
use super::order::Order;
use super::row::Row;
use crate::sandbox::contacts::{Contact, Contacts};
use crate::sandbox::mutations::{Kind, Write};

/// Rows are the indexes of contacts: those of the start, then those that came later.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct Held {
    contacts: Arc<Contacts>,
    order: Order,
    rows: Vec<Row>,
    /// The rows of the latest state, in order.
    listed: Vec<u64>,
    /// The instant of the latest write as contacts tell it, in ms since 1970.
    clock: u64,
    written: Vec<Written>,
}

impl Held {
    pub(super) fn new(contacts: Arc<Contacts>, order: Order) -> Self {
        let rows = (0..contacts.count()).map(|row| Row::new(contacts.created(row), 0)).collect();
        let clock = contacts.settled();
        let mut held = Self { contacts, order, rows, listed: vec![], clock, written: vec![] };
        held.listed = held.listed_at(0);
        held
    }

    pub(super) fn order(&self) -> Order {
        self.order
    }

    /// The latest state.
    pub(super) fn state(&self) -> u64 {
        self.written.len() as u64
    }

    /// What was written: the first write led from state 0 to state 1.
    pub(super) fn written(&self) -> &[Written] {
        &self.written
    }

    /// How many rows `state` has.
    pub(super) fn len_at(&self, state: u64) -> u64 {
        let later = self.written.get(place(state)..).unwrap_or_default();
        later.iter().rev().fold(self.listed.len() as u64, |len, written| match &written.change {
            Change::Inserted(ids) => len.saturating_sub(ids.len() as u64),
            Change::Deleted(_) => len + 1,
            Change::Updated(_) => len,
        })
    }

    /// The rows of the latest state, in order.
    pub(super) fn listed(&self) -> &[u64] {
        &self.listed
    }

    /// The rows of `state`, in order. Sorts them anew: some ms for 100,000.
    pub(super) fn listed_at(&self, state: u64) -> Vec<u64> {
        let mut rows: Vec<_> = self.rows_between(state, state).collect();
        rows.sort_by_cached_key(|row| self.key(*row, state));
        rows
    }

    /// The rows that were there in all states from `first` to `last`, by id.
    pub(super) fn rows_between(&self, first: u64, last: u64) -> impl Iterator<Item = u64> {
        let there = move |row: &Row| row.lives_at(first) && row.lives_at(last);
        (0..).zip(&self.rows).filter(move |(_, row)| there(row)).map(|(row, _)| row)
    }

    /// The row that has or had this id.
    pub(super) fn find(&self, id: u64) -> Option<u64> {
        self.contacts.index_of(id).filter(|row| *row < self.rows.len() as u64)
    }

    pub(super) fn row(&self, row: u64) -> &Row {
        &self.rows[place(row)]
    }

    pub(super) fn id(&self, row: u64) -> u64 {
        self.contacts.id(row)
    }

    /// Writes a row as it was at `state`.
    pub(super) fn write(&self, row: u64, state: u64, out: &mut Vec<u8>) {
        Contacts::write_contact(&self.contact(row, state), out);
    }

    /// Applies a write at the instant `at`. A write to a position past the end is none.
    pub(super) fn apply(&mut self, write: &Write, at: Instant) {
        self.clock += write.pause;
        let change = match write.kind {
            Kind::Insert { contacts } => Some(self.insert(contacts)),
            Kind::Delete { position } => self.delete(position),
            Kind::Update { position } => self.update(position),
        };
        self.written.extend(change.map(|change| Written { at, change }));
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
        self.rows[place(row)].delete(state);
        Some(Change::Deleted(self.id(row)))
    }

    fn update(&mut self, position: u64) -> Option<Change> {
        let (row, state) = (self.unlist(position)?, self.state() + 1);
        self.rows[place(row)].update(state, self.clock);
        self.list(row, state);
        Some(Change::Updated(self.id(row)))
    }

    fn unlist(&mut self, position: u64) -> Option<u64> {
        let position = place(position);
        (position < self.listed.len()).then(|| self.listed.remove(position))
    }

    /// Lists a row where it belongs with what it is at `state`.
    fn list(&mut self, row: u64, state: u64) {
        let key = self.key(row, state);
        let position = self.listed.partition_point(|other| self.key(*other, state) < key);
        self.listed.insert(position, row);
    }

    fn key(&self, row: u64, state: u64) -> Key {
        Key::of(self.order, self.id(row), self.row(row).created, || self.contact(row, state))
    }

    fn contact(&self, row: u64, state: u64) -> Contact {
        let life = self.row(row);
        self.contacts.contact(row, life.created, life.updates_until(state))
    }
}

/// The place of a row or position in a vector.
fn place(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::mutations::{Draw, Moves};

    const ORDERS: [Order; 6] =
        [Order::Newest, Order::Oldest, Order::Id, Order::Updated, Order::Name, Order::UnstableTies];

    fn held(order: Order) -> Held {
        Held::new(Arc::new(Contacts::new(7, 60).with_shared_timestamps(9)), order)
    }

    /// The list after each of some 200 writes.
    fn moved(order: Order) -> (Held, Vec<Vec<u64>>) {
        let mut held = held(order);
        let mut states = vec![held.listed.clone()];
        for request in 1..=100 {
            let mut draw = Draw::of(request, Moves { bulk: 3, ..Moves::new(2.0) }, 5);
            while let Some(write) = draw.next(held.listed.len() as u64, held.state()) {
                held.apply(&write, Instant::now());
                states.push(held.listed.clone());
            }
        }
        (held, states)
    }

    fn write(kind: Kind) -> Write {
        Write { pause: 1, kind }
    }

    #[test]
    fn every_state_can_be_had_back() {
        for order in ORDERS {
            let (held, states) = moved(order);
            assert_eq!(states.len() as u64, held.state() + 1);
            for (state, listed) in (0..).zip(&states) {
                assert_eq!(held.listed_at(state), *listed, "{order}, state {state}");
                assert_eq!(held.len_at(state), listed.len() as u64);
            }
        }
    }

    #[test]
    fn writes_are_what_happened_to_the_rows() {
        let (held, states) = moved(Order::Name);
        for (written, pair) in held.written().iter().zip(states.windows(2)) {
            let ids = |rows: &[u64]| {
                let mut ids: Vec<_> = rows.iter().map(|row| held.id(*row)).collect();
                ids.sort_unstable();
                ids
            };
            let (mut before, mut after) = (ids(&pair[0]), ids(&pair[1]));
            match &written.change {
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
    fn what_comes_is_later_than_all_there_was_and_imported_at_once() {
        let mut held = held(Order::Updated);
        held.apply(&write(Kind::Update { position: 59 }), Instant::now());
        held.apply(&write(Kind::Insert { contacts: 3 }), Instant::now());
        let updated = |row| held.contact(row, 2).updated();
        assert!(held.listed.is_sorted_by(|a, b| (updated(*a), *a) > (updated(*b), *b)));
        assert_eq!(held.listed[..3], [62, 61, 60]);
        let created = held.row(60).created;
        assert!((60..63).all(|row| held.row(row).created == created && updated(row) == created));
        assert!(held.row(held.listed[3]).created < created && updated(held.listed[3]) == created - 1);
    }

    #[test]
    fn a_row_that_went_stays_known_and_one_that_is_not_there_cannot_go() {
        let mut held = held(Order::Id);
        let id = held.id(4);
        for position in [4, 999] {
            held.apply(&write(Kind::Delete { position }), Instant::now());
        }
        assert_eq!(held.state(), 1);
        assert!(!held.listed.contains(&4));
        assert_eq!(held.find(id), Some(4));
        assert_eq!(held.find(held.id(60)), None);
    }
}
