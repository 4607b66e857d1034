//! The rate controller: learns a rate limit from pages and refusals, and says when the next request may be sent.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::capacity::{Ending, Plateau};
use super::concurrency::InFlight;
use super::episode::{Episode, LONG_WAIT};
use super::evidence::{Evidence, Expectation};
use super::not_before::NotBefore;
use super::sample::{Hit, Period, uncounted};
use super::spacing::{NextSend, RoundTrip, Slots, Ticket, starting_rate};
use super::sustained::Sustained;
use super::throughput::Throughput;
use super::trial::Trial;
use crate::config::{KnownRate, Rate};
use crate::events::MeasuredRate;

/// A run dashes if the remaining pages fit into this many windows: one was slower (79.9 instead of 80.6 % of the ideal
/// speed in 300 pages), four refused 3.75 % in 100 pages.
const DASH_WINDOWS: u64 = 2;

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
    /// The number of the last request that was refused.
    last_refused: u64,
    /// Refusals since the last page.
    refusals_in_a_row: u32,
    /// Whether the server, when that could last be seen, refused one request and admitted others sent after it.
    stays_open: bool,
    evidence: Evidence,
    /// The refusal that is being dealt with.
    episode: Option<Episode>,
    trial: Option<Trial>,
    period: Period,
    /// What was learned; `None` until the first refusal that counts, while the rate ramps up.
    plateau: Option<Plateau>,
    /// What was sustained since then.
    sustained: Sustained,
    throughput: Throughput,
    pages_left: u64,
}

#[expect(clippy::needless_pass_by_value, reason = "a request ends once, and its ticket with it")]
impl RateController {
    /// Starts a run with at most `concurrency` requests in flight and at most `ceiling` requests per second.
    ///
    /// `known` is what an earlier run found out. Unless that is a limit, the rate ramps up until the first refusal that
    /// counts, from the known rate or from 20 requests per second.
    #[must_use]
    pub fn new(concurrency: NonZeroUsize, ceiling: Rate, known: Option<KnownRate>) -> Self {
        let plateau = match known {
            Some(KnownRate::Limit(rate, pages)) => Some(Plateau::known(rate, pages)),
            Some(KnownRate::AtLeast(_)) | None => None,
        };
        Self {
            concurrency: u32::try_from(concurrency.get()).map_or(f64::INFINITY, f64::from),
            ceiling,
            rate: starting_rate(ceiling, known),
            round_trip: RoundTrip::default(),
            slots: Slots::default(),
            not_before: NotBefore::default(),
            in_flight: InFlight::new(concurrency.get()),
            sent: 0,
            last_refused: 0,
            refusals_in_a_row: 0,
            stays_open: false,
            evidence: Evidence::default(),
            episode: None,
            trial: None,
            period: Period::default(),
            plateau,
            sustained: Sustained::default(),
            throughput: Throughput::default(),
            pages_left: u64::MAX,
        }
    }

    /// How many requests may be in flight now: from 1 to the run's concurrency.
    pub fn in_flight_limit(&self) -> usize {
        match &self.episode {
            Some(Episode { told: false, .. }) => 1,
            _ => self.in_flight.limit,
        }
    }

    /// The current rate, whether or not the server sustains it.
    #[cfg(test)]
    pub fn rate(&self) -> Rate {
        self.rate
    }

    /// The learned rate, slightly below the server's limit; `None` if no refusal counted and no limit was known.
    #[cfg(test)]
    pub fn learned(&self) -> Option<Rate> {
        let base = self.plateau.as_ref()?.base;
        Some(Rate::within(self.ceiling, base))
    }

    /// What was found out about the rate that the server sustains; `None` if too few pages were read.
    #[must_use]
    pub fn measured(&self) -> Option<MeasuredRate> {
        let limit = self.plateau.as_ref().filter(|plateau| plateau.sample.pages > 0);
        let measured = self.sustained.measured(limit, self.ceiling)?;
        Some(MeasuredRate { throughput: self.throughput.measured(), ..measured })
    }

