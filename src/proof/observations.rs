//! The books: everything that was observed, in the short form that the judgement needs.
//!
//! Responses come in, with the ticket of their request and what it was for. The books never ask for
//! anything and never judge; they only note what contradicts an assumption.

use std::collections::BTreeMap;
use std::time::Duration;

use super::contradictions::Doubts;
use super::dedup::{Admission, Admitted, Copied, Leaving};
use super::order::{Direction, Order};
use super::order_witness::Witness;
use super::parameters::{Check, Tuning};
use super::reason::Reason;
use super::response::{Record, Role};
use super::theorems::counting::Opening;
use super::theorems::equal_passes::Passes;
use super::theorems::overlapping_windows::{self, Span};
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
    /// The least and the greatest total.
    totals: Option<(u64, u64)>,
    /// The response that was received last: when, and its total.
    latest: Option<(Duration, u64)>,
    pub witness: Witness,
    pub passes: Passes,
    admission: Admission,
    /// The openings of a list that descends, and that ascends: none if its end was not read before the rest.
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
            totals: None,
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
        let mut record = Record::new(role, &observed);
        let Observed { asked, said, rows, stale, .. } = observed;
        self.witness.see(&rows, matches!(role, Role::Sweep | Role::Overlap | Role::Tail));
        let (least, most) = self.totals.unwrap_or((record.total, record.total));
        self.totals = Some((least.min(record.total), most.max(record.total)));
        if ticket == 0 {
            self.size = record.asked.per_page;
        } else if record.asked.per_page != asked.per_page {
            self.fixed = Some(Reason::FixedPages { asked: asked.per_page, given: said.per_page });
        }
        if record.asked.per_page == self.size {
            self.passes.take(&record);
        }
        record.slack = self.writes().min(u64::from(self.size) / 20);
        self.doubts.weigh(&record, stale);
        self.moved |= self.first().is_some_and(|first| first.total != record.total);
        self.moved |= role == Role::Anchor && !self.admission.is_like_first(&rows);
        let (at, asked) = (usize::try_from(ticket).unwrap_or(usize::MAX), record.asked);
        self.latest = self.latest.max(Some((record.received, record.total)));
        if role == Role::Pass {
            self.passed += 1;
            self.passing.insert(at, record);
        } else {
            self.keep(at, record);
        }
        self.admission.take(ticket, asked, rows);
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

    /// Takes the response that was read directly after page 1 as the opening, if it shows where the list ends: what is
    /// seen later is counted against its size. False if it does not.
    pub fn open(&mut self, at: usize) -> bool {
        let Some(record) = self.record(at).filter(|record| record.ends()) else { return false };
        // An empty page past the end knows how many rows there are at most.
        let size = record.start() + record.rows;
        let nearest =
            [self.first().and_then(|first| first.edges).map(|(first, _)| first), record.edges.map(|(_, last)| last)];
        let directions = [Direction::Descending, Direction::Ascending];
        let openings = nearest.into_iter().zip(directions);
        let openings: Vec<_> =
            openings.map(|(edge, direction)| edge.map(|edge| Opening { at, direction, edge, size })).collect();
        self.openings.copy_from_slice(&openings);
        self.admission.take_as_tail(at as u64);
        true
    }

    /// Gives a request its place among those that leave.
    pub fn place(&mut self, ticket: u64) {
        self.admission.place(ticket);
        self.admit();
    }

    fn admit(&mut self) {
        let edges = self.openings.map(|opening| opening.map(|opening| opening.edge));
        while let Some(admitted) = self.admission.admit(edges, &mut self.witness) {
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
        record.above = admitted.above;
        self.moved |= record.role == Role::Sweep && admitted.copies > admitted.twice;
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

    /// Writes that the totals show, at least.
    fn writes(&self) -> u64 {
        self.totals.map_or(0, |(least, most)| most - least)
    }

    /// The greatest total.
    pub fn most(&self) -> u64 {
        self.totals.map_or(0, |(_, most)| most)
    }

    /// The response that was received last: when, and its total.
    pub fn latest(&self) -> (Duration, u64) {
        self.latest.unwrap_or_default()
    }

    pub fn contacts(&self) -> u64 {
        self.admission.distinct()
    }

    /// Whether new rows have pushed some of page 1 to page 2, where nothing has shown them again.
    pub fn has_pushed(&self) -> bool {
        let entered =
            self.records().iter().any(|record| record.start() == 0 && record.above[0].iter().any(|new| *new > 0));
        self.openings[0].is_some() && entered && self.admission.not_again() > 0
    }

    /// The sum of a hash of their ids.
    pub fn id_sum(&self) -> u64 {
        self.admission.id_sum
    }

    /// Rows of the list that repeat a contact of the same response, and what there is to say of them.
    pub fn twice(&self) -> (u64, Option<Reason>) {
        let (extra, first) = self.admission.twice();
        (extra, first.map(|(page, id)| Reason::Twice { id, page, extra }))
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
    pub fn orders(&self, tuning: &Tuning) -> Vec<Order> {
        self.witness.orders(tuning)
    }

    /// Whether an order holds within pages and not across them: more rows are out of their place than writes explain.
    pub fn is_disordered(&self, order: Order, records: &[&Record], spans: &[Span], tuning: &Tuning) -> bool {
        let size = u64::from(self.size);
        let writes = self.writes();
        let strays = self.witness.has_strays(order, writes, size);
        let disordered = || {
            overlapping_windows::is_crowded(spans, records, writes.min(size / 4))
                || overlapping_windows::is_inverted(spans, records, order, writes + size)
        };
        tuning.makes(Check::Across) && (strays || disordered())
    }

    /// Bytes that it holds for the run.
    #[cfg(test)]
    pub fn held(&self) -> usize {
        self.admission.held() + self.records.capacity() * size_of::<Option<Record>>() + self.passes.held()
    }
}
