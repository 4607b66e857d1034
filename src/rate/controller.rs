//! The rate controller: learns a rate limit from pages and refusals, and says when the next request may be sent.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::capacity::Plateau;
use super::concurrency::InFlight;
use super::not_before::{self, NotBefore};
use super::sample::{Hit, Period};
use super::spacing::{NextSend, RoundTrip, Slots, Ticket};
use crate::config::Rate;

/// The initial rate in requests per second, about three in the first round trip: 10 was slower (70.7 instead of 72.4 % of
/// the ideal speed in 100 pages), 40 refused more (3.6 instead of 3.3 %).
const START: f64 = 20.0;

/// A longer wait means a used-up window rather than a lack of tokens or of places in flight: 1.5 s and 4 s measured the
/// same.
const LONG_WAIT: Duration = Duration::from_secs(2);

/// A run dashes if the remaining pages fit into this many windows: one was slower (79.9 instead of 80.6 % of the ideal
/// speed in 300 pages), four refused 3.75 % in 100 pages.
const DASH_WINDOWS: u64 = 2;

/// A request sent this much later than allowed was delayed by the client: an outage, a slow disk. Timers and scheduling
/// stay below it.
const STALL: Duration = Duration::from_secs(1);

/// Learns a rate limit from pages and refusals, and keeps the rate just below it.
///
/// All times are durations since the start of the run. Between [`may_send_at`] and [`on_send`] nothing else may be sent:
/// a lock must be held over both.
///
/// [`may_send_at`]: Self::may_send_at
/// [`on_send`]: Self::on_send
#[derive(Debug, Clone)]
pub struct RateController {
    concurrency: f64,
    ceiling: Rate,
    rate: Rate,
    round_trip: RoundTrip,
    slots: Slots,
    not_before: NotBefore,
    in_flight: InFlight,
    /// Requests sent so far, which is the number of the last one.
    sent: u64,
    /// Requests sent before this time belong to a refusal that was dealt with already.
    epoch: Duration,
    /// Refusals in a row that each started a new epoch.
    closings: u32,
    /// Set while the server has not said when it admits requests again: one request at a time probes.
    probing: Option<Probing>,
    period: Period,
    /// What was learned; `None` until the first refusal, while the rate ramps up.
    plateau: Option<Plateau>,
    pages_left: u64,
}

#[derive(Debug, Clone)]
struct Probing {
    hit: Hit,
    /// When the first probe since the last refusal was sent, if it was abandoned.
    abandoned: Option<Duration>,
}

#[expect(clippy::needless_pass_by_value, reason = "a request ends once, and its ticket with it")]
impl RateController {
    /// Starts a run with at most `concurrency` requests in flight and at most `ceiling` requests per second.
    ///
    /// `known` is the rate learned by an earlier run. Without it the rate ramps up from 20 requests per second until the
    /// first refusal.
    #[must_use]
    pub fn new(concurrency: NonZeroUsize, ceiling: Rate, known: Option<Rate>) -> Self {
        Self {
            concurrency: u32::try_from(concurrency.get()).map_or(f64::INFINITY, f64::from),
            ceiling,
            rate: Rate::within(ceiling, known.map_or(START, Rate::per_second)),
            round_trip: RoundTrip::default(),
            slots: Slots::default(),
            not_before: NotBefore::default(),
            in_flight: InFlight::new(concurrency.get()),
            sent: 0,
            epoch: Duration::ZERO,
            closings: 0,
            probing: None,
            period: Period::default(),
            plateau: known.map(Plateau::known),
            pages_left: u64::MAX,
        }
    }

    /// How many requests may be in flight now: from 1 to the run's concurrency.
    #[must_use]
    pub fn in_flight_limit(&self) -> usize {
        match self.probing {
            Some(_) => 1,
            None => self.in_flight.limit,
        }
    }

    /// The current rate, whether or not the server sustains it.
    #[cfg(test)]
    pub fn rate(&self) -> Rate {
        self.rate
    }

    /// The learned rate, slightly below the server's limit; `None` if nothing was refused and no rate was known.
    #[must_use]
    pub fn learned(&self) -> Option<Rate> {
        let base = self.plateau.as_ref()?.base;
        Some(Rate::within(self.ceiling, base))
    }

    /// Sets how many pages are still to be requested, not counting those in flight; unlimited by default.
    ///
    /// If they fit into two windows of the limit, they are requested as fast as the server admits them.
    pub fn set_pages_left(&mut self, pages: u64) {
        self.pages_left = pages;
    }

    /// Sends nothing before `instant`, for a hint of the server that is not a refusal, such as a used-up quota. It never
    /// shortens a wait.
    pub fn hold_until(&mut self, instant: Duration) {
        self.not_before.hold_until(instant);
    }

    /// The time before which nothing is sent, because of refusals or hints.
    #[must_use]
    pub fn closed_until(&self) -> Duration {
        self.not_before.opens
    }