    /// Sets how many pages are still to be requested, not counting those in flight; unlimited by default.
    ///
    /// If they fit into two windows of the limit, they are requested as fast as the server admits them.
    pub fn set_pages_left(&mut self, pages: u64) {
        self.pages_left = pages;
    }

    /// Sends nothing before `instant`, for a hint such as a used-up quota. It never shortens a wait.
    pub fn hold_until(&mut self, instant: Duration) {
        self.not_before.hold_until(instant);
    }

    /// The time before which nothing is sent, because of refusals or hints.
    pub fn closed_until(&self) -> Duration {
        self.opens().max(self.not_before.brake)
    }

    /// Whether that is only because there were so many refusals.
    pub fn brakes(&self) -> bool {
        self.not_before.brake > self.opens()
    }

    /// When the next request may be sent, as far as is known at `now`. Every response and every hint may change it.
    pub fn may_send_at(&self, now: Duration) -> NextSend {
        if self.in_flight.count >= self.in_flight_limit() {
            NextSend::AfterAnAnswer
        } else {
            NextSend::At(self.due().max(self.not_before.brake).max(now))
        }
    }

    /// Records that a request is sent.
    pub fn on_send(&mut self, now: Duration) -> Ticket {
        let late = self.slots.take(self.due(), now);
        if let Some(episode) = self.episode.take_if(|episode| episode.told) {
            // No response has disproved what the server said.
            self.settle(&episode, self.not_before.opens, self.sent, None);
        }
        if late > self.round_trip.overdue() {
            self.stalled(late);
        }
        self.sent = self.sent.saturating_add(1);
        Ticket { sent: now, number: self.sent, in_flight: self.in_flight.depart() }
    }

