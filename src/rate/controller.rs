//! The policy itself. In come sends, pages and refusals with their instants, out goes when the next
//! request may be sent. It holds its parts together and never looks at a clock.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::capacity::Plateau;
use super::concurrency::Flight;
use super::not_before::{self, Gate};
use super::round_trip::RoundTrip;
use super::sample::{Hit, Period};
use super::spacing::Slots;
use super::ticket::{NextSend, Ticket};
use crate::config::Rate;

/// The rate at the start in requests per second, about three in the first round trip: 10 was slower
/// (70.7 against 72.4 % of the ideal speed in 100 pages), 40 refused more (3.6 against 3.3 %).
const START: f64 = 20.0;

/// From here on a wait is the end of a window rather than a lack of tokens or places in flight: 1.5 s
/// and 4 s measured the same.
const LONG_WAIT: Duration = Duration::from_secs(2);

/// A run dashes when the pages left fit into so many windows: one was slower (79.9 against 80.6 % of
/// the ideal speed in 300 pages), four refused 3.75 % in 100 pages.
const DASH_WINDOWS: u64 = 2;

/// A send so much later than allowed was held back by the client: an outage, a slow disk. Timers and
/// scheduling stay below it.
const STALL: Duration = Duration::from_secs(1);

/// Learns a rate limit from pages and refusals, and holds the pace just below it.
///
/// All instants are durations since the start of the run. Between [`may_send_at`] and [`on_send`]
/// nobody else may send: one task sends for all, or one lock is held over both.
///
/// [`may_send_at`]: Self::may_send_at
/// [`on_send`]: Self::on_send
#[derive(Debug, Clone)]
pub struct Pace {
    concurrency: f64,
    ceiling: Rate,
    rate: Rate,
    round_trip: RoundTrip,
    slots: Slots,
    gate: Gate,
    flight: Flight,
    /// Requests sent so far, and so the number of the last one.
    sent: u64,
    /// Whatever was sent before this instant belongs to a refusal that has had its cut already.
    epoch: Duration,
    /// Refusals in a row that each closed the gate for an epoch.
    closings: u32,
    /// The server did not say when it admits again: one request at a time asks.
    probing: Option<Probing>,
    period: Period,
    /// What was learned; nothing until the first refusal, while the rate ramps up.
    plateau: Option<Plateau>,
    pages_left: u64,
}

#[derive(Debug, Clone)]
struct Probing {
    hit: Hit,
    /// When the first probe since the last refusal left, if it was abandoned: the server may have
    /// admitted it.
    abandoned: Option<Duration>,
}

/// The server admits again, as it said or as a page has proved.
struct Reopening {
    at: Duration,
    /// Where the next period begins: the same instant, unless probes were lost in between.
    next_period: Duration,
    /// The number of the last request before the next period.
    last_before: u64,
}

#[expect(clippy::needless_pass_by_value, reason = "a request ends once, and its ticket with it")]
impl Pace {
    /// Begins a run with at most `concurrency` requests in flight and never more than `ceiling`
    /// requests per second.
    ///
    /// `known` is a rate learned by an earlier run, from which it goes on to learn; without it the
    /// rate ramps up from 20 requests per second until the first refusal.
    #[must_use]
    pub fn new(concurrency: NonZeroUsize, ceiling: Rate, known: Option<Rate>) -> Self {
        Self {
            concurrency: u32::try_from(concurrency.get()).map_or(f64::INFINITY, f64::from),
            ceiling,
            rate: Rate::within(ceiling, known.map_or(START, Rate::per_second)),
            round_trip: RoundTrip::default(),
            slots: Slots::default(),
            gate: Gate::default(),
            flight: Flight::new(concurrency.get()),
            sent: 0,
            epoch: Duration::ZERO,
            closings: 0,
            probing: None,
            period: Period::default(),
            plateau: known.map(Plateau::known),
            pages_left: u64::MAX,
        }
    }

    /// How many requests may be in flight at the moment: from 1 to the run's concurrency.
    #[must_use]
    pub fn in_flight_limit(&self) -> usize {
        match self.probing {
            Some(_) => 1,
            None => self.flight.limit(),
        }
    }

    /// The rate at the moment, whether or not the server bears it.
    #[cfg(test)]
    pub fn rate(&self) -> Rate {
        self.rate
    }

    /// The rate learned, a little below the server's limit; `None` while nothing was refused and no
    /// rate was known.
    #[must_use]
    pub fn learned(&self) -> Option<Rate> {
        let base = self.plateau.as_ref()?.base();
        Some(Rate::within(self.ceiling, base))
    }

    /// Says how many pages are still to be sent, not counting those in flight; endless by default.
    ///
    /// Where they fit into two windows of the limit, they go as fast as the server admits them.
    pub fn set_pages_left(&mut self, pages: u64) {
        self.pages_left = pages;
    }

    /// Lets nobody send before `instant`, for a hint of the server that is not a refusal, such as an
    /// empty quota that it announces. It never shortens a wait.
    pub fn hold_until(&mut self, instant: Duration) {
        self.gate.hold_until(instant);
    }

    /// The instant before which nobody sends, for what the server has said or refused.
    #[must_use]
    pub fn closed_until(&self) -> Duration {
        self.gate.opens()
    }

