//! The planner's phases: what to read once everything of the previous phase was observed.
//!
//! A run reads page 1, the page that ends the list, the sweep, and page 1 again. Only if the verdict is not sufficient,
//! it also repairs gaps and reads the near end again, or verifies pages by reading them again.

use super::certificate::Assumption;
use super::checks::{self, Check};
use super::level::{Level, Require};
use super::order::{Direction, Order};
use super::parameters::{FRUITLESS_EXTENSIONS, LOOKS, RECOUNTS, TAIL_REQUESTS};
use super::planner::{Phase, Planner};
use super::reason::Reason;
use super::response::{Purpose, Response};
use super::verdict::Verdict;
use super::windows;
use crate::page::Asked;

impl Planner {
    /// Begins the next phase. Each call queues requests, changes the phase, or ends the run.
    pub(super) fn advance(&mut self) {
        match self.phase {
            Phase::FirstPage => self.after_first_page(),
            Phase::Tail => self.after_tail(),
            Phase::Sweep => self.after_sweep(),
            Phase::Repair => self.read_near_end(self.verdict().weakest),
            Phase::Recheck | Phase::NearEnd | Phase::Verification => self.decide(),
            Phase::Done => {}
        }
    }

    fn after_first_page(&mut self) {
        let size = u64::from(self.observations.per_page);
        self.phase = Phase::Sweep;
        if let Some(limit) = self.limited() {
            let wanted = limit.get().div_ceil(size).saturating_mul(size);
            self.sweep.iter_mut().for_each(|sweep| sweep.stop_at(wanted));
        } else if self.observations.first().is_some_and(Response::is_whole) {
            if checks::enabled(Check::Twice) { self.recheck() } else { self.phase = Phase::Done }
        } else if self.observations.order_witness.likely().is_some() {
            self.request_tail();
        }
    }

    /// Requests the page that ends the list, so that counting does not depend on totals.
    fn request_tail(&mut self) {
        let (size, total) = (self.observations.per_page, self.total());
        if total < u64::from(size) {
            return;
        }
        // An ascending list has its near end there, so the window must have rows.
        let ascending = windows::tail(total, size).filter(|_| self.observations.order_witness.may_ascend());
        self.tail_requests += 1;
        self.phase = Phase::Tail;
        self.queue.push_back((ascending.unwrap_or(windows::last(total, size)), Purpose::Tail));
    }

    fn after_tail(&mut self) {
        self.phase = Phase::Sweep;
        let at = self.deferred.last().and_then(|ticket| usize::try_from(*ticket).ok());
        if at.is_some_and(|at| self.observations.set_opening(at)) {
            let tail = self.observations.tail();
            self.sweep.iter_mut().zip(tail).for_each(|(sweep, (start, _))| sweep.stop_at(start));
            return;
        }
        // The list did not end there. This response is emitted after the sweep, which reads the same rows.
        let changed = self.observations.first().is_some_and(|first| first.total != self.observations.latest().1);
        if changed && self.tail_requests < TAIL_REQUESTS {
            self.request_tail();
        }
    }

    fn after_sweep(&mut self) {
        let (ended, contacts) = (self.check_end(), self.observations.contacts());
        let limited = self.limited().is_some();
        self.fruitless = if contacts == self.contacts_before_extension { self.fruitless + 1 } else { 0 };
        let fruitless = self.fruitless >= FRUITLESS_EXTENSIONS;
        match (ended, &mut self.sweep) {
            (Err(_), Some(sweep)) if !fruitless && !limited => {
                self.contacts_before_extension = contacts;
                sweep.extend();
                return;
            }
            _ if limited => self.phase = Phase::Done,
            _ => self.recheck(),
        }
        for ticket in std::mem::take(&mut self.deferred) {
            self.observations.enqueue(ticket);
        }
    }

    fn page(&self, page: u64) -> Asked {
        Asked { page, per_page: self.observations.per_page }
    }

    /// Reads page 1 again.
    fn recheck(&mut self) {
        self.phase = Phase::Recheck;
        self.queue.push_back((self.page(1), Purpose::Recheck));
    }

    /// Reads the near end of a descending list as soon as the list is seen to change: the sooner, the fewer contacts
    /// can have been created and deleted unnoticed.
    pub(super) fn look(&mut self) {
        if self.observations.changed && descends(self.observations.order_witness.likely()) && !self.looked {
            self.looked = true;
            self.queue.push_back((self.page(1), Purpose::Recheck));
        }
    }

    /// Reads the near end after everything else.
    fn read_near_end(&mut self, order: Option<Order>) {
        let tail = windows::tail(self.total(), self.observations.per_page).filter(|_| ascends(order));
        let asked = tail.unwrap_or(self.page(1));
        self.phase = Phase::NearEnd;
        self.near_end_reads += 1;
        self.queue.push_back((asked, Purpose::NearEnd));
    }

    /// Ends the run if the verdict is sufficient, and otherwise decides what to read.
    fn decide(&mut self) {
        let verdict = self.verdict();
        let wanted = Level::Complete.max(self.require.least());
        let rechecked = self.phase == Phase::Recheck;
        if self.has_grown() {
            self.phase = Phase::Sweep;
        } else if verdict.level >= wanted || self.observations.contradictions.contain(Assumption::Slice) {
            self.phase = Phase::Done;
        } else if rechecked && self.observations.changed && ascends(verdict.weakest) {
            self.read_near_end(verdict.weakest);
        } else if !self.read_pushed && rechecked && self.observations.has_pushed() && !ascends(verdict.weakest) {
            self.read_pushed = true;
            self.queue.push_back((self.page(2), Purpose::Recheck));
        } else if self.may_become_snapshot(&verdict) {
            self.read_near_end(verdict.weakest);
        } else if !self.repair(&verdict) && !self.verify(&verdict) {
            self.recount(&verdict);
        }
    }

    /// Extends the sweep if a list of one page has more pages by now.
    fn has_grown(&mut self) -> bool {
        let total = self.total();
        let Some(sweep) = self.sweep.as_mut().filter(|_| self.phase == Phase::Recheck && self.tickets == 2) else {
            return false;
        };
        if total > u64::from(self.observations.per_page) {
            sweep.reach(total);
        }
        !sweep.is_done()
    }

    /// Whether further looks at the head may turn a complete export into a snapshot: the total must equal the contacts
    /// found.
    fn may_become_snapshot(&self, verdict: &Verdict) -> bool {
        self.require == Require::Snapshot
            && verdict.level == Level::Complete
            && descends(verdict.weakest)
            && self.total() == self.observations.contacts()
            && self.near_end_reads < LOOKS
    }

    /// Reads page 1 again if the server counts more contacts than were found: its total may be of another instant.
    fn recount(&mut self, verdict: &Verdict) {
        let missing = verdict.reasons.iter().any(|reason| matches!(reason, Reason::Missing { .. }));
        if missing && self.recounts < RECOUNTS {
            self.recounts += 1;
            self.recheck();
        } else {
            self.phase = Phase::Done;
        }
    }
}

fn ascends(order: Option<Order>) -> bool {
    order.is_some_and(|order| order.direction == Direction::Ascending)
}

fn descends(order: Option<Order>) -> bool {
    order.is_some_and(|order| order.direction == Direction::Descending)
}
