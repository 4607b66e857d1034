//! Which responses to read: a state machine over the books.
//!
//! It gives out as many requests at once as it can, each with a ticket; observations come in with their
//! ticket, in any order. A later phase begins when nothing of the earlier one is under way. It knows no
//! HTTP and no clock.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroU64;

use super::certificate::Certificate;
use super::dedup::Leaving;
use super::level::{Level, Require};
use super::observations::Ledger;
use super::parameters::Tuning;
use super::reason::Reason;
use super::response::Role;
use super::sweep::{Step, Sweep};
use super::verdict::{self, Verdict};
use crate::page::{Asked, Observed};

/// A request to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// Its number, from 0: by it the response is observed, and leaves.
    pub ticket: u64,
    /// What to ask.
    pub asked: Asked,
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Opening,
    Tail,
    Sweep,
    /// Page 1 again.
    Anchor,
    Bridge,
    /// The near end again.
    Closing,
    Pass,
    Done,
}

/// Decides what to read, what of it leaves, and what it proves.
#[derive(Debug)]
pub(crate) struct Planner {
    pub(super) tuning: Tuning,
    pub(super) limit: Option<NonZeroU64>,
    pub(super) require: Require,
    pub(super) books: Ledger,
    pub(super) phase: Phase,
    pub(super) sweep: Option<Sweep>,
    /// Requests that are not a matter of the sweep.
    pub(super) queue: VecDeque<(Asked, Role)>,
    /// What the requests under way are for.
    pub(super) under_way: HashMap<u64, Role>,
    pub(super) tickets: u64,
    /// The tail, and a look at the head on the way, which leave after what is swept.
    pub(super) held: Vec<u64>,
    /// How often the tail was asked for.
    pub(super) tails: u32,
    /// Whether the head was looked at on the way.
    pub(super) looked: bool,
    /// Whether page 2 was read for what new rows pushed off page 1.
    pub(super) pushed: bool,
    /// Where windows began to overlap.
    pub(super) overlapped: Option<u64>,
    /// How often the near end was read last of all, and page 1 for its total.
    pub(super) closings: u32,
    pub(super) recounts: u32,
    pub(super) repairs: u32,
    pub(super) passes: u32,
    /// Why it went no farther.
    pub(super) stopped: Vec<Reason>,
    /// Contacts when the sweep last went on past the end, and how often that had brought none.
    pub(super) known: u64,
    pub(super) fruitless: u32,
}

impl Planner {
    /// A plan with pages of `per_page` contacts, that reads about `limit` contacts, and makes the effort that
    /// `require` asks for.
    pub fn new(per_page: u32, limit: Option<NonZeroU64>, require: Require) -> Self {
        Self::tuned(per_page, limit, require, Tuning::default())
    }

    pub(super) fn tuned(per_page: u32, limit: Option<NonZeroU64>, require: Require, tuning: Tuning) -> Self {
        let first = Asked { page: 1, per_page: per_page.max(1) };
        Self {
            tuning,
            limit,
            require,
            books: Ledger::new(),
            phase: Phase::Opening,
            sweep: None,
            queue: VecDeque::from([(first, Role::Sweep)]),
            under_way: HashMap::new(),
            tickets: 0,
            held: Vec::new(),
            tails: 0,
            looked: false,
            pushed: false,
            overlapped: None,
            closings: 0,
            recounts: 0,
            repairs: 0,
            passes: 0,
            stopped: Vec::new(),
            known: 0,
            fruitless: 0,
        }
    }

    /// The next request; none when nothing can be asked for before more was observed, or ever.
    pub fn next(&mut self) -> Option<Request> {
        let step = self.step();
        let (asked, role) = self.queue.pop_front().or_else(|| match (self.phase, &mut self.sweep) {
            (Phase::Sweep, Some(sweep)) => {
                if matches!(step, Step::Overlapping(_)) && self.overlapped.is_none() {
                    self.overlapped = Some(sweep.reached());
                }
                sweep.next(step)
            }
            _ => None,
        })?;
        let ticket = self.tickets;
        self.tickets += 1;
        self.under_way.insert(ticket, role);
        if role == Role::Tail || role == Role::Anchor && self.phase == Phase::Sweep {
            self.held.push(ticket);
        } else {
            self.books.place(ticket);
        }
        Some(Request { ticket, asked })
    }

    /// Takes a response into account.
    pub fn observe(&mut self, ticket: u64, observed: Observed) {
        let Some(role) = self.under_way.remove(&ticket) else { return };
        let (asked, said, rows) = (observed.asked, observed.said, observed.rows.len());
        self.books.take(ticket, role, observed);
        if self.phase == Phase::Opening {
            self.sweep = Some(Sweep::new(self.books.size, said));
        }
        self.adjust(asked, said, rows);
        self.look();
        while self.under_way.is_empty() && self.is_idle() && self.phase != Phase::Done {
            self.advance();
        }
    }

    /// Whether nothing can be asked for in this phase.
    fn is_idle(&self) -> bool {
        let sweeping = self.phase == Phase::Sweep && self.sweep.as_ref().is_some_and(|sweep| !sweep.is_done());
        self.queue.is_empty() && !sweeping
    }

    /// The response that leaves next, as soon as its turn has come.
    pub fn leave(&mut self) -> Option<Leaving> {
        self.books.leave()
    }

    /// Whether nothing is left to ask for or to wait for.
    pub fn is_done(&self) -> bool {
        self.phase == Phase::Done
    }

    /// The total that was said last. Where an answer says none, such as a 404 past the end, this is the one to observe.
    pub fn total(&self) -> u64 {
        self.books.latest().1
    }

    /// Contacts that will be read, by what the server says.
    pub fn expected(&self) -> u64 {
        let total = self.books.first().map_or(0, |first| first.total);
        self.limit.map_or(total, |limit| total.min(limit.get()))
    }

    /// The limit, if there is more in the list than it lets through.
    pub fn limited(&self) -> Option<NonZeroU64> {
        let total = self.books.first().map_or(0, |first| first.total);
        self.limit.filter(|limit| total.max(self.books.contacts()) > limit.get())
    }

    /// What was proven.
    pub fn finish(self) -> Certificate {
        let Verdict { mut level, mut assumptions, mut reasons, order, links, .. } = self.verdict();
        if !self.is_done() {
            (level, assumptions) = (Level::Incomplete, Vec::new());
            reasons.insert(0, Reason::Unfinished);
        }
        if level < Level::Complete {
            reasons.extend(self.stopped.iter().cloned());
        }
        let records = self.books.records();
        let read_for = |role: Role| records.iter().filter(|record| record.role == role).count() as u64;
        Certificate {
            level,
            assumptions,
            reasons,
            order,
            total_first: self.books.first().map_or(0, |record| record.total),
            total_last: self.books.latest().1,
            contacts: self.books.contacts(),
            duplicates: self.books.duplicates(),
            windows: records.len() as u64 + self.books.passed,
            links,
            repairs: read_for(Role::Bridge),
            passes: self.books.passed,
        }
    }

    /// Bytes that it holds for the run.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.books.held()
    }

    pub(super) fn verdict(&self) -> Verdict {
        verdict::of(&self.books, self.ended(), &self.tuning)
    }
}
