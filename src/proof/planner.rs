//! The planner: a state machine that decides which responses to read, based on the observations.
//!
//! It returns as many requests at once as possible, each with a ticket; their responses are observed by ticket, in any
//! order. A phase begins when no request of the previous phase is in flight. The planner knows neither HTTP nor time.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroU64;

use super::certificate::Certificate;
use super::dedup::{Emission, Seen};
use super::level::{Level, Require};
use super::observations::Observations;
use super::reason::Reason;
use super::response::Purpose;
use super::sweep::Sweep;
use super::verdict::{self, Verdict};
use crate::page::{Asked, Observed};

/// A request to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// Its number, from 0, which identifies its response.
    pub ticket: u64,
    /// The page to request.
    pub asked: Asked,
}

/// What the planner is reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    #[default]
    FirstPage,
    Tail,
    Sweep,
    /// Page 1 again.
    Recheck,
    Repair,
    /// The near end again.
    NearEnd,
    Verification,
    Done,
}

/// Decides what to read, what to emit, and what is proven.
#[derive(Debug, Default)]
pub(crate) struct Planner {
    pub(super) limit: Option<NonZeroU64>,
    pub(super) require: Require,
    pub(super) observations: Observations,
    pub(super) phase: Phase,
    pub(super) sweep: Option<Sweep>,
    /// Requests to send that are not part of the sweep.
    pub(super) queue: VecDeque<(Asked, Purpose)>,
    in_flight: HashMap<u64, Purpose>,
    pub(super) tickets: u64,
    /// Responses that are emitted after the sweep: the tail, and a look at the head during the sweep.
    pub(super) deferred: Vec<u64>,
    /// How often the tail was requested.
    pub(super) tail_requests: u32,
    /// Whether the head was read again during the sweep.
    pub(super) looked: bool,
    /// Whether page 2 was read for rows that new ones pushed off page 1.
    pub(super) read_pushed: bool,
    /// How often the near end was read after everything else.
    pub(super) near_end_reads: u32,
    /// How often page 1 was read for its total.
    pub(super) recounts: u32,
    pub(super) repair_rounds: u32,
    pub(super) passes: u32,
    /// Why it gave up.
    pub(super) gave_up: Vec<Reason>,
    /// The number of contacts when the sweep was last extended.
    pub(super) contacts_before_extension: u64,
    /// Consecutive extensions without a new contact.
    pub(super) fruitless: u32,
}

impl Planner {
    /// Plans a run with pages of `per_page` contacts that reads about `limit` contacts, with the effort that `require`
    /// justifies.
    pub fn new(per_page: u32, limit: Option<NonZeroU64>, require: Require) -> Self {
        let first = Asked { page: 1, per_page: per_page.max(1) };
        Self { limit, require, queue: VecDeque::from([(first, Purpose::Sweep)]), ..Self::default() }
    }

    /// The next request. `None` if responses must be observed first, or if the run is done.
    pub fn next(&mut self) -> Option<Request> {
        let (asked, purpose) = self.queue.pop_front().or_else(|| {
            let sweep = self.sweep.as_mut().filter(|_| self.phase == Phase::Sweep)?;
            sweep.next(sweep.step(&self.observations))
        })?;
        let ticket = self.tickets;
        self.tickets += 1;
        self.in_flight.insert(ticket, purpose);
        if purpose == Purpose::Tail || purpose == Purpose::Recheck && self.phase == Phase::Sweep {
            self.deferred.push(ticket);
        } else {
            self.observations.enqueue(ticket);
        }
        Some(Request { ticket, asked })
    }

    /// Observes a response.
    pub fn observe(&mut self, ticket: u64, observed: Observed) {
        let Some(purpose) = self.in_flight.remove(&ticket) else { return };
        let (asked, said, rows) = (observed.asked, observed.said, observed.rows.len());
        self.observations.add(ticket, purpose, observed);
        if self.phase == Phase::FirstPage {
            self.sweep = Some(Sweep::new(self.observations.per_page, said));
        }
        if self.phase == Phase::Sweep && self.limited().is_none() {
            self.sweep.iter_mut().for_each(|sweep| sweep.adjust(&self.observations, asked, said, rows));
            self.look();
        }
        while self.in_flight.is_empty() && self.is_idle() && self.phase != Phase::Done {
            self.advance();
        }
    }

    /// Whether this phase has nothing more to request.
    fn is_idle(&self) -> bool {
        let sweeping = self.phase == Phase::Sweep && self.sweep.as_ref().is_some_and(|sweep| !sweep.is_done());
        self.queue.is_empty() && !sweeping
    }

    /// The next response to emit, once its turn has come.
    pub fn emit(&mut self) -> Option<Emission> {
        self.observations.emit()
    }

    /// Whether there is nothing left to request or to wait for.
    pub fn is_done(&self) -> bool {
        self.phase == Phase::Done
    }

    /// The latest total. To be used for a response without one, such as a 404 past the end.
    pub fn total(&self) -> u64 {
        self.observations.latest().1
    }

    fn first_total(&self) -> u64 {
        self.observations.first().map_or(0, |first| first.total)
    }

    /// The expected number of contacts, according to the server.
    pub fn expected(&self) -> u64 {
        let total = self.first_total();
        self.limit.map_or(total, |limit| total.min(limit.get()))
    }

    /// The limit, if the list has more contacts.
    pub fn limited(&self) -> Option<NonZeroU64> {
        self.limit.filter(|limit| self.first_total().max(self.observations.contacts()) > limit.get())
    }

    /// Whether the end of the list was seen.
    pub(super) fn check_end(&self) -> Result<(), Reason> {
        match (self.limited(), &self.sweep) {
            (Some(limit), _) => Err(Reason::Limited { contacts: limit.get() }),
            (None, Some(sweep)) => sweep.check_end(&self.observations),
            (None, None) => Err(Reason::NoEnd { pages: 0 }),
        }
    }

    pub(super) fn verdict(&self) -> Verdict {
        verdict::of(&self.observations, self.check_end())
    }

    /// What was proven.
    pub fn finish(&self) -> Certificate {
        let Verdict { mut level, mut assumptions, mut reasons, order, overlaps, .. } = self.verdict();
        if !self.is_done() {
            (level, assumptions) = (Level::Incomplete, Vec::new());
            reasons.insert(0, Reason::Unfinished);
        }
        if level < Level::Complete {
            reasons.extend(self.gave_up.iter().cloned());
        }
        let responses = self.observations.responses();
        let repairs = responses.iter().filter(|response| response.purpose == Purpose::Repair);
        Certificate {
            level,
            assumptions,
            reasons,
            order,
            total_first: self.first_total(),
            total_last: self.total(),
            contacts: self.observations.contacts(),
            repeated_rows: self.observations.repeated_rows(),
            responses: responses.len() as u64 + self.observations.verified,
            overlaps,
            repair_requests: repairs.count() as u64,
            verification_passes: self.observations.verified,
        }
    }
    /// All contacts that the pages showed.
    pub fn into_seen(self) -> Seen {
        self.observations.into_seen()
    }
}
