//! Theorem 3: counting against the opening, the first response that shows the near end.
//!
//! What is seen below the opening's near edge was in the list at its instant, so when as many such rows
//! were seen as the list then had, none is missing, whatever moved since. The same for a part of the
//! list: the old rows that a window leaves beyond its far row, by its own total, are the rest.

use super::chain::{Reach, Span};
use super::order::{Direction, Field, Order};
use super::reason::Reason;
use super::record::{Record, Role};
use super::tuning::{Check, Tuning};
use crate::page::RowKey;

/// The opening: page 1 of a descending list, the tail of an ascending one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    /// Its record.
    pub at: usize,
    /// Which way the list was taken to run.
    pub direction: Direction,
    /// The nearest row of all.
    pub edge: RowKey,
    /// Rows that the list had.
    pub size: u64,
}

/// What the count gives.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Count {
    /// Whether every row of the opening's list was seen.
    pub whole: bool,
    /// How far from the near end nothing is missing.
    pub reach: Option<Reach>,
    /// More old rows were seen than there can be.
    pub overfull: bool,
}

impl Opening {
    /// Counts the windows' first copies. `records` are all responses, `spans` those with rows.
    pub fn count(&self, records: &[&Record], spans: &[Span], order: Order, tuning: &Tuning) -> Count {
        let Some(edge) = order.height(&self.edge) else { return Count::default() };
        let mut later: Vec<_> = spans.iter().filter(|span| self.is_before(records, span.at)).collect();
        later.sort_by_key(|span| std::cmp::Reverse(span.far));
        let mut count = Count::default();
        // Old rows of the windows that end nearer than the current ones.
        let mut above = 0;
        for group in later.chunk_by(|a, b| a.far == b.far) {
            let olds: Vec<_> = group.iter().map(|span| self.old(records[span.at], span.at, order, tuning)).collect();
            let together: u64 = olds.iter().sum();
            for (span, own) in group.iter().zip(olds) {
                let near_side = above + if order.is_unique() { together } else { own };
                let beyond = self.beyond(records[span.at]).filter(|_| order.is_below(span.far, edge));
                let Some(beyond) = beyond else { continue };
                count.overfull |= near_side + beyond > self.size;
                if near_side + beyond >= self.size {
                    count.reach = Some(Reach { height: span.far, exit: beyond == 0, at: span.at });
                }
            }
            above += together;
        }
        count.overfull |= above > self.size;
        count.whole = above == self.size || !tuning.makes(Check::Count);
        count
    }

    /// Rows that were seen to have entered since.
    pub fn entered(&self, records: &[&Record], order: Order, tuning: &Tuning) -> u64 {
        let later = records.iter().enumerate().filter(|(at, _)| self.is_before(records, *at));
        later.map(|(at, record)| record.fresh.saturating_sub(self.old(record, at, order, tuning))).sum()
    }

    /// What a size of the list contradicts, that was seen `last`, with the near end: the rows of the opening only become
    /// fewer, those that entered since stand in that response, and no more can be alive than the `living`, if all
    /// that were alive are known.
    pub fn unexplained(
        &self,
        records: &[&Record],
        last: usize,
        field: Field,
        size: u64,
        living: Option<u64>,
    ) -> Option<Reason> {
        let at = Field::ALL.iter().position(|other| *other == field)?;
        let ascends = usize::from(self.direction == Direction::Ascending);
        let record = records.get(last)?;
        let old = size.saturating_sub(record.above[ascends][at].into());
        let between = |at: &usize| self.is_before(records, *at) && records[*at].received <= record.sent;
        let fewest = (0..records.len()).filter(between).map(|at| records[at].total).min();
        // A row of page 1 that the head would show, and does not, is gone.
        let gone = if ascends == 0 { u64::from(record.gone[at]) } else { 0 };
        let living = living.map(|living| living.saturating_sub(gone)).filter(|living| size > *living);
        let seen = fewest.filter(|fewest| *fewest < old).or(living)?;
        Some(Reason::TotalUnexplained { seen, total: size })
    }

    /// Whether the opening was whole before a response was asked for; it counts itself.
    pub fn is_before(&self, records: &[&Record], at: usize) -> bool {
        at == self.at || records.get(self.at).is_some_and(|opening| records[at].sent >= opening.received)
    }

    /// First copies in a response that were in the opening's list.
    fn old(&self, record: &Record, at: usize, order: Order, tuning: &Tuning) -> u64 {
        // Page 1 of an ascending list was read before the opening: its rows count where it is read again.
        let again = record.again[usize::from(order.field == Field::UpdatedAt)];
        let again = if record.role == Role::Anchor && self.at != 0 { u64::from(again) } else { 0 };
        if at == self.at || !tuning.makes(Check::Entrance) {
            return record.fresh + again;
        }
        let side = usize::from(self.direction == Direction::Ascending);
        let old = Field::ALL.iter().zip(record.old[side]).find(|(field, _)| **field == order.field);
        old.map_or(0, |(_, old)| old.certain(order)) + again
    }

    /// Rows beyond the far row of a window, at its instant.
    fn beyond(&self, record: &Record) -> Option<u64> {
        match self.direction {
            Direction::Descending => record.agrees().then(|| record.total - record.end()),
            Direction::Ascending => Some(record.start()),
        }
    }
}
