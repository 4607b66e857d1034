//! Theorem 3: counting against the opening, the response that was read directly after page 1 and shows where the list ends.
//!
//! Its position and its rows say how many rows the list had at its instant. What is seen later and was there before is one of
//! them, so when as many such rows were seen, none is missing, whatever moved since. The same for a part of the
//! list: its rows up to a window's far row, as long as none of them left.

use super::overlapping_windows::{Reach, Span};
use super::quiet_interval::Quiet;
use crate::page::RowKey;
use crate::proof::order::{Direction, Field, Order};
use crate::proof::parameters::{Check, Tuning};
use crate::proof::reason::Reason;
use crate::proof::response::Record;

/// The opening.
#[derive(Clone, Copy, Debug)]
pub(in crate::proof) struct Opening {
    /// Its record.
    pub at: usize,
    /// Which way the list is taken to run.
    pub direction: Direction,
    /// The nearest row of all: the first of page 1 in a list that descends, its own last in one that ascends.
    pub edge: RowKey,
    /// Rows that the list had, or may have had at most.
    pub size: u64,
}

/// What the count gives.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::proof) struct Count {
    /// Whether every row of the opening's list was seen.
    pub whole: bool,
    /// How far from the near end nothing is missing.
    pub reach: Option<Reach>,
    /// More old rows were seen than the list had.
    pub overfull: Option<u64>,
    /// More old rows were seen before a window's far row than can have been there.
    pub crowded: bool,
}

impl Opening {
    /// Counts the windows' first copies. `records` are all responses, `spans` those with rows.
    pub fn count(&self, records: &[&Record], spans: &[Span], order: Order, tuning: &Tuning) -> Count {
        let Some(edge) = order.height(&self.edge) else { return Count::default() };
        let quiet = self.quiet(records, order, tuning);
        let mut later: Vec<_> = spans.iter().filter(|span| self.is_before(records, span.at, tuning)).collect();
        later.sort_by_key(|span| std::cmp::Reverse(span.far));
        let mut count = Count::default();
        // Old rows of the windows that end nearer than the current ones.
        let mut above = 0;
        for group in later.chunk_by(|a, b| a.far == b.far) {
            let olds: Vec<_> = group.iter().map(|span| self.old(records[span.at], span.at, order, tuning)).collect();
            let together: u64 = olds.iter().sum();
            for (span, own) in group.iter().zip(olds) {
                let near_side = above + if order.is_unique() { together } else { own };
                let there = self.near_side(records[span.at], quiet.as_ref());
                let Some(there) = there.filter(|_| order.is_below(span.far, edge)) else { continue };
                count.crowded |= near_side > there;
                if near_side >= there {
                    count.reach = Some(Reach { height: span.far, exit: there >= self.size, at: span.at });
                }
            }
            above += together;
        }
        count.overfull = (above > self.size).then_some(above);
        count.whole = above == self.size || !tuning.makes(Check::Count);
        count
    }

    /// Rows that were seen to have entered since.
    pub fn entered(&self, records: &[&Record], order: Order, tuning: &Tuning) -> u64 {
        let later = records.iter().enumerate().filter(|(at, _)| self.is_before(records, *at, tuning));
        later.map(|(at, record)| record.fresh.saturating_sub(self.old(record, at, order, tuning))).sum()
    }

    /// What the size of a list that ascends contradicts, which its tail showed `last`: the rows of the opening only become
    /// fewer, those that entered since stand in that response, and no more can be alive than the `living`, if all
    /// that were alive are known.
    pub fn unexplained(
        &self,
        records: &[&Record],
        last: usize,
        field: Field,
        living: Option<u64>,
        tuning: &Tuning,
    ) -> Option<Reason> {
        let at = Field::ALL.iter().position(|other| *other == field)?;
        let record = records.get(last)?;
        let size = record.end();
        let old = size.saturating_sub(record.above[1][at].into());
        let between = |at: &usize| self.is_before(records, *at, tuning) && records[*at].received <= record.sent;
        let fewest = (0..records.len()).filter(between).map(|at| records[at].total).min();
        let living = living.filter(|living| size > *living);
        let seen = fewest.filter(|fewest| *fewest < old).or(living)?;
        Some(Reason::TotalUnexplained { seen, total: size })
    }

    /// Whether the opening was whole before a response was asked for; it counts itself.
    pub fn is_before(&self, records: &[&Record], at: usize, tuning: &Tuning) -> bool {
        let trusted = at == 0 && !tuning.makes(Check::Again);
        at == self.at || trusted || records.get(self.at).is_some_and(|opening| records[at].sent >= opening.received)
    }

    /// First copies in a response that were in the opening's list, and rows of page 1 that it is the first to show again: page 1
    /// was read before the opening, so what it shows may have been gone by then.
    fn old(&self, record: &Record, at: usize, order: Order, tuning: &Tuning) -> u64 {
        let again = u64::from(record.again[usize::from(order.field == Field::UpdatedAt)]);
        let again = if tuning.makes(Check::Again) { again } else { 0 };
        if at == self.at || at == 0 || !tuning.makes(Check::Entrance) {
            return record.fresh + again;
        }
        let side = usize::from(self.direction == Direction::Ascending);
        let old = Field::ALL.iter().zip(record.old[side]).find(|(field, _)| **field == order.field);
        old.map_or(0, |(_, old)| old.certain(order)) + again
    }

    /// Rows of the opening's list on the near side of a window's far row, and the row itself, at most.
    fn near_side(&self, record: &Record, quiet: Option<&Quiet>) -> Option<u64> {
        match self.direction {
            Direction::Descending => quiet?.old_before(record),
            // At its instant, those before it are all beyond it.
            Direction::Ascending => Some(self.size.saturating_sub(record.start())),
        }
    }
}
