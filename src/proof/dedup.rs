//! Which rows leave: each id once, its first copy in the order in which responses leave.
//!
//! Responses arrive in any order; they leave in that of the list, so what leaves does not depend on how
//! they arrived. Rows are kept here only until their response's turn has come.

use std::collections::{BTreeMap, VecDeque};

use super::ids::Ids;
use super::order::Field;
use super::order_witness::{Others, Witness};
use super::response::{self, Old, id_sum};
use crate::page::{Asked, RowKey};

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
    /// Of the later copies, those of a contact that this response shows twice.
    pub twice: u64,
    pub old: [[Old; 3]; 2],
    /// What the record of the same name says.
    pub above: [[u16; 3]; 2],
    pub again: [u16; 2],
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
    waiting: BTreeMap<u64, (Asked, Vec<RowKey>)>,
    ready: VecDeque<Leaving>,
    ids: Ids,
    /// The first response, and which of its rows were shown again: in any version, and in the same one.
    first: Vec<RowKey>,
    shown_again: [Vec<bool>; 2],
    /// The tail, if it was read before the rest.
    tail: (u64, Vec<RowKey>),
    /// The response that left last, and its position.
    before: (u64, u64, Vec<RowKey>),
    /// Contacts that one response shows more than once: on which page, and how often too often.
    twice: BTreeMap<i64, (u64, u64)>,
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
    pub fn take(&mut self, ticket: u64, asked: Asked, rows: Vec<RowKey>) {
        self.waiting.insert(ticket, (asked, rows));
    }

    /// Takes a response that waits as the tail, which was read before all but page 1.
    pub fn take_as_tail(&mut self, ticket: u64) {
        self.tail = (ticket, self.waiting.get(&ticket).map(|(_, rows)| rows.clone()).unwrap_or_default());
    }

    /// Admits the response whose turn it is, if it is here, and shows its rows to the witness.
    pub fn admit(&mut self, edges: [Option<RowKey>; 2], witness: &mut Witness) -> Option<Admitted> {
        let ticket = *self.order.front()?;
        let (asked, rows) = self.waiting.remove(&ticket)?;
        let start = response::start(asked);
        self.order.pop_front();
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let new = self.ids.add(&ids);
        let has_copies = new.iter().any(|new| !new);
        witness.compare(&rows, &new, self.others(ticket, start));
        let mut admitted = Admitted {
            ticket,
            fresh: 0,
            copies: 0,
            twice: if has_copies { self.repeated(asked.page, &ids) } else { 0 },
            old: [[Old::default(); 3]; 2],
            above: edges.map(|edge| Field::ALL.map(|field| self.above(field, &rows, edge.as_ref()))),
            again: if has_copies { self.show_again(&rows) } else { [0; 2] },
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
            self.shown_again = [vec![false; rows.len()], vec![false; rows.len()]];
        }
        self.before = (ticket, start, rows);
        Some(admitted)
    }

    /// What a response is compared with: not with itself, and not with one that begins at or after it.
    fn others(&self, ticket: u64, start: u64) -> Others<'_> {
        let first: &[_] = if ticket == 0 { &[] } else { &self.first };
        let tail: &[_] = if ticket == self.tail.0 { &[] } else { &self.tail.1 };
        let (_, before_start, before) = &self.before;
        Others { earlier: [first, tail], before: if *before_start < start { before } else { &[] } }
    }

    /// Which rows of the first response are shown again for the first time: in any version, and in the same one.
    fn show_again(&mut self, rows: &[RowKey]) -> [u16; 2] {
        let mut again = [0; 2];
        for (at, copy) in self.first.iter().enumerate() {
            let Some(row) = rows.iter().find(|row| row.id == copy.id) else { continue };
            let same = [true, row.updated_at == copy.updated_at];
            for ((again, shown), same) in again.iter_mut().zip(&mut self.shown_again).zip(same) {
                *again += u16::from(same && !shown[at]);
                shown[at] |= same;
            }
        }
        again
    }

    /// Rows of the first response that none has shown again.
    pub fn not_again(&self) -> usize {
        self.shown_again[0].iter().filter(|shown| !**shown).count()
    }

    /// How many rows repeat a contact of the same response; the most that any response shows of one is kept.
    fn repeated(&mut self, page: u64, ids: &[i64]) -> u64 {
        let mut sorted = ids.to_vec();
        sorted.sort_unstable();
        let mut repeated = 0;
        for run in sorted.chunk_by(|a, b| a == b).filter(|run| run.len() > 1) {
            let extra = run.len() as u64 - 1;
            repeated += extra;
            let (_, most) = self.twice.entry(run[0]).or_insert((page, extra));
            *most = extra.max(*most);
        }
        repeated
    }

    /// Rows of the list that repeat a contact of the same response: how many, and one of them by page and id.
    pub fn twice(&self) -> (u64, Option<(u64, i64)>) {
        let first = self.twice.iter().map(|(id, (page, _))| (*page, *id)).min();
        (self.twice.values().map(|(_, extra)| extra).sum(), first)
    }

    /// How many rows are neither certainly below an edge nor in the first response: at most so many are new.
    fn above(&self, field: Field, rows: &[RowKey], edge: Option<&RowKey>) -> u16 {
        let Some(edge) = edge else { return 0 };
        let same = |row: &RowKey, other: &RowKey| row.id == other.id && field.of(row) == field.of(other);
        let known = |row: &&RowKey| same(row, edge) || self.first.iter().any(|first| same(row, first));
        count(rows.iter().filter(|row| field.of(row) >= field.of(edge)).filter(|row| !known(row)))
    }

    fn compare(&self, row: &RowKey, index: u64, admitted: &mut Admitted) {
        let same =
            |copies: &[RowKey]| (0..).zip(copies).find(|(_, copy)| copy.id == row.id).map(|(at, copy)| (*copy, at));
        let copies = [(0, same(&self.first)), (self.before.0, same(&self.before.2))];
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

fn count<T>(items: impl Iterator<Item = T>) -> u16 {
    u16::try_from(items.count()).unwrap_or(u16::MAX)
}
