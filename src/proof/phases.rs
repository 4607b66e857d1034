//! The planner's phases: what is read when all of the phase before has been observed.
//!
//! page 1, (the tail of an ascending list), the sweep, page 1 again; then, only where the verdict is not
//! enough: bridges and the near end again, or passes to compare pages.

use super::assumption::Assumption;
use super::level::{Level, Require};
use super::order::{Direction, Order};
use super::overlap;
use super::planner::{Phase, Planner};
use super::reason::Reason;
use super::record::{self, Record, Role};
use super::repair;
use super::verdict::Verdict;
use crate::page::{Asked, Pagination};

/// Requests that a run may cost, in tenths of the plain pages, and those a short list may cost besides.
const TENTHS: u64 = 16;
const BESIDES: u64 = 6;
/// The same when a proof is required.
const TENTHS_REQUIRED: u64 = 25;
/// How often going on past the end may bring nothing new before that is believed to be all.
const FRUITLESS: u32 = 2;

impl Planner {
    /// Corrects how far the sweep goes by what a response said.
    pub(super) fn adjust(&mut self, asked: Asked, said: Pagination, rows: usize) {
        let tail = self.tail_start();
        let margin = u64::from(self.margin());
        let (moved, limited) = (self.books.moved, self.limited().is_some());
        let Some(sweep) = self.sweep.as_mut().filter(|_| self.phase == Phase::Sweep && !limited) else { return };
        match tail {
            // To link with the tail the windows must overlap it too.
            Some(start) if moved => sweep.reach(start.saturating_add(margin)),
            Some(_) => {}
            None => {
                sweep.reach(said.total_count);
                if rows == 0 {
                    sweep.stop_at(record::start(asked).max(said.total_count));
                }
            }
        }
    }

    /// Begins what comes next. Each call asks for something, changes the phase, or ends.
    pub(super) fn advance(&mut self) {
        match self.phase {
            Phase::Opening => self.after_opening(),
            Phase::Tail => self.after_tail(),
            Phase::Sweep => self.after_sweep(),
            Phase::Bridge => self.close(self.verdict().weakest),
            Phase::Anchor | Phase::Closing | Phase::Pass => self.decide(),
            Phase::Done => {}
        }
    }

    fn after_opening(&mut self) {
        let (size, total) = (self.books.size, self.books.first().map_or(0, |first| first.total));
        let ascends = self.books.witness.may_ascend();
        self.phase = Phase::Sweep;
        if let Some(limit) = self.limited() {
            let wanted = limit.get().div_ceil(u64::from(size)).saturating_mul(u64::from(size));
            self.sweep.iter_mut().for_each(|sweep| sweep.stop_at(wanted));
        } else if self.verdict().level == Level::Snapshot {
            self.phase = Phase::Done;
        } else if let Some(asked) = overlap::tail(total, size).filter(|_| ascends && total > u64::from(size)) {
            self.phase = Phase::Tail;
            self.queue.push_back((asked, Role::Tail));
        }
    }

    fn after_tail(&mut self) {
        self.phase = Phase::Sweep;
        let at = self.held.and_then(|ticket| usize::try_from(ticket).ok());
        let shown = at.filter(|at| self.books.record(*at).is_some_and(|tail| tail.shows_tail(&self.tuning)));
        if let Some(at) = shown {
            self.books.open(at, Direction::Ascending);
        } else {
            // Not the tail after all: it leaves where it was asked for.
            self.held.take().into_iter().for_each(|ticket| self.books.place(ticket));
        }
        let tail = self.tail_start();
        self.sweep.iter_mut().zip(tail).for_each(|(sweep, start)| sweep.stop_at(start));
    }

    fn after_sweep(&mut self) {
        let (ended, contacts) = (self.ended(), self.books.contacts());
        let limited = self.limited().is_some();
        self.fruitless = if contacts == self.known { self.fruitless + 1 } else { 0 };
        let fruitless = self.fruitless >= FRUITLESS;
        match (ended, &mut self.sweep) {
            _ if limited => self.phase = Phase::Done,
            (Err(_), Some(sweep)) if !fruitless => {
                self.known = contacts;
                sweep.go_on();
            }
            _ => {
                self.held.take().into_iter().for_each(|ticket| self.books.place(ticket));
                self.phase = Phase::Anchor;
                self.queue.push_back((Asked { page: 1, per_page: self.books.size }, Role::Anchor));
            }
        }
    }