    /// When the next request may be sent, as far as is known at `now`: every answer and every hint
    /// may change it.
    #[must_use]
    pub fn may_send_at(&self, now: Duration) -> NextSend {
        if self.flight.count() >= self.in_flight_limit() {
            NextSend::AfterAnAnswer
        } else {
            NextSend::At(self.due().max(now))
        }
    }

    /// A request leaves.
    pub fn on_send(&mut self, now: Duration) -> Ticket {
        let late = self.slots.take(self.due(), now);
        if late > STALL.max(self.round_trip.overdue()) {
            self.period.stalled(late);
        }
        self.sent = self.sent.saturating_add(1);
        Ticket { sent: now, number: self.sent, in_flight: self.flight.depart() }
    }

    /// The server admitted the request: it sent a page, or another answer that nothing over the
    /// limit gets.
    pub fn on_page(&mut self, now: Duration, ticket: Ticket) {
        self.flight.arrive();
        self.flight.remember(ticket.in_flight);
        self.round_trip.observe(now.saturating_sub(ticket.sent));
        if ticket.sent >= self.epoch {
            self.admitted(&ticket);
        }
        self.flight.grow();
        let rate = match &self.plateau {
            None => self.rate.per_second() + self.round_trip.ramp_step(),
            Some(plateau) => plateau.rate(),
        };
        self.set_rate(rate.min(self.round_trip.highest_rate(self.concurrency)));
    }

    /// The server refused the request for its rate; its page is to be sent again.
    ///
    /// `retry_after` counts from `now`, the receipt of the response. Without it, or if it is zero, one
    /// request alone asks after 1 s, then after 2 s, 4 s … 60 s, until one is admitted.
    pub fn on_refused(&mut self, now: Duration, ticket: Ticket, retry_after: Option<Duration>) {
        self.flight.arrive();
        self.gate.refused(now);
        self.period.refused(ticket.number);
        let told = retry_after.filter(|wait| !wait.is_zero());
        if ticket.sent < self.epoch {
            self.gate.hold_until(now.saturating_add(told.unwrap_or_default()));
            return;
        }
        let wait = told.unwrap_or_else(|| not_before::untold_wait(self.closings));
        self.gate.hold_until(now.saturating_add(wait));
        self.epoch = self.gate.opens();
        self.closings = self.closings.saturating_add(1);
        if let Some(probing) = &mut self.probing {
            probing.abandoned = None;
            return;
        }
        let carried = self.round_trip.carried_by(self.concurrency);
        let hit = Hit {
            at: now,
            pages: self.period.pages_until(ticket.number),
            rate: self.rate.per_second().min(carried),
            in_flight: ticket.in_flight,
        };
        // A server that refuses right after the instant it named is not believed a second time.
        if told.is_some() && self.closings == 1 {
            let reopening = Reopening { at: self.epoch, next_period: self.epoch, last_before: self.sent };
            self.settle(&hit, &reopening);
        } else {
            self.probing = Some(Probing { hit, abandoned: None });
        }
    }

    /// The request ended in neither a page nor a refusal: the connection failed, or the answer says
    /// nothing about the limit.
    ///
    /// It counts as admitted, since most failures come after the server has seen the request. If it was to ask whether
    /// the server admits again, the next one asks a second later.
    pub fn on_abandoned(&mut self, now: Duration, ticket: Ticket) {
        self.flight.arrive();
        if let Some(probing) = &mut self.probing
            && ticket.sent >= self.epoch
        {
            probing.abandoned.get_or_insert(ticket.sent);
            self.gate.hold_until(now.saturating_add(not_before::untold_wait(0)));
        }
    }

    /// A page asked for since the last cut has come.
    fn admitted(&mut self, ticket: &Ticket) {
        if let Some(probing) = self.probing.take() {
            let reopening = Reopening {
                at: probing.abandoned.unwrap_or(ticket.sent),
                next_period: ticket.sent,
                last_before: ticket.number.saturating_sub(1),
            };
            self.settle(&probing.hit, &reopening);
        }
        self.closings = 0;
        if let Some(plateau) = &mut self.plateau {
            plateau.count_page();
        }
    }

    /// Learns from the period that `hit` ended, and begins the next one.
    fn settle(&mut self, hit: &Hit, reopening: &Reopening) {
        let period = Period::begin(reopening.next_period, reopening.last_before);
        if hit.pages == 0 {
            // Somebody else has used up the quota, as an earlier run may have: that is not the limit.
            self.period = period;
            return;
        }
        let wait = reopening.at.saturating_sub(hit.at);
        if wait < LONG_WAIT && self.flight.is_suspect(hit.in_flight) {
            self.flight.stay_below(hit.in_flight);
            if self.plateau.is_some() {
                return;
            }
        }
        let sample = self.period.sample(hit, reopening.at);
        let mut plateau = match &self.plateau {
            None => Plateau::first(sample, hit),
            Some(plateau) => plateau.next(sample, hit),
        };
        if wait >= LONG_WAIT && self.pages_left <= hit.pages.saturating_mul(DASH_WINDOWS) {
            plateau.dash(hit.rate);
        }
        self.set_rate(plateau.rate());
        self.plateau = Some(plateau);
        self.period = period;
    }

    fn set_rate(&mut self, per_second: f64) {
        self.rate = Rate::within(self.ceiling, per_second);
    }

    fn due(&self) -> Duration {
        self.slots.next(self.rate).max(self.gate.opens())
    }
}
