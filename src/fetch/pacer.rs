//! Paces all requests: each waits here for a slot, in order of arrival, and reports how it ended.
//!
//! A slot depends on the learned rate, the hard rate cap, and the server's health. Those are pure; this file holds the
//! lock over them, and waits.

use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::attempts::{FirstFailure, ServerState};
use super::outage::Health;
use super::rate_cap::RateCap;
use crate::api::rate_limit_headers::Quota;
use crate::config::{Backoff, KnownRate, Pacing};
use crate::events::MeasuredRate;
use crate::rate::{NextSend, RateController, Ticket};

/// Permission to send one request.
#[derive(Debug)]
#[must_use = "a slot that is never returned counts as in flight forever"]
pub(super) struct Slot {
    ticket: Ticket,
    sent: Duration,
    /// Whether the request is the probe in an outage.
    pub probe: bool,
}

/// Gives each request its slot.
#[derive(Debug)]
pub(super) struct Pacer {
    start: Instant,
    cap: RateCap,
    state: Mutex<State>,
    /// Held by the task that waits for the next slot; tokio's mutex is fair.
    turn: tokio::sync::Mutex<()>,
    /// Signals that the time of the next slot may have changed.
    changed: Notify,
}

#[derive(Debug)]
struct State {
    pace: RateController,
    health: Health,
    last_page: Duration,
    pages: u64,
    /// Pages of the plan that have failed so far, and those of them that arrived later or were given up.
    failed: u64,
    settled: u64,
    /// The last reported time before which nothing is sent.
    told: Duration,
}

/// How much a wait must grow to be reported again.
const NEWS: Duration = Duration::from_secs(1);

impl State {
    /// How long all requests wait, if that is much longer than last reported.
    fn news(&mut self, now: Duration, opens: Duration) -> Option<Duration> {
        if opens <= self.told.max(now) + NEWS {
            return None;
        }
        self.told = opens;
        Some(opens.saturating_sub(now))
    }
}

impl Pacer {
    pub fn new(pacing: Pacing, concurrency: NonZeroUsize, backoff: Backoff) -> Self {
        let start = Instant::now();
        let (ceiling, known) = KnownRate::of(pacing);
        let state = State {
            pace: RateController::new(concurrency, ceiling, known),
            health: Health::new(backoff.first, backoff.longest, concurrency),
            last_page: Duration::ZERO,
            pages: 0,
            failed: 0,
            settled: 0,
            told: Duration::ZERO,
        };
        Self {
            start,
            cap: RateCap::new(ceiling, start),
            state: Mutex::new(state),
            turn: tokio::sync::Mutex::new(()),
            changed: Notify::new(),
        }
    }

    /// Waits for a slot, and takes it.
    pub async fn slot(&self) -> Slot {
        let _turn = self.turn.lock().await;
        loop {
            // Listens before checking, so that no change in between is missed.
            let changed = self.changed.notified();
            match self.try_slot() {
                Ok(slot) => return slot,
                Err(NextSend::AfterAnAnswer) => changed.await,
                Err(NextSend::At(opens)) => tokio::select! {
                    () = sleep_until(self.start + opens) => {}
                    () = changed => {}
                },
            }
        }
    }

    /// Waits until there is an outage.
    pub async fn outage(&self) {
        loop {
            let changed = self.changed.notified();
            if self.lock().health.next_probe().is_some() {
                return;
            }
            changed.await;
        }
    }

    /// Returns the slot of a page that arrived.
    pub fn page(&self, slot: Slot) {
        self.end(|state, now| {
            state.health.page(slot.sent);
            state.pace.on_page(now, slot.ticket);
            state.last_page = now;
            state.pages += 1;
        });
    }

    /// Returns the slot of a response that is not a page and says nothing about the rate.
    pub fn answered(&self, slot: Slot) {
        self.end(|state, now| {
            state.health.answered();
            state.pace.on_abandoned(now, slot.ticket);
        });
    }

    /// Returns the slot of a request that was rate limited; without `wait` if the server did not say for how long.
    /// Returns how long all requests wait now, if that is to be reported, and whether because of too many refusals.
    pub fn refused(&self, slot: Slot, wait: Option<Duration>) -> (Option<Duration>, bool) {
        self.end(|state, now| {
            state.health.answered();
            state.pace.on_refused(now, slot.ticket, wait);
            (state.news(now, state.pace.closed_until()), state.pace.brakes())
        })
    }