    /// Reads the near end, last of all.
    fn close(&mut self, order: Option<Order>) {
        let ascends = order.is_some_and(|order| order.direction == Direction::Ascending);
        let total = self.books.latest().map_or(0, |record| record.total);
        let tail = overlap::tail(total, self.books.size).filter(|_| ascends);
        let asked = tail.unwrap_or(Asked { page: 1, per_page: self.books.size });
        self.phase = Phase::Closing;
        self.queue.push_back((asked, Role::Closing));
    }

    /// Whether what was read is enough, and what to read if not.
    fn decide(&mut self) {
        let verdict = self.verdict();
        let wanted = Level::Complete.max(self.require.least());
        let ascends = verdict.weakest.is_some_and(|order| order.direction == Direction::Ascending);
        if verdict.level >= wanted || self.books.doubts(Assumption::Slice) {
            self.phase = Phase::Done;
        } else if self.phase == Phase::Anchor && self.books.moved && ascends {
            self.close(verdict.weakest);
        } else if !self.bridge(&verdict) && !self.pass(&verdict) {
            self.phase = Phase::Done;
        }
    }

    /// Asks for windows that bridge the gaps.
    fn bridge(&mut self, verdict: &Verdict) -> bool {
        let Some(order) = verdict.weakest.filter(|_| self.books.fixed.is_none() && self.repairs < self.tuning.rounds)
        else {
            return false;
        };
        let margin = self.margin();
        let affordable = usize::try_from(self.affordable()).unwrap_or(usize::MAX);
        let mut windows = Vec::new();
        for gap in &verdict.gaps {
            match repair::bridge(*gap, &self.books, order, margin, &self.tuning) {
                Ok(asked) => windows.push((asked, Role::Bridge)),
                Err(reason) => self.stopped.extend(reason.filter(|reason| !self.stopped.contains(reason))),
            }
        }
        if windows.len() > affordable {
            self.stopped.push(Reason::BudgetSpent { requests: self.tickets });
            windows.truncate(affordable);
        }
        if windows.is_empty() {
            return false;
        }
        self.repairs += 1;
        self.phase = Phase::Bridge;
        self.queue.extend(windows);
        true
    }

    /// Requests that bridges may still cost, without the one that closes.
    fn affordable(&self) -> u64 {
        let size = u64::from(self.books.size.max(1));
        let plain = self.books.latest().map_or(0, |record| record.total) / size + 1;
        let tenths = if self.require >= Require::Complete { TENTHS_REQUIRED } else { TENTHS };
        (plain.saturating_mul(tenths) / 10 + BESIDES).saturating_sub(self.tickets + 1)
    }

    /// Asks for pages again to compare them: only where no order can prove anything, and only if the list was
    /// seen to move or a proof is required.
    fn pass(&mut self, verdict: &Verdict) -> bool {
        let wanted = self.require >= Require::Complete || verdict.order.is_none() && self.books.moved;
        let wanted = wanted && !self.books.witness.has_loose_ties(&self.tuning);
        if !wanted || verdict.level >= Level::Complete || self.passes > self.tuning.rounds {
            return false;
        }
        let pages = self.books.passes.unsettled(&self.tuning);
        if pages.is_empty() {
            return false;
        }
        if self.passes == self.tuning.rounds {
            self.stopped.push(Reason::Unsettled { pages: pages.len() as u64 });
        }
        self.passes += 1;
        self.phase = Phase::Pass;
        let per_page = self.books.size;
        self.queue.extend(pages.into_iter().map(|page| (Asked { page, per_page }, Role::Pass)));
        true
    }

    /// Where the tail begins that an ascending list was opened with.
    fn tail_start(&self) -> Option<u64> {
        self.books.record(self.books.openings[1]?.at).map(Record::start)
    }
}