    /// Records that the server admitted the request.
    pub fn on_page(&mut self, now: Duration, ticket: Ticket) {
        self.in_flight.arrive();
        self.in_flight.remember(ticket.in_flight);
        self.round_trip.observe(now.saturating_sub(ticket.sent));
        if ticket.number > self.last_refused
            && let Some(episode) = self.episode.take_if(|episode| episode.is_over(ticket.sent))
        {
            self.settle(&episode, episode.reopened(ticket.sent), ticket.number.saturating_sub(1), Some(ticket.sent));
        }
        self.sustained.page(now);
        self.throughput.page(now);
        if self.period.includes(ticket.number) {
            self.admitted(now);
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
    /// `retry_after` counts from `now`, when the response arrived. Without it, or if it is zero, and if refusals are
    /// attributed to the rate, single requests probe: after 0.7 s, then after 1 s, 2 s, 4 s … 60 s, until one is admitted.
    pub fn on_refused(&mut self, now: Duration, ticket: Ticket, retry_after: Option<Duration>) {
        self.not_before.refused(now);
        self.refused(now, ticket, retry_after);
        if let Some(episode) = &mut self.episode {
            episode.confirm();
        }
    }

    /// Like [`on_refused`](Self::on_refused), for a response that only may be a refusal because of the rate. It does not
    /// count for the brake, since nobody is banned for the server's own failures.
    pub fn on_overload(&mut self, now: Duration, ticket: Ticket) {
        let begins = self.episode.is_none();
        self.refused(now, ticket, None);
        if let Some(episode) = self.episode.as_mut().filter(|_| begins) {
            episode.doubt(now);
        }
    }

    fn refused(&mut self, now: Duration, ticket: Ticket, retry_after: Option<Duration>) {
        self.in_flight.arrive();
        self.period.refused(ticket.number);
        self.last_refused = self.last_refused.max(ticket.number);
        let waits_from = self.not_before.opens.max(now);
        let told = retry_after.filter(|wait| !wait.is_zero());
        self.not_before.hold_until(now.saturating_add(told.unwrap_or_default()));
        if let Some(episode) = &mut self.episode {
            episode.refused(now, ticket.number, ticket.sent, told.is_some());
            if self.plateau.is_none() {
                self.evidence.refused(Expectation::Growing);
            }
        } else if self.period.includes(ticket.number) {
            self.judge(now, &ticket, told.is_some(), waits_from);
        }
    }

    /// Records that the server is down: the last refusals were not because of the rate.
    pub fn on_outage(&mut self, now: Duration) {
        if self.episode.take().is_some() {
            self.evidence.clear();
            self.period = Period::begin(now, self.sent);
        }
    }

    /// Records that the connection failed, or that the response says nothing about the limit.
    ///
    /// The request counts as admitted, since most failures happen after the server has seen the request. If it was a
    /// probe, the next one follows a second later.
    pub fn on_abandoned(&mut self, now: Duration, ticket: Ticket) {
        self.in_flight.arrive();
        if let Some(episode) = &mut self.episode {
            episode.abandoned(now, ticket.number, ticket.sent);
        }
    }

    /// Records a page of the current period.
    fn admitted(&mut self, now: Duration) {
        self.refusals_in_a_row = 0;
        if self.episode.is_none() {
            self.evidence.admitted();
        }
        let Some(plateau) = &mut self.plateau else { return };
        if plateau.holds() {
            self.evidence.observe_noise(false);
        }
        plateau.count_page();
        let Some(trial) = &mut self.trial else { return };
        match trial.admitted(now) {
            None => {}
            Some(false) => self.return_from_trial(),
            Some(true) => {
                self.evidence.noise = self.evidence.noise.max(trial.refused_share());
                plateau.keep();
                self.trial = None;
            }
        }
    }

    /// Decides whether a refusal is attributed to the rate. If so, an episode begins; if not, nothing changes.
    fn judge(&mut self, now: Duration, ticket: &Ticket, told: bool, waits_from: Duration) {
        let follows_others = self.evidence.is_recent();
        if self.plateau.as_ref().is_some_and(Plateau::holds) {
            self.evidence.observe_noise(true);
        }
        let trial_begins = self.trial.is_none() && self.try_faster(now, ticket.number);
        self.evidence.refused(match (&self.plateau, &self.trial) {
            (None, _) => Expectation::Growing,
            (Some(_), None) => Expectation::Proven,
            (Some(plateau), Some(_)) => Expectation::Tried { after: plateau.vain_trials },
        });
        if let Some(trial) = &mut self.trial {
            trial.refused();
        }
        if self.plateau.is_some() && !self.evidence.is_enough() {
            if !trial_begins {
                self.period.idle(self.not_before.opens.saturating_sub(waits_from));
            }
            return;
        }
        self.period.not_idle(waits_from.saturating_sub(now));
        let carried = self.round_trip.carried_by(self.concurrency);
        let hit = Hit {
            at: now,
            pages: self.period.pages_until(ticket.number),
            rate: self.rate.per_second().min(carried),
            in_flight: ticket.in_flight,
            number: ticket.number,
        };
        // A server that refuses right after the time that it announced is not believed again.
        let believed = told && self.refusals_in_a_row == 0;
        self.refusals_in_a_row = self.refusals_in_a_row.saturating_add(1);
        self.episode = Some(Episode::begin(hit, believed, follows_others, waits_from));
    }

    /// Starts a trial of the rate before slowing down, if that did not stop the refusals.
    fn try_faster(&mut self, now: Duration, refused: u64) -> bool {
        let Some(plateau) = &mut self.plateau else { return false };
        let Some(peak) = plateau.worth_a_trial() else { return false };
        let opens = self.not_before.opens.max(now);
        let pages = self.period.pages_until(refused);
        self.trial = Some(Trial::begin(now, plateau.base, pages, self.period.seconds_until(opens)));
        plateau.try_at(peak);
        self.set_rate(peak);
        self.period = Period::begin(opens, self.sent);
        true
    }

    /// Learns from the period that `episode` ended, after which the server admits requests again at `reopening`. Starts the
    /// next period, after the request `last_before`. `admitted` is when the first request that it admitted was sent; `None`
    /// if that is not known yet.
    fn settle(&mut self, episode: &Episode, reopening: Duration, last_before: u64, admitted: Option<Duration>) {
        let hit = &episode.hit;
        let opens = self.not_before.opens;
        if self.trial.is_some() {
            self.return_from_trial();
            self.evidence.clear();
            self.period = Period::begin(reopening.max(opens), last_before.max(self.sent));
            return;
        }
        // Otherwise only the told wait says that the server was closed.
        let is_seen = episode.closed || admitted.is_some();
        if is_seen {
            self.stays_open = !episode.closed;
        }
        let is_doubted = !is_seen && self.stays_open;
        let reopening = if is_doubted { episode.doubted(reopening) } else { reopening };
        let wait = reopening.saturating_sub(hit.at);
        let is_suspect = wait < LONG_WAIT && self.in_flight.is_suspect(hit.in_flight);
        if is_suspect {
            self.in_flight.stay_below(hit.in_flight);
        }
        if self.plateau.is_none() && !self.evidence.is_enough() {
            self.period.idle(opens.saturating_sub(episode.waits_from.max(hit.at)));
            return;
        }
        self.evidence.clear();
        let is_sample = episode.is_sample(wait);
        if is_sample && is_suspect && self.plateau.is_some() {
            return;
        }
        if is_sample {
            self.learn(episode, is_seen, reopening, wait);
        }
        self.period = if is_doubted || admitted.is_some_and(|sent| sent < hit.at) {
            // The server was never closed.
            Period::begin(opens.max(reopening), self.sent)
        } else {
            // A probe that was lost may have been the first to be admitted; the period begins with the first page.
            Period::begin(admitted.unwrap_or(reopening).saturating_sub(uncounted(wait)), last_before)
        };
    }

    /// Settles on a rate by the pages of the period, after which the server admits requests again at `reopening`.
    fn learn(&mut self, episode: &Episode, is_seen: bool, reopening: Duration, wait: Duration) {
        let hit = &episode.hit;
        let sample = self.period.sample(hit.pages, reopening, wait);
        let Episode { follows_others, closed, .. } = *episode;
        let ending = Ending { hit, follows_others, closed, is_seen };
        let mut plateau = Plateau::after(self.plateau.as_ref(), sample, ending);
        if wait >= LONG_WAIT && self.pages_left <= hit.pages.saturating_mul(DASH_WINDOWS) {
            plateau.dash(hit.rate);
        }
        self.set_rate(plateau.rate());
        self.plateau = Some(plateau);
        self.sustained = Sustained::default();
    }

    /// Ends a trial in which no more came through: the limit is real.
    fn return_from_trial(&mut self) {
        if let (Some(trial), Some(plateau)) = (self.trial.take(), &mut self.plateau) {
            plateau.return_to(trial.fallback);
            self.evidence.noise = 0.0;
            self.set_rate(trial.fallback);
        }
    }

    /// Excludes time in which the client could have sent requests, but did not.
    fn stalled(&mut self, time: Duration) {
        self.period.stalled(time);
        if let Some(episode) = &mut self.episode {
            episode.hit.at = episode.hit.at.saturating_add(time);
        }
    }

    fn set_rate(&mut self, per_second: f64) {
        self.rate = Rate::within(self.ceiling, per_second);
    }

    fn due(&self) -> Duration {
        self.slots.next(self.rate).max(self.opens())
    }

    /// When the server admits the next request, as far as is known.
    fn opens(&self) -> Duration {
        let probe = self.episode.as_ref().map_or(Duration::ZERO, |episode| episode.probe_from);
        self.not_before.opens.max(probe)
    }
}
