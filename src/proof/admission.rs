//! Which rows leave: each id once, its first copy in the order in which responses leave.
//!
//! Responses arrive in any order; they leave in that of the list, so what leaves does not depend on how
//! they arrived. Rows are kept here only until their response's turn has come.

use std::collections::{BTreeMap, VecDeque};

use super::ids::Ids;
use super::order::Field;
use super::record::{Old, id_sum};
use crate::page::RowKey;

/// A response whose turn it is to leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leaving {
    /// The ticket of its request.
    pub ticket: u64,
    /// Which of its rows leave.
    pub keep: Keep,
}

/// Which rows of a response leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// All of them.
    All,
    /// Those that say `true`, in the order of the page.
    These(Vec<bool>),
}

/// What was found when a response's turn had come.
#[derive(Debug)]
pub(super) struct Admitted {
    pub ticket: u64,
    /// First copies.
    pub fresh: u64,
    /// Later copies.
    pub copies: u64,
    pub old: [[Old; 3]; 2],
    /// What the record of the same name says.
    pub above: [[u16; 3]; 2],
    pub again: [u16; 2],
    pub gone: [u16; 3],
    /// Later copies of rows that are still at hand.
    pub copied: Vec<Copied>,
}

/// Two copies of a row, in two responses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Copied {
    /// The ticket of the one that left first, the row in it, and its index.
    pub first: (u64, RowKey, u64),
    /// The other row, and its index.
    pub second: (RowKey, u64),
}

/// The gate.
#[derive(Debug, Default)]
pub(super) struct Admission {
    /// Tickets in the order in which they leave.
    order: VecDeque<u64>,
    /// Rows whose turn has not come.
    waiting: BTreeMap<u64, Vec<RowKey>>,
    ready: VecDeque<Leaving>,
    ids: Ids,
    /// The first response, and the one that left last: the copies that others are compared with.
    first: Vec<RowKey>,
    before: (u64, Vec<RowKey>),
    pub duplicates: u64,
    /// The sum of a hash of the ids that left.
    pub id_sum: u64,
}

impl Admission {
    /// Gives a request its place: after all that have one.
    pub fn place(&mut self, ticket: u64) {
        self.order.push_back(ticket);
    }

    /// Takes the rows of a response.
    pub fn take(&mut self, ticket: u64, rows: Vec<RowKey>) {
        self.waiting.insert(ticket, rows);
    }

    /// Admits the response whose turn it is, if it is here.
    pub fn admit(&mut self, edges: [Option<RowKey>; 2]) -> Option<Admitted> {
        let ticket = *self.order.front()?;
        let rows = self.waiting.remove(&ticket)?;
        self.order.pop_front();
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let new = self.ids.add(&ids);
        let mut admitted = Admitted {
            ticket,
            fresh: 0,
            copies: 0,
            old: [[Old::default(); 3]; 2],
            above: edges.map(|edge| Field::ALL.map(|field| above(field, &rows, edge.as_ref()))),
            again: [0; 2],
            gone: Field::ALL.map(|field| self.gone(field, &rows)),
            copied: Vec::new(),
        };
        for (index, (row, new)) in (0..).zip(rows.iter().zip(&new)) {
            if *new {
                admitted.fresh += 1;
                for (olds, edge) in admitted.old.iter_mut().zip(&edges) {
                    let Some(edge) = edge else { continue };
                    olds.iter_mut().zip(Field::ALL).for_each(|(old, field)| old.count(field, row, edge));
                }
            } else {
                admitted.copies += 1;
                self.compare(row, index, &mut admitted);
            }
        }
        self.duplicates += admitted.copies;
        let left = ids.iter().zip(&new).filter_map(|(id, new)| new.then_some(*id));
        self.id_sum = self.id_sum.wrapping_add(id_sum(left));
        let keep = if admitted.copies == 0 { Keep::All } else { Keep::These(new) };
        self.ready.push_back(Leaving { ticket, keep });
        if ticket == 0 {
            self.first.clone_from(&rows);
        }
        self.before = (ticket, rows);
        Some(admitted)
    }

    /// How many rows of the first response are not among `rows`, which show all before their last.
    fn gone(&self, field: Field, rows: &[RowKey]) -> u16 {
        let Some(last) = rows.last().and_then(|row| field.of(row)) else { return 0 };
        let shown = |row: &&RowKey| field.of(row).is_some_and(|value| value > last);
        let missing = |row: &&RowKey| rows.iter().all(|other| other.id != row.id);
        count(self.first.iter().filter(shown).filter(missing))
    }

    fn compare(&self, row: &RowKey, index: u64, admitted: &mut Admitted) {
        let same =
            |copies: &[RowKey]| (0..).zip(copies).find(|(_, copy)| copy.id == row.id).map(|(at, copy)| (*copy, at));
        let first = same(&self.first);
        let same_version = first.is_some_and(|(copy, _)| copy.updated_at == row.updated_at);
        admitted.again[0] += u16::from(first.is_some());
        admitted.again[1] += u16::from(same_version);
        let copies = [(0, first), (self.before.0, same(&self.before.1))];
        let copies = copies.into_iter().filter_map(|(ticket, copy)| copy.map(|(copy, at)| (ticket, copy, at)));
        admitted.copied.extend(copies.map(|first| Copied { first, second: (*row, index) }));
    }

    /// The response that leaves next, once it is known which of its rows do.
    pub fn leave(&mut self) -> Option<Leaving> {
        self.ready.pop_front()
    }

    /// Contacts that left or may leave.
    pub fn distinct(&self) -> u64 {
        self.ids.len()
    }

    /// Whether a response shows the same ids as the first.
    pub fn is_like_first(&self, rows: &[RowKey]) -> bool {
        rows.iter().map(|row| row.id).eq(self.first.iter().map(|row| row.id))
    }

    /// Bytes that the ids hold.
    #[cfg(test)]
    pub fn held(&self) -> usize {
        self.ids.held()
    }
}

/// How many rows are not certainly below an edge.
fn above(field: Field, rows: &[RowKey], edge: Option<&RowKey>) -> u16 {
    let Some(edge) = edge else { return 0 };
    count(rows.iter().filter(|row| field.of(row) >= field.of(edge) && row.id != edge.id))
}

fn count<T>(items: impl Iterator<Item = T>) -> u16 {
    u16::try_from(items.count()).unwrap_or(u16::MAX)
}
