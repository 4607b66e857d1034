//! The planner's phases: what is read when all of the phase before has been observed.
//!
//! page 1, (the tail of an ascending list), the sweep, page 1 again; then, only where the verdict is not
//! enough: bridges and the near end again, or passes to compare pages.

use super::assumption::Assumption;
use super::level::Level;
use super::order::{Direction, Order};
use super::overlap;
use super::planner::{Phase, Planner};
use super::record::Role;
use crate::page::Asked;

/// How often going on past the end may bring nothing new before that is believed to be all.
const FRUITLESS: u32 = 2;

impl Planner {
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
        let total = self.books.latest().1;
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
        if verdict.level >= wanted || self.books.doubts.has(Assumption::Slice) {
            self.phase = Phase::Done;
        } else if self.phase == Phase::Anchor && self.books.moved && ascends {
            self.close(verdict.weakest);
        } else if !self.bridge(&verdict) && !self.pass(&verdict) {
            self.phase = Phase::Done;
        }
    }
}