    /// When the next request may be sent, as far as is known at `now`. Every response and every hint may change it.
    #[must_use]
    pub fn may_send_at(&self, now: Duration) -> NextSend {
        if self.in_flight.count >= self.in_flight_limit() {
            NextSend::AfterAnAnswer
        } else {
            NextSend::At(self.due().max(now))
        }
    }

    /// Records that a request is sent.
    pub fn on_send(&mut self, now: Duration) -> Ticket {
        let late = self.slots.take(self.due(), now);
        if late > STALL.max(self.round_trip.overdue()) {
            self.period.stalled(late);
        }
        self.sent = self.sent.saturating_add(1);
        Ticket { sent: now, number: self.sent, in_flight: self.in_flight.depart() }
    }

    /// Records that the server admitted the request.
    pub fn on_page(&mut self, now: Duration, ticket: Ticket) {
        self.in_flight.arrive();
        self.in_flight.remember(ticket.in_flight);
        self.round_trip.observe(now.saturating_sub(ticket.sent));
        if ticket.sent >= self.epoch {
            self.admitted(&ticket);
        }
        self.in_flight.grow();
        let rate = match &self.plateau {
            None => self.rate.per_second() + self.round_trip.ramp_step(),
            Some(plateau) => plateau.rate(),
        };
        self.set_rate(rate.min(self.round_trip.highest_rate(self.concurrency)));
    }

    /// Records that the server rate limited the request.
    ///
    /// `retry_after` counts from `now`, when the response arrived. Without it, or if it is zero, single requests probe
    /// after 1 s, 2 s, 4 s … 60 s, until one is admitted.
    pub fn on_refused(&mut self, now: Duration, ticket: Ticket, retry_after: Option<Duration>) {
        self.in_flight.arrive();
        self.not_before.refused(now);
        self.period.refused(ticket.number);
        let told = retry_after.filter(|wait| !wait.is_zero());
        if ticket.sent < self.epoch {
            self.not_before.hold_until(now.saturating_add(told.unwrap_or_default()));
            return;
        }
        let wait = told.unwrap_or_else(|| not_before::default_wait(self.closings));
        self.not_before.hold_until(now.saturating_add(wait));
        self.epoch = self.not_before.opens;
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
        // A server that refuses right after the time that it announced is not believed again.
        if told.is_some() && self.closings == 1 {
            self.settle(&hit, self.epoch, Period::begin(self.epoch, self.sent));
        } else {
            self.probing = Some(Probing { hit, abandoned: None });
        }
    }

    /// Records that the connection failed, or that the response says nothing about the limit.
    ///
    /// The request counts as admitted, since most failures happen after the server has seen the request. If it was a
    /// probe, the next one follows a second later.
    pub fn on_abandoned(&mut self, now: Duration, ticket: Ticket) {
        self.in_flight.arrive();
        if let Some(probing) = &mut self.probing
            && ticket.sent >= self.epoch
        {
            probing.abandoned.get_or_insert(ticket.sent);
            self.not_before.hold_until(now.saturating_add(not_before::default_wait(0)));
        }
    }

    /// Records a page that was requested since the last refusal.
    fn admitted(&mut self, ticket: &Ticket) {
        if let Some(probing) = self.probing.take() {
            // The server may have admitted a probe whose response was lost.
            let reopening = probing.abandoned.unwrap_or(ticket.sent);
            self.settle(&probing.hit, reopening, Period::begin(ticket.sent, ticket.number.saturating_sub(1)));
        }
        self.closings = 0;
        if let Some(plateau) = &mut self.plateau {
            plateau.count_page();
        }
    }

    /// Learns from the period that `hit` ended, after which the server admits requests again at `reopening`. Starts the
    /// next period, which begins later if probes were lost in between.
    fn settle(&mut self, hit: &Hit, reopening: Duration, next: Period) {
        if hit.pages == 0 {
            // Another client, such as an earlier run, has used up the quota: that is not the limit.
            self.period = next;
            return;
        }
        let wait = reopening.saturating_sub(hit.at);
        if wait < LONG_WAIT && self.in_flight.is_suspect(hit.in_flight) {
            self.in_flight.stay_below(hit.in_flight);
            if self.plateau.is_some() {
                return;
            }
        }
        let sample = self.period.sample(hit, reopening);
        let mut plateau = match &self.plateau {
            None => Plateau::first(sample, hit),
            Some(plateau) => plateau.next(sample, hit),
        };
        if wait >= LONG_WAIT && self.pages_left <= hit.pages.saturating_mul(DASH_WINDOWS) {
            plateau.dash(hit.rate);
        }
        self.set_rate(plateau.rate());
        self.plateau = Some(plateau);
        self.period = next;
    }

    fn set_rate(&mut self, per_second: f64) {
        self.rate = Rate::within(self.ceiling, per_second);
    }

    fn due(&self) -> Duration {
        self.slots.next(self.rate).max(self.not_before.opens)
    }
}
