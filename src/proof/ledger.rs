//! The books: everything that was observed, in the short form that the judgement needs.
//!
//! Responses come in, with the ticket of their request and what it was for. The books never ask for
//! anything and never judge; they only note what contradicts an assumption.

use std::collections::BTreeMap;
use std::time::Duration;

use super::admission::{Admission, Admitted, Copied, Leaving};
use super::doubts::Doubts;
use super::opening::Opening;
use super::order::Direction;
use super::passes::Passes;
use super::reason::Reason;
use super::record::{Record, Role};
use super::tuning::Tuning;
use super::witness::Witness;
use crate::page::Observed;

/// The books.
#[derive(Debug)]
pub(super) struct Ledger {
    /// By ticket; none of what is under way.
    records: Vec<Option<Record>>,
    /// Readings of passes, which come after all others: only those not admitted yet, and the last that was.
    passing: BTreeMap<usize, Record>,
    /// How many passes' pages were read.
    pub passed: u64,
    /// The response that was received last: when, and its total.
    latest: Option<(Duration, u64)>,
    pub witness: Witness,
    pub passes: Passes,
    admission: Admission,
    /// The openings: the head, and the tail if it was read early.
    pub openings: [Option<Opening>; 2],
    pub doubts: Doubts,
    /// Whether anything but the rows of a still list was seen.
    pub moved: bool,
    /// The page size of page 1, which the run keeps to.
    pub size: u32,
    /// Whether the server applied another page size than was asked, after page 1.
    pub fixed: Option<Reason>,
}

impl Ledger {
    pub fn new() -> Self {
        Self {
            records: Vec::new(),
            passing: BTreeMap::new(),
            passed: 0,
            latest: None,
            witness: Witness::new(),
            passes: Passes::default(),
            admission: Admission::default(),
            openings: [None; 2],
            doubts: Doubts::default(),
            moved: false,
            size: 0,
            fixed: None,
        }
    }

    /// Enters a response.
    pub fn take(&mut self, ticket: u64, role: Role, observed: Observed) {
        let record = Record::new(role, &observed);
        let Observed { asked, said, rows, .. } = observed;
        self.witness.see(&rows, matches!(role, Role::Sweep | Role::Overlap | Role::Tail));
        if ticket == 0 {
            self.size = record.asked.per_page;
        } else if record.asked.per_page != asked.per_page {
            self.fixed = Some(Reason::FixedPages { asked: asked.per_page, given: said.per_page });
        }
        if record.asked.per_page == self.size {
            self.passes.take(&record);
        }
        self.doubts.weigh(&record);
        self.moved |= self.first().is_some_and(|first| first.total != record.total);
        self.moved |= role == Role::Anchor && !self.admission.is_like_first(&rows);
        let at = usize::try_from(ticket).unwrap_or(usize::MAX);
        self.latest = self.latest.max(Some((record.received, record.total)));
        if role == Role::Pass {
            self.passed += 1;
            self.passing.insert(at, record);
        } else {
            self.keep(at, record);
        }
        if role == Role::Sweep && ticket == 0 {
            self.open(at, Direction::Descending);
        }
        self.admission.take(ticket, rows);
        self.admit();
    }

    fn keep(&mut self, at: usize, record: Record) {
        if self.records.len() <= at {
            // An eighth more at a time: most of what a run holds besides ids.
            self.records.reserve_exact((at + 1 - self.records.len()).max(self.records.len() / 8));
            self.records.resize(at + 1, None);
        }
        self.records[at] = Some(record);
    }

    /// Takes a response as the opening: what is seen later is counted against it.
    pub fn open(&mut self, at: usize, direction: Direction) {
        let Some(record) = self.record(at) else { return };
        let Some((first, last)) = record.edges else { return };
        let (edge, size) = match direction {
            Direction::Descending => (first, record.total),
            Direction::Ascending => (last, record.end()),
        };
        self.openings[usize::from(direction == Direction::Ascending)] = Some(Opening { at, direction, edge, size });
    }

    /// Gives a request its place among those that leave.
    pub fn place(&mut self, ticket: u64) {
        self.admission.place(ticket);
        self.admit();
    }

    fn admit(&mut self) {
        let edges = self.openings.map(|opening| opening.map(|opening| opening.edge));
        while let Some(admitted) = self.admission.admit(edges) {
            self.enter(&admitted);
            let at = usize::try_from(admitted.ticket).unwrap_or(usize::MAX);
            self.passing.retain(|other, _| *other >= at);
        }
    }

    fn enter(&mut self, admitted: &Admitted) {
        let at = usize::try_from(admitted.ticket).unwrap_or(usize::MAX);
        let record = self.records.get_mut(at).and_then(Option::as_mut);
        let Some(record) = record.or(self.passing.get_mut(&at)) else { return };
        (record.fresh, record.old, record.again) = (admitted.fresh, admitted.old, admitted.again);
        (record.above, record.gone) = (admitted.above, admitted.gone);
        self.moved |= record.role == Role::Sweep && admitted.copies > 0;
        for Copied { first: (ticket, row, index), second } in &admitted.copied {
            let first = usize::try_from(*ticket).ok().and_then(|at| self.record(at));
            if let Some((first, record)) = first.zip(self.record(at)) {
                let (first, second) = ((first, row, *index), (record, &second.0, second.1));
                let seen = Doubts::of_copies(first, second);
                self.doubts.add(seen);
            }
        }
    }

    pub fn leave(&mut self) -> Option<Leaving> {
        self.admission.leave()
    }

    /// All responses but those of passes, by ticket. Complete when nothing is under way.
    pub fn records(&self) -> Vec<&Record> {
        self.records.iter().flatten().collect()
    }

    /// The response of a ticket.
    pub fn record(&self, at: usize) -> Option<&Record> {
        self.records.get(at).and_then(Option::as_ref).or_else(|| self.passing.get(&at))
    }

    pub fn first(&self) -> Option<&Record> {
        self.record(0)
    }

    /// The response that was received last: when, and its total.
    pub fn latest(&self) -> (Duration, u64) {
        self.latest.unwrap_or_default()
    }

    pub fn contacts(&self) -> u64 {
        self.admission.distinct()
    }

    /// The sum of a hash of their ids.
    pub fn id_sum(&self) -> u64 {
        self.admission.id_sum
    }

    pub fn duplicates(&self) -> u64 {
        self.admission.duplicates
    }

    /// The greatest change of `total_count` in the last responses: how fast the list moves.
    pub fn drift(&self) -> u64 {
        let totals = || self.records.iter().rev().take(16).flatten().map(|record| record.total);
        totals().max().unwrap_or(0) - totals().min().unwrap_or(0)
    }

    /// The orders to be reckoned with.
    pub fn orders(&self, tuning: &Tuning) -> Vec<super::order::Order> {
        self.witness.orders(tuning)
    }

    /// Bytes that it holds for the run.
    #[cfg(test)]
    pub fn held(&self) -> usize {
        self.admission.held() + self.records.capacity() * size_of::<Option<Record>>() + self.passes.held()
    }
}
