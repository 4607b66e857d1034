//! The planner's phases: what is read when all of the phase before has been observed.
//!
//! page 1, the page that ends the list, the sweep, page 1 again; then, only where the verdict is not enough: bridges
//! and the near end again, or passes to compare pages.

use super::assumption::Assumption;
use super::level::{Level, Require};
use super::order::{Direction, Order};
use super::parameters::Check;
use super::planner::{Phase, Planner};
use super::reason::Reason;
use super::response::Role;
use super::verdict::Verdict;
use super::windows;
use crate::page::Asked;

/// How often going on past the end may bring nothing new before that is believed to be all.
const FRUITLESS: u32 = 2;
/// How often the end of the list is looked for before the rest is read.
const TAILS: u32 = 2;
/// How often page 1 may be read again for nothing but the total.
const RECOUNTS: u32 = 2;
/// How often the near end may be read again for a snapshot.
const LOOKS: u32 = 6;

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
        let size = self.books.size;
        self.phase = Phase::Sweep;
        if let Some(limit) = self.limited() {
            let wanted = limit.get().div_ceil(u64::from(size)).saturating_mul(u64::from(size));
            self.sweep.iter_mut().for_each(|sweep| sweep.stop_at(wanted));
        } else if self.books.first().is_some_and(|first| first.is_whole(&self.tuning)) {
            if self.tuning.makes(Check::Twice) { self.anchor() } else { self.phase = Phase::Done }
        } else if self.leaning().is_some() {
            self.ask_for_tail();
        }
    }

    /// Asks for the page that ends the list: counted from there, nothing needs a total.
    fn ask_for_tail(&mut self) {
        let (size, total) = (self.books.size, self.books.latest().1);
        if total < u64::from(size) {
            return;
        }
        // The near end of a list that ascends: it must have rows.
        let ascending = windows::tail(total, size).filter(|_| self.books.witness.may_ascend());
        self.tails += 1;
        self.phase = Phase::Tail;
        self.queue.push_back((ascending.unwrap_or(windows::last(total, size)), Role::Tail));
    }

    fn after_tail(&mut self) {
        self.phase = Phase::Sweep;
        let at = self.held.last().and_then(|ticket| usize::try_from(*ticket).ok());
        if at.is_some_and(|at| self.books.open(at)) {
            let tail = self.tail();
            self.sweep.iter_mut().zip(tail).for_each(|(sweep, (start, _))| sweep.stop_at(start));
            return;
        }
        // Not the end after all. It leaves after the sweep, which reads it again.
        let moved = self.books.first().is_some_and(|first| first.total != self.books.latest().1);
        if moved && self.tails < TAILS {
            self.ask_for_tail();
        }
    }

    fn after_sweep(&mut self) {
        let (ended, contacts) = (self.ended(), self.books.contacts());
        let limited = self.limited().is_some();
        self.fruitless = if contacts == self.known { self.fruitless + 1 } else { 0 };
        let fruitless = self.fruitless >= FRUITLESS;
        match (ended, &mut self.sweep) {
            (Err(_), Some(sweep)) if !fruitless && !limited => {
                self.known = contacts;
                sweep.go_on();
                return;
            }
            _ if limited => self.phase = Phase::Done,
            _ => self.anchor(),
        }
        for ticket in std::mem::take(&mut self.held) {
            self.books.place(ticket);
        }
    }

    /// Reads page 1 once more.
    fn anchor(&mut self) {
        self.phase = Phase::Anchor;
        self.queue.push_back((Asked { page: 1, per_page: self.books.size }, Role::Anchor));
    }

    /// Looks at the near end of a list that descends as soon as it is seen to move: the sooner, the less can have come and
    /// gone unseen.
    pub(super) fn look(&mut self) {
        let descends = self.leaning().is_some_and(|order| order.direction == Direction::Descending);
        if self.phase == Phase::Sweep && self.books.moved && descends && !self.looked && self.limited().is_none() {
            self.looked = true;
            self.queue.push_back((Asked { page: 1, per_page: self.books.size }, Role::Anchor));
        }
    }

    /// Reads the near end, last of all.
    fn close(&mut self, order: Option<Order>) {
        let ascends = order.is_some_and(|order| order.direction == Direction::Ascending);
        let total = self.books.latest().1;
        let tail = windows::tail(total, self.books.size).filter(|_| ascends);
        let asked = tail.unwrap_or(Asked { page: 1, per_page: self.books.size });
        self.phase = Phase::Closing;
        self.closings += 1;
        self.queue.push_back((asked, Role::Closing));
    }

    /// Whether what was read is enough, and what to read if not.
    fn decide(&mut self) {
        let verdict = self.verdict();
        let wanted = Level::Complete.max(self.require.least());
        let ascends = verdict.weakest.is_some_and(|order| order.direction == Direction::Ascending);
        if self.has_grown() {
            self.phase = Phase::Sweep;
        } else if verdict.level >= wanted || self.books.doubts.has(Assumption::Slice) {
            self.phase = Phase::Done;
        } else if self.phase == Phase::Anchor && self.books.moved && ascends {
            self.close(verdict.weakest);
        } else if !self.pushed && self.phase == Phase::Anchor && self.books.has_pushed() && !ascends {
            self.pushed = true;
            self.queue.push_back((Asked { page: 2, per_page: self.books.size }, Role::Anchor));
        } else if self.may_settle(&verdict) {
            self.close(verdict.weakest);
        } else if !self.bridge(&verdict) && !self.pass(&verdict) {
            self.recount(&verdict);
        }
    }

    /// Goes on where a list that one page showed has more pages by now.
    fn has_grown(&mut self) -> bool {
        let total = self.books.latest().1;
        let Some(sweep) = self.sweep.as_mut().filter(|_| self.phase == Phase::Anchor && self.tickets == 2) else {
            return false;
        };
        if total > u64::from(self.books.size) {
            sweep.reach(total);
        }
        !sweep.is_done()
    }

    /// Whether looks at the head may make a snapshot of what is complete: where as many were found as the list has.
    fn may_settle(&self, verdict: &Verdict) -> bool {
        let descends = verdict.weakest.is_some_and(|order| order.direction == Direction::Descending);
        let equal = self.books.latest().1 == self.books.contacts();
        self.require == Require::Snapshot
            && verdict.level == Level::Complete
            && descends
            && equal
            && self.closings < LOOKS
    }

    /// Reads page 1 again where the server counts more than was found: its total may be of another instant than its rows.
    fn recount(&mut self, verdict: &Verdict) {
        let missing = verdict.reasons.iter().any(|reason| matches!(reason, Reason::Missing { .. }));
        if missing && self.recounts < RECOUNTS {
            self.recounts += 1;
            self.anchor();
        } else {
            self.phase = Phase::Done;
        }
    }
}