    /// Whether a 503 that says nothing about the rate is a refusal.
    pub fn is_refusal(&self, slot: &Slot) -> bool {
        let now = self.now();
        let mut state = self.lock();
        let is_refusal = state.health.is_refusal(now, slot.sent);
        if !is_refusal {
            state.pace.on_outage(now);
        }
        is_refusal
    }

    /// Like [`Self::refused`], for a refusal that may yet turn out to be an outage. A page that arrives confirms it.
    pub fn refused_with_503(&self, slot: Slot) -> Option<Duration> {
        self.end(|state, now| {
            state.pace.on_overload(now, slot.ticket);
            state.news(now, state.pace.closed_until())
        })
    }

    /// Records that a page failed for the first time. Only pages of the plan are counted: the pieces of a broken page fail
    /// with it.
    pub fn first_failure(&self, is_planned: bool) -> FirstFailure {
        let at = self.now();
        let mut state = self.lock();
        state.failed += u64::from(is_planned);
        FirstFailure { at, pages: state.pages, settled: state.settled }
    }

    /// Records that a page of the plan that has failed arrived, was given up, or is tried anew.
    pub fn settled(&self) {
        self.lock().settled += 1;
    }

    /// Returns the slot of a request that failed for a reason that may pass. Returns how long all but a probe wait now, if
    /// this is an outage that is to be reported.
    pub fn failed(&self, slot: Slot) -> Option<Duration> {
        self.end(|state, now| {
            state.health.failed(now, slot.probe);
            state.pace.on_abandoned(now, slot.ticket);
            state.news(now, state.health.next_probe()?)
        })
    }

    /// Obeys a quota announced by the server. Returns how long all requests wait now, if that is to be reported.
    pub fn hint(&self, quota: Quota) -> Option<Duration> {
        let Quota { remaining: 0, resets_in } = quota else { return None };
        self.end(|state, now| {
            state.pace.hold_until(now.saturating_add(resets_in));
            state.news(now, state.pace.closed_until())
        })
    }

    /// Sets how many pages are still to be requested.
    pub fn set_pages_left(&self, pages: u64) {
        self.lock().pace.set_pages_left(pages);
    }

    /// The server's state. If a retry `pays`, it is taken from the retry budget.
    pub fn server_state(&self, pays: bool) -> ServerState {
        let now = self.now();
        let mut state = self.lock();
        let paid = !pays || state.health.pay();
        ServerState {
            now,
            pages: state.pages,
            failed: state.failed,
            failing_for: state.health.failing_for(now),
            pageless_for: now.saturating_sub(state.last_page),
            paid,
        }
    }

    /// What was found out about the request rate; `None` if too few pages were read.
    pub fn measured(&self) -> Option<MeasuredRate> {
        self.lock().pace.measured()
    }

    fn try_slot(&self) -> Result<Slot, NextSend> {
        let now = self.now();
        let mut state = self.lock();
        for next in [state.health.may_send_at(now), state.pace.may_send_at(now)] {
            if next != NextSend::At(now) {
                return Err(next);
            }
        }
        self.cap.take().map_err(NextSend::At)?;
        Ok(Slot { ticket: state.pace.on_send(now), sent: now, probe: state.health.sent() })
    }

    fn end<T>(&self, change: impl FnOnce(&mut State, Duration) -> T) -> T {
        let now = self.now();
        let result = change(&mut self.lock(), now);
        self.changed.notify_waiters();
        result
    }

    /// Time since the start of the run.
    pub fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Rate, defaults};

    #[tokio::test(start_paused = true)]
    async fn unlimited_requests_are_not_spaced_but_obey_retry_after() {
        let pacer = Pacer::new(Pacing::Fixed(Rate::UNLIMITED), defaults::CONCURRENCY, Backoff::default());
        let mut slots = Vec::new();
        while slots.len() < defaults::CONCURRENCY.get() {
            slots.push(pacer.slot().await);
        }
        assert!(pacer.now() < Duration::from_millis(5), "{:?}", pacer.now());
        let wait = Duration::from_mins(1);
        let told = pacer.now() + wait;
        assert_eq!(pacer.refused(slots.remove(0), Some(wait)), (Some(wait), false));
        for slot in slots {
            pacer.page(slot);
        }
        pacer.page(pacer.slot().await);
        assert!(pacer.now() >= told, "{:?}", pacer.now());
    }
}
